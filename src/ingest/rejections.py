"""Rows that are refused, with what the uploader needs to correct them."""

from __future__ import annotations

from dataclasses import dataclass

from src.domain.rows import Fault, InvalidRow, field_count_fault
from src.domain.spreadsheet import original
from src.ingest.layout import Layout
from src.ingest.lines import Record
from src.ingest.source import MAX_LINE_BYTES

# As much as a record of several lines may have, so that none of them is lost; a real row has a hundred characters.
MAX_RAW_LENGTH = 16 * 1024


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refused row. `line` is its first physical line, `column` None where the row as a whole is at fault."""

    line: int
    column: str | None
    code: str
    reason: str
    raw: str


def reject(record: Record, fault: Fault) -> Rejection:
    """Return the rejection of a record. A NUL, which Postgres can't store as text, is shown as U+FFFD."""
    raw = record.raw[:MAX_RAW_LENGTH].replace("\0", "\ufffd")
    return Rejection(record.line, fault.column, fault.code, fault.reason, raw)


def wanted_fields(record: Record, layout: Layout) -> list[str]:
    """Return the fields of the wanted columns in their order, or raise InvalidRow where it has another shape."""
    if record.fields is None:
        raise InvalidRow(None, "line_too_long", f"The line has more than {MAX_LINE_BYTES:,} bytes.")
    if record.unclosed:
        raise InvalidRow(None, "unclosed_quote", "A quote is opened in this line and not closed.")
    if len(record.fields) != layout.width:
        fault = field_count_fault(len(record.fields), layout.width)
        raise InvalidRow(fault.column, fault.code, fault.reason)
    fields = [record.fields[position] for position in layout.positions]
    return list(map(original, fields)) if layout.harmless else fields
