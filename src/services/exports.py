"""Rows as a file, written while they come: the memory stays flat whatever there is."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import orjson

from src.domain.formats import CSV, CSV_BR, FileFormat
from src.domain.spreadsheet import harmless

BLOCK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV is written: its first bytes, its delimiter, and the text of a value."""

    mark: bytes
    delimiter: str
    text_of: Callable[[Any], Any]


def plain_text(value: Any) -> Any:
    """Return the value as other programs read it: 0.875, 2021-06-29T12:57:19. None is empty."""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return harmless(orjson.dumps(value).decode())
    return value.isoformat() if isinstance(value, date) else value


def brazilian_text(value: Any) -> Any:
    """Return the value as a spreadsheet in Portuguese reads it: 0,875, 29/06/2021 12:57:19. None is empty."""
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".replace(".", ",")
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M:%S}"
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else plain_text(value)


DIALECTS: Final = {
    CSV: Dialect(b"", ",", plain_text),
    CSV_BR: Dialect(codecs.BOM_UTF8, ";", brazilian_text),
}


def csv_blocks(fields: Sequence[str], rows: Iterable[Iterable[Any]], format: FileFormat = CSV) -> Iterator[bytes]:
    """Give the rows as CSV in UTF-8 with a header, lines ended by CRLF, safe to open in a spreadsheet."""
    dialect = DIALECTS[format]
    return text_blocks(fields, (map(dialect.text_of, row) for row in rows), dialect.delimiter, dialect.mark)


def text_blocks(
    header: Sequence[str], rows: Iterable[Iterable[Any]], delimiter: str, mark: bytes = b""
) -> Iterator[bytes]:
    """Give header and rows, whose cells are texts and numbers as they shall be read, as CSV in UTF-8 behind `mark`."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(header)
    for row in rows:
        writer.writerow(row)
        if buffer.tell() > BLOCK_BYTES:
            yield mark + buffer.getvalue().encode()
            mark = b""
            buffer.seek(0)
            buffer.truncate()
    yield mark + buffer.getvalue().encode()


def ndjson_blocks(documents: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Give the documents as JSON, a line each."""
    block = bytearray()
    for document in documents:
        block += orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
        if len(block) > BLOCK_BYTES:
            yield bytes(block)
            block.clear()
    yield bytes(block)
