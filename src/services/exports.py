"""Documents as a file, written while they come: the memory stays flat whatever there is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson

from src.domain.spreadsheet import harmless

BLOCK_BYTES = 64 * 1024


def csv_blocks(fields: Sequence[str], documents: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Give the documents as CSV in UTF-8 with a header, safe to open in a spreadsheet; None is an empty field."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(fields)
    for document in documents:
        writer.writerow([_cell(value) for value in document.values()])
        if buffer.tell() > BLOCK_BYTES:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def ndjson_blocks(documents: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Give the documents as JSON, a line each."""
    block = bytearray()
    for document in documents:
        block += orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
        if len(block) > BLOCK_BYTES:
            yield bytes(block)
            block.clear()
    yield bytes(block)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else value
