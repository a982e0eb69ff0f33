"""An indicator's answer as a file."""

from __future__ import annotations

from src.domain.formats import XLSX, FileFormat
from src.domain.indicators import Indicator
from src.services.exports import csv_blocks
from src.services.indicators import Answer
from src.services.workbooks import indicator_workbook


def indicator_file(indicator: Indicator, answer: Answer, format: FileFormat) -> bytes:
    """Return the answer's rows in that format; equal answers give equal bytes."""
    if format is XLSX:
        return indicator_workbook(indicator.name, indicator.fields, answer.data, answer.period_stated())
    return b"".join(csv_blocks(indicator.fields, answer.data, format))
