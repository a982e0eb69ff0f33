"""A block cut into lines and fields: at once where lines are plain, one by one where they are not."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from src.ingest.columns import PADDING, Bytes, Integers, Mask
from src.ingest.layout import Layout
from src.ingest.source import MAX_LINE_BYTES, Block

_NEWLINE, _RETURN, _QUOTE, _NUL, _BLANK = 10, 13, 34, 0, 32
# A quoted record of several lines may have so many bytes. A stray quote costs a look at as many.
MAX_RECORD_BYTES = 16 * 1024
MAX_LINES = 50_000
# Between the fields of records that are put together again; no name and no number may have it.
SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Record:
    """One row read by itself; `line` is its first line in the file. `fields` is None where the line is too long."""

    line: int
    raw: str
    fields: list[str] | None
    unclosed: bool = False


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows of equal width: field j of row i is `text` from `starts[i, j]` to `ends[i, j]`; `numbers` are the lines."""

    text: Bytes
    numbers: Integers
    starts: Integers
    ends: Integers


class Lines:
    """The lines of a block. Plain ones (as many fields as the header, no quotes) are `cells`, the others `records`.

    `rest` is the begun part of a quoted record that goes on in the next block, `count` the lines before it.
    """

    def __init__(self, block: Block, first_line: int, layout: Layout) -> None:
        self.block = block
        self.first_line = first_line
        self.layout = layout
        original = _padded(block.data)
        self._newlines = np.flatnonzero(original == _NEWLINE)
        quoted = b'"' in block.data
        delimiter = ord(layout.delimiter)
        text, shape = _without_quotes(original, self._newlines, delimiter) if quoted else (original, original)
        self.unquoted = text is not original
        newlines = np.flatnonzero(shape == _NEWLINE) if self.unquoted else self._newlines
        starts = np.concatenate([[PADDING], newlines[:-1] + 1])
        plain, marks = _marks(shape, delimiter, layout.width)
        plain &= (newlines - starts) < MAX_LINE_BYTES
        for byte in (_QUOTE, _NUL):
            if byte in block.data:
                plain[np.searchsorted(newlines, np.flatnonzero(shape == byte))] = False
        self._read_odd(plain, newlines > starts)
        rows = np.flatnonzero(plain)
        ends = newlines - (text[newlines - 1] == _RETURN)
        self.cells = Cells(
            text,
            rows + first_line,
            np.concatenate([starts[rows, None], marks[rows] + 1], axis=1),
            np.concatenate([marks[rows], ends[rows, None]], axis=1),
        )

    def plain_records(self, rows: Integers) -> Iterator[Record]:
        """Yield plain rows by themselves, without those of blanks alone: a blank line may have all its tabs."""
        numbers, starts, ends = (a[rows].tolist() for a in (self.cells.numbers, self.cells.starts, self.cells.ends))
        for number, first, last in zip(numbers, starts, ends, strict=True):
            fields = [_decoded(self.cells.text[start:end].tobytes()) for start, end in zip(first, last, strict=True)]
            raw = self._line(number - self.first_line) if self.unquoted else self.layout.delimiter.join(fields)
            if raw.strip():
                yield Record(number, raw, fields)

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
            read = self._record(index)
            if read is None:
                self.rest = self.block.data[self._start(index) :]
                self.count = index
                plain[index:] = False
                return
            record, done = read
            plain[index : done + 1] = False
            if record.fields is None or record.raw.strip():
                self.records.append(record)

    def _record(self, index: int) -> tuple[Record, int] | None:
        """Return the row that begins at line `index` and its last line; None where the block ends before it does."""
        number, line = index + self.first_line, self._line(index)
        if self._start(index + 1) - self._start(index) > MAX_LINE_BYTES:
            return Record(number, line, None), index
        with suppress(csv.Error):
            return Record(number, line, self._fields([line], strict=True)), index
        feed = _Feed(iter([line]))
        fields = self._fields(feed)
        if not feed.starved:
            return Record(number, line, fields), index
        feed = _Feed(self._lines_of_a_record(index))
        try:
            joined = self._fields(feed, strict=True)
        except csv.Error:
            if feed.starved and self._is_cut_by_the_block(index):
                return None
            # A stray quote must not swallow the lines behind it: a record of several lines is believed only if it is
            # well formed and not too long.
            return Record(number, line, fields, unclosed=True), index
        return Record(number, "".join(feed.given).rstrip("\r\n"), joined), index + len(feed.given) - 1

    def _fields(self, lines: Iterable[str], *, strict: bool = False) -> list[str]:
        """Return the fields of the first record in `lines`; a carriage return inside a line is a blank."""
        tidy = (line.replace("\r", " ") for line in lines)
        return next(csv.reader(tidy, delimiter=self.layout.delimiter, strict=strict), [])

    def _lines_of_a_record(self, index: int) -> Iterator[str]:
        """Yield the lines from `index` on that one record could have, with their ends."""
        limit = self._start(index) + MAX_RECORD_BYTES
        while index < len(self._newlines) and self._start(index + 1) <= limit:
            yield f"{self._line(index)}\n"
            index += 1

    def _is_cut_by_the_block(self, index: int) -> bool:
        return not self.block.last and len(self.block.data) - self._start(index) < MAX_RECORD_BYTES

    def _start(self, index: int) -> int:
        return int(self._newlines[index - 1]) - PADDING + 1 if index else 0

    def _line(self, index: int) -> str:
        data = self.block.data[self._start(index) : self._start(index + 1)]
        return _decoded(data).rstrip("\r\n")


