"""A block cut into lines and fields: at once where lines are plain, one by one where they are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

import numpy as np

from src.domain.rows import Fault, normalise_nome
from src.ingest.columns import PADDING, Bytes, Integers, Mask
from src.ingest.fields import NEWLINE, QUOTE, Fields, blank_lines, without_quotes
from src.ingest.layout import Layout
from src.ingest.quotes import ESCAPED_QUOTE, Ending, ending_in_quotes, split
from src.ingest.source import BAD_BYTE, MAX_LINE_BYTES, Block

# A quoted record of several lines may have so many bytes; the longer ones only if nothing but their length is unusual.
MAX_RECORD_BYTES: Final = 256 * 1024
LONG_RECORD_BYTES: Final = 16 * 1024
MAX_LINES: Final = 50_000
# Between the fields of records that are put together again; no name and no number may have it.
SEPARATOR: Final = "\x1f"

TOO_LONG: Final = Fault(None, "line_too_long", f"The line has more than {MAX_LINE_BYTES:,} bytes.")
UNCLOSED: Final = Fault(None, "unclosed_quote", "A quote is opened in this line and not closed.")
BAD_QUOTES: Final = Fault(
    None,
    "bad_quotes",
    'A field in quotes has text outside them. Inside quotes, write a quote as "" (not as \\").',
)
UNREADABLE: Final = Fault(
    None,
    "unreadable",
    "A character of the line can't be read: the file is UTF-8, this line is not. Save all of it as CSV UTF-8.",
)


@dataclass(frozen=True, slots=True)
class Record:
    """One row read by itself; `line` is its first line in the file. `fault`: why its fields can't be believed."""

    line: int
    raw: str
    fields: list[str]
    fault: Fault | None = None

    @property
    def is_blank(self) -> bool:
        return not normalise_nome("".join(self.fields)) and self.fault is None

    def is_regular(self, layout: Layout) -> bool:
        """Say whether columns can read the record; what they can't is read by the rules."""
        fits = layout.needed <= len(self.fields) <= layout.width
        return fits and self.fault is None and SEPARATOR not in self.raw and ESCAPED_QUOTE not in self.raw


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows: the j-th wanted field of row i is `text` from `starts[i, j]` to `ends[i, j]`; `numbers` are the lines."""

    text: Bytes
    numbers: Integers
    starts: Integers
    ends: Integers


class Lines:
    """The lines of a block. Plain ones (enough fields, no odd quotes) are `cells`, the others `records`.

    Lines without any value are neither. `rest` is what is read with the next block, such as the begun part of a quoted
    record, and `count` the lines before it.
    """

    def __init__(self, block: Block, first_line: int, layout: Layout) -> None:
        self.block = block
        self.first_line = first_line
        self.layout = layout
        original = _padded(block.data)
        self._newlines = np.flatnonzero(original == NEWLINE)
        self._closing = (-1, Ending.OPEN)
        delimiter = ord(layout.delimiter)
        text, shape, newlines = original, original, self._newlines
        if QUOTE in block.data:
            text, shape = without_quotes(original, newlines, delimiter)
            newlines = np.flatnonzero(shape == NEWLINE)
        starts = np.concatenate([[PADDING], newlines[:-1] + 1])
        fields = Fields(shape, newlines, delimiter)
        plain = fields.fitting(layout.needed, layout.width) & ((newlines - starts) < MAX_LINE_BYTES)
        for byte in (QUOTE, BAD_BYTE[0]):
            if byte in block.data:
                plain[np.searchsorted(newlines, np.flatnonzero(shape == byte))] = False
        filled = ~blank_lines(text, shape, starts, newlines, delimiter)
        plain &= filled
        self._read_odd(plain, filled)
        rows = np.flatnonzero(plain)
        self.cells = Cells(text, rows + first_line, *fields.bounds(rows, starts[rows], layout.positions))

    def plain_records(self, rows: Integers) -> Iterator[Record]:
        """Yield plain rows by themselves, without those that have no value."""
        for number in self.cells.numbers[rows].tolist():
            line = self._line(number - self.first_line)
            record = Record(number, line, self._trimmed(split(line, self.layout.delimiter)[0]))
            if not record.is_blank:
                yield record

    def records_of(self, lines: Integers) -> Iterator[Record]:
        """Yield the rows that begin at these lines of the file by themselves."""
        wanted = set(lines.tolist())
        yield from (record for record in self.records if record.line in wanted)
        yield from self.plain_records(np.flatnonzero(np.isin(self.cells.numbers, lines)))

    def _read_odd(self, plain: Mask, filled: Mask) -> None:
        """Read the filled lines that are not plain; those that a record swallows are plain no more."""
        self.records: list[Record] = []
        self.rest = b""
        self.count = len(plain)
        done = -1
        for index in np.flatnonzero(~plain & filled).tolist():
            if index <= done:
                continue
            read = self._record(index) if len(self.records) < MAX_LINES else None
            if read is None:
                self.rest = self.block.data[self._start(index) :]
                self.count = index
                plain[index:] = False
                return
            record, done = read
            plain[index : done + 1] = False
            if not record.is_blank:
                self.records.append(record)

    def _record(self, index: int) -> tuple[Record, int] | None:
        """Return the row that begins at line `index` and its last line; None where the block ends before it does."""
        number, data = index + self.first_line, self._data(index, index)
        line = _text(data)
        if len(data) > MAX_LINE_BYTES:
            return Record(number, line, [], TOO_LONG), index
        fields, ending = split(line, self.layout.delimiter)
        if ending is not Ending.OPEN:
            fault = BAD_QUOTES if ending is Ending.BROKEN else None
            return Record(number, line, self._trimmed(fields), UNREADABLE if BAD_BYTE in data else fault), index
        last, ending = self._where_quotes_close(index)
        if ending is Ending.OPEN and self._is_cut_by_the_block(index):
            return None
        record = self._of_several_lines(index, last) if ending is Ending.CLOSED else None
        return (record, last) if record else (Record(number, line, [], UNCLOSED), index)

    def _of_several_lines(self, index: int, last: int) -> Record | None:
        """Return the well-formed record of these lines, None where it is not believed.

        A stray quote must not swallow the lines behind it: the longer the record, the less may be odd about it.
        """
        if self._start(last + 1) - self._start(index) > MAX_RECORD_BYTES:
            return None
        data = self._data(index, last)
        text = _text(data)
        fields = self._trimmed(split(text, self.layout.delimiter)[0])
        record = Record(index + self.first_line, text, fields, UNREADABLE if BAD_BYTE in data else None)
        return record if len(data) <= LONG_RECORD_BYTES or self._is_credible(record) else None

    def _trimmed(self, fields: list[str]) -> list[str]:
        """Return the fields without empty ones behind the last column that has a name."""
        width = self.layout.width
        return fields[:width] if len(fields) > width and not "".join(fields[width:]).strip() else fields

    def _is_credible(self, record: Record) -> bool:
        """Say whether the long text of a record is in a column that is not read, as remarks are."""
        layout = self.layout
        if not layout.needed <= len(record.fields) <= layout.width:
            return False
        return all("\n" not in record.fields[place] for place in layout.positions)

    def _where_quotes_close(self, index: int) -> tuple[int, Ending]:
        """Return the line in which a record ends that line `index` leaves inside quotes, and how; open: in no line.

        What is found holds for each line before it, so that every line is looked at once.
        """
        line, ending = self._closing
        if line <= index:
            line, ending = index + 1, Ending.OPEN
            while line < len(self._newlines):
                ending = ending_in_quotes(self._line(line), self.layout.delimiter)
                if ending is not Ending.OPEN:
                    break
                line += 1
            self._closing = (line, ending)
        return line, ending

    def _is_cut_by_the_block(self, index: int) -> bool:
        return not self.block.last and len(self.block.data) - self._start(index) < MAX_RECORD_BYTES

    def _start(self, index: int) -> int:
        return int(self._newlines[index - 1]) - PADDING + 1 if index else 0

    def _line(self, index: int) -> str:
        return _text(self._data(index, index))

    def _data(self, index: int, last: int) -> bytes:
        return self.block.data[self._start(index) : self._start(last + 1)]


def lines_of(blocks: Iterator[Block], layout: Layout) -> Iterator[Lines]:
    """Yield the lines of each block behind the header; a record cut by a block's end is read with the next."""
    rest = b""
    first_line = 1
    for block in blocks:
        data = rest + block.data
        if first_line == 1:
            data, first_line = data.split(b"\n", layout.lines)[-1], layout.lines + 1
        limit = MAX_LINES
        while data:
            piece, data = _first_lines(data, limit)
            lines = Lines(replace(block, data=piece, last=block.last and not data), first_line, layout)
            first_line += lines.count
            rest = lines.rest
            if data or block.last:
                data, rest = rest + data, b""
            # A record that is longer than the piece is read with as many lines again.
            limit = MAX_LINES if lines.count else 2 * limit
            yield lines


def _first_lines(data: bytes, limit: int) -> tuple[bytes, bytes]:
    """Cut off the first lines: of very short ones a block has more than memory shall hold one by one."""
    newline = np.frombuffer(data, np.uint8) == NEWLINE
    if np.count_nonzero(newline) <= limit:
        return data, b""
    cut = int(np.flatnonzero(newline)[limit - 1]) + 1
    return data[:cut], data[cut:]


def joined(records: Sequence[Record], layout: Layout) -> Cells:
    """Return regular records as cells."""
    fields = chain.from_iterable([record.fields[place] for place in layout.positions] for record in records)
    text = _padded(f"{SEPARATOR.join(fields)}{SEPARATOR}".encode())
    ends = np.flatnonzero(text == ord(SEPARATOR))
    starts = np.concatenate([[PADDING], ends[:-1] + 1])
    numbers = np.array([record.line for record in records], np.int64)
    return Cells(text, numbers, starts.reshape(len(records), -1), ends.reshape(len(records), -1))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").rstrip("\r\n")


def _padded(data: bytes) -> Bytes:
    room = b" " * PADDING
    return np.frombuffer(b"".join((room, data, room)), np.uint8)
