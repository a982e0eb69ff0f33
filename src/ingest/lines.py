"""A block cut into lines and fields: at once where lines are plain, one by one where they are not."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from src.ingest.columns import PADDING, Bytes, Integers, Mask
from src.ingest.layout import Layout
from src.ingest.source import MAX_LINE_BYTES, Block

_NEWLINE, _RETURN, _QUOTE, _NUL = 10, 13, 34, 0
# A quoted record of several lines may have so many bytes. A stray quote costs a look at as many.
MAX_RECORD_BYTES = 16 * 1024
MAX_LINES = 50_000


@dataclass(frozen=True, slots=True)
class Record:
    """One row read by itself; `line` is its first line in the file. `fields` is None where the line is too long."""

    line: int
    raw: str
    fields: list[str] | None
    unclosed: bool = False


class Lines:
    """The lines of a block. Plain ones (as many fields as the header, no quotes) are columns, the others `records`.

    `starts[i, j]` and `ends[i, j]` bound field j of plain row i in `text`; `numbers[i]` is its line in the file.
    `rest` is the begun part of a quoted record that goes on in the next block, `count` the lines before it.
    """

    def __init__(self, block: Block, first_line: int, layout: Layout) -> None:
        self.block = block
        self.first_line = first_line
        self.layout = layout
        original = _padded(block.data)
        self._newlines = np.flatnonzero(original == _NEWLINE)
        quoted = b'"' in block.data
        self.text = _without_quotes(original, self._newlines, ord(layout.delimiter)) if quoted else original
        self.unquoted = self.text is not original
        newlines = np.flatnonzero(self.text == _NEWLINE) if self.unquoted else self._newlines
        starts = np.concatenate([[PADDING], newlines[:-1] + 1])
        plain, cells = self._plain(starts, newlines)
        self._read_odd(plain, newlines > starts)
        rows = np.flatnonzero(plain)
        ends = newlines - (self.text[newlines - 1] == _RETURN)
        self.numbers: Integers = rows + first_line
        self.starts: Integers = np.concatenate([starts[rows, None], cells[rows] + 1], axis=1)
        self.ends: Integers = np.concatenate([cells[rows], ends[rows, None]], axis=1)

    def plain_records(self, rows: Integers) -> Iterator[Record]:
        """Yield plain rows by themselves."""
        bounds = (self.starts[rows, 0].tolist(), self.ends[rows, -1].tolist())
        for number, start, end in zip(self.numbers[rows].tolist(), *bounds, strict=True):
            text = self.text[start:end].tobytes().decode("utf-8", "replace")
            raw = self._line(number - self.first_line) if self.unquoted else text
            yield Record(number, raw, text.split(self.layout.delimiter))

    def _plain(self, starts: Integers, newlines: Integers) -> tuple[Mask, Integers]:
        plain, cells = _cells(self.text, newlines, ord(self.layout.delimiter), self.layout.width)
        plain &= (newlines - starts) < MAX_LINE_BYTES
        for byte in (_QUOTE, _NUL):
            if byte in self.block.data:
                plain[np.searchsorted(newlines, np.flatnonzero(self.text == byte))] = False
        return plain, cells

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
        feed = _Feed(iter([line]))
        fields = _split(feed, line, self.layout.delimiter)
        if not feed.starved:
            return Record(number, line, fields), index
        feed = _Feed(self._lines_of_a_record(index))
        try:
            joined = next(csv.reader(feed, delimiter=self.layout.delimiter, strict=True), [])
        except csv.Error:
            if feed.starved and self._is_cut_by_the_block(index):
                return None
            # A stray quote must not swallow the lines behind it: a record of several lines is believed only if it is
            # well formed and not too long.
            return Record(number, line, fields, unclosed=True), index
        return Record(number, "".join(feed.given).rstrip("\r\n"), joined), index + len(feed.given) - 1

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
        return data.decode("utf-8", "replace").rstrip("\r\n")


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


def _split(feed: _Feed, line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(feed, delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def _padded(data: bytes) -> Bytes:
    room = b" " * PADDING
    return np.frombuffer(b"".join((room, data, room)), np.uint8)


def _cells(text: Bytes, newlines: Integers, delimiter: int, width: int) -> tuple[Mask, Integers]:
    """Return which lines have `width` fields, and where the delimiters of each such line stand."""
    marks = np.flatnonzero((text == delimiter) | (text == _NEWLINE))
    ends = np.flatnonzero(text[marks] == _NEWLINE)  # the marks that end a line
    before = np.concatenate([[-1], ends[:-1]])
    plain = ends - before == width
    at = np.minimum(before[:, None] + np.arange(1, width), len(marks) - 1)
    return plain, marks[at]


def _without_quotes(text: Bytes, newlines: Integers, delimiter: int) -> Bytes:
    """Return the text without the quotes of those lines in which each pair of them encloses exactly one field."""
    quotes = np.flatnonzero(text == _QUOTE)
    line = np.searchsorted(newlines, quotes)
    first = np.flatnonzero(np.diff(line, prepend=-1))
    order = np.arange(len(quotes)) - np.repeat(first, np.diff(first, append=len(quotes)))
    opening = order % 2 == 0
    before, behind = text[quotes - 1], text[quotes + 1]
    starts_field = (before == delimiter) | (before == _NEWLINE) | (quotes == PADDING)
    ends_field = (behind == delimiter) | (behind == _NEWLINE) | ((behind == _RETURN) & (text[quotes + 2] == _NEWLINE))
    field = np.searchsorted(np.flatnonzero(text == delimiter), quotes)
    closed = (np.diff(line, append=-1) == 0) & (np.diff(field, append=-1) == 0)  # by the next quote, in the same field
    wrong = np.zeros(len(newlines), np.bool_)
    wrong[line[np.where(opening, ~(starts_field & closed), ~ends_field)]] = True
    plain = quotes[~wrong[line]]
    return np.delete(text, plain) if plain.size else text
