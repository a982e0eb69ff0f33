"""Rows that are rejected, with what the uploader needs to correct them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from src.domain.rows import Fault, InvalidRow, field_count_fault
from src.domain.spreadsheet import original
from src.ingest.layout import Layout
from src.ingest.lines import BAD_QUOTES, UNREADABLE, Record
from src.ingest.quotes import ESCAPED_QUOTE

# What is kept of a rejected row; a real one has a hundred characters.
MAX_RAW_LENGTH: Final = 4000
# What is kept of each once so many characters have been kept of a file: gzip packs rows to a hundredth.
SHORT_RAW_LENGTH: Final = 200
CUT: Final = "Only the first {length:,} characters of the row are kept."


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rejected row. `line` is its first physical line, `column` None where the row as a whole is at fault."""

    line: int
    column: str | None
    code: str
    reason: str
    raw: str


def reject(record: Record, fault: Fault) -> Rejection:
    """Return the rejection of a record. A NUL, which Postgres can't store as text, is shown as U+FFFD."""
    raw = record.raw.replace("\0", "\ufffd")
    return shortened(Rejection(record.line, fault.column, fault.code, fault.reason, raw), MAX_RAW_LENGTH)


def shortened(rejection: Rejection, length: int) -> Rejection:
    """Return the rejection with so much of its row; if that is not all of it, the reason says so."""
    if len(rejection.raw) <= length:
        return rejection
    reason = rejection.reason.partition(CUT[:14])[0].rstrip()
    return replace(rejection, raw=rejection.raw[:length], reason=f"{reason} {CUT.format(length=length)}")


def wanted_fields(record: Record, layout: Layout) -> list[str]:
    """Return the fields of the wanted columns in their order, or raise InvalidRow where it has another shape."""
    if record.fault is UNREADABLE:
        raise InvalidRow(_unreadable_column(record, layout), record.fault.code, record.fault.reason)
    fault = record.fault
    if fault is None and not layout.needed <= len(record.fields) <= layout.width:
        fault = field_count_fault(len(record.fields), layout.width)
    if fault is not None:
        raise InvalidRow(fault.column, fault.code, fault.reason)
    fields = [record.fields[position] for position in layout.positions]
    if ESCAPED_QUOTE in record.raw and any(field.endswith("\\") for field in fields):
        raise InvalidRow(BAD_QUOTES.column, BAD_QUOTES.code, BAD_QUOTES.reason)
    return list(map(original, fields)) if layout.harmless else fields


def _unreadable_column(record: Record, layout: Layout) -> str | None:
    """Return the first wanted column that can't be read, None if it is another one that can't."""
    if not layout.needed <= len(record.fields) <= layout.width:
        return None
    places = zip(layout.columns, layout.positions, strict=True)
    return next((name for name, place in places if "\ufffd" in record.fields[place]), None)