class _Feed:
    """Lines for the csv reader, one at a time; `starved` once it asked for more than there are."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.given: list[str] = []
        self.starved = False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = next(self._lines, None)
        if line is None:
            self.starved = True
            raise StopIteration
        self.given.append(line)
        return line


def lines_of(blocks: Iterator[Block], layout: Layout) -> Iterator[Lines]:
    """Yield the lines of each block behind the header; a record cut by a block's end is read with the next."""
    rest = b""
    first_line = 1
    for block in blocks:
        data = rest + block.data
        if first_line == 1:
            data, first_line = data.split(b"\n", layout.lines)[-1], layout.lines + 1
        while data:
            piece, data = _first_lines(data)
            lines = Lines(replace(block, data=piece, last=block.last and not data), first_line, layout)
            first_line += lines.count
            rest = lines.rest
            if data:
                data, rest = rest + data, b""
            yield lines


def _first_lines(data: bytes) -> tuple[bytes, bytes]:
    """Cut off the first MAX_LINES lines: of very short ones a block has more than memory shall hold one by one."""
    newline = np.frombuffer(data, np.uint8) == _NEWLINE
    if np.count_nonzero(newline) <= MAX_LINES:
        return data, b""
    cut = int(np.flatnonzero(newline)[MAX_LINES - 1]) + 1
    return data[:cut], data[cut:]


def joined(records: Sequence[Record]) -> Cells:
    """Return records of equal width, none of which has a SEPARATOR, as cells."""
    fields = chain.from_iterable(record.fields or () for record in records)
    text = _padded(f"{SEPARATOR.join(fields)}{SEPARATOR}".encode())
    ends = np.flatnonzero(text == ord(SEPARATOR))
    starts = np.concatenate([[PADDING], ends[:-1] + 1])
    numbers = np.array([record.line for record in records], np.int64)
    return Cells(text, numbers, starts.reshape(len(records), -1), ends.reshape(len(records), -1))


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _padded(data: bytes) -> Bytes:
    room = b" " * PADDING
    return np.frombuffer(b"".join((room, data, room)), np.uint8)


def _marks(text: Bytes, delimiter: int, width: int) -> tuple[Mask, Integers]:
    """Return which lines have `width` fields, and where the delimiters of each such line stand."""
    marks = np.flatnonzero((text == delimiter) | (text == _NEWLINE))
    ends = np.flatnonzero(text[marks] == _NEWLINE)  # the marks that end a line
    before = np.concatenate([[-1], ends[:-1]])
    plain = ends - before == width
    at = np.minimum(before[:, None] + np.arange(1, width), len(marks) - 1)
    return plain, marks[at]


def _without_quotes(text: Bytes, newlines: Integers, delimiter: int) -> tuple[Bytes, Bytes]:
    """Return the text as fields without their quotes, and its shape: the same with blanks for what is inside quotes.

    Lines that a strict reader would not take, and those of records of several lines, keep their quotes in both.
    """
    quotes = np.flatnonzero(text == _QUOTE)
    line = np.searchsorted(newlines, quotes)
    first = np.flatnonzero(np.diff(line, prepend=-1))
    order = np.arange(len(quotes)) - np.repeat(first, np.diff(first, append=len(quotes)))
    opening = order % 2 == 0
    before, behind = text[quotes - 1], text[quotes + 1]
    starts_field = (before == delimiter) | (before == _NEWLINE) | (quotes == PADDING)
    ends_field = (behind == delimiter) | (behind == _NEWLINE) | ((behind == _RETURN) & (text[quotes + 2] == _NEWLINE))
    ends_line = np.diff(line, append=-1) != 0
    second = opening & (before == _QUOTE) & (order > 0)  # of two that stand for one
    right = np.where(opening, (starts_field | second) & ~ends_line, ends_field | (behind == _QUOTE))
    regular = np.ones(len(newlines), np.bool_)
    regular[line[~right]] = False
    kept = regular[line] & second
    shape = text.copy()
    shape[quotes[kept]] = _BLANK
    delimiters = np.flatnonzero(text == delimiter)
    last = np.searchsorted(quotes, delimiters) - 1  # the quote before each
    shape[delimiters[(last >= 0) & (opening & regular[line])[last]]] = _BLANK
    gone = quotes[regular[line] & ~second]
    return (np.delete(text, gone), np.delete(shape, gone)) if gone.size else (text, text)
