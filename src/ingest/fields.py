"""Where the fields of a block's lines are, found for all lines at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from src.ingest.columns import PADDING, Bytes, Integers, Mask

NEWLINE: Final = ord("\n")
RETURN: Final = ord("\r")
QUOTE: Final = ord('"')
BACKSLASH: Final = ord("\\")
BLANK: Final = ord(" ")


class Fields:
    """Where the fields of lines are: the marks are the delimiters and the newlines, each the end of a field."""

    def __init__(self, text: Bytes, newlines: Integers, delimiter: int) -> None:
        self._text = text
        self._newlines = newlines
        self._marks = np.flatnonzero((text == delimiter) | (text == NEWLINE))
        self._last = np.flatnonzero(text[self._marks] == NEWLINE)
        self._before = np.concatenate([[-1], self._last[:-1]])
        self._returns = text[newlines - 1] == RETURN

    def fitting(self, needed: int, width: int) -> Mask:
        """Return the mask of the lines with as many fields as that, those with nothing but delimiters behind too."""
        count = self._last - self._before
        fit: Mask = (count >= needed) & (count <= width)
        more = np.flatnonzero(count > width)
        behind = self._newlines[more] - self._returns[more] - self._marks[self._before[more] + width]
        fit[more] = behind == count[more] - width
        return fit

    def bounds(self, rows: Integers, starts: Integers, positions: Sequence[int]) -> tuple[Integers, Integers]:
        """Return where the fields at `positions` start and end in each of the lines, which begin at `starts`."""
        before, last = self._before[rows], self._last[rows]
        ends = self._newlines[rows] - self._returns[rows]
        first, behind = np.empty((2, len(positions), len(rows)), np.int64)
        for column, position in enumerate(positions):
            mark = before + position + 1
            first[column] = self._marks[mark - 1] + 1 if position else starts
            behind[column] = np.where(mark == last, ends, self._marks[mark])
        return first.T, behind.T


def blank_lines(text: Bytes, shape: Bytes, starts: Integers, newlines: Integers, delimiter: int) -> Mask:
    """Return the mask of the lines that are empty or have only delimiters, blanks and control characters.

    A spreadsheet writes them down to its last line, a million of them: one by one they would take minutes.
    """
    empty = np.zeros(256, np.bool_)
    empty[[*range(BLANK + 1), 127, delimiter]] = True
    blank: Mask = newlines == starts
    # The first, the last and the middle character tell of nearly all other lines that they are not blank.
    maybe = np.flatnonzero(empty[text[starts]] & empty[text[newlines - 1]] & ~blank)
    maybe = maybe[empty[text[(starts[maybe] + newlines[maybe]) // 2]]]
    if maybe.size:
        # A delimiter that was inside quotes is a value.
        first = starts[maybe[0]]
        values = np.flatnonzero(~empty[text[first:]] | (shape != text)[first:]) + first
        values = np.append(values, len(text))
        blank[maybe] = values[np.searchsorted(values, starts[maybe])] >= newlines[maybe]
    return blank


def without_quotes(text: Bytes, newlines: Integers, delimiter: int) -> tuple[Bytes, Bytes]:
    """Return the text as fields without their quotes, and its shape: the same with blanks for what is inside quotes.

    Lines that a strict reader would not take, and those of records of several lines, keep their quotes in both.
    """
    quotes = np.flatnonzero(text == QUOTE)
    line = np.searchsorted(newlines, quotes)
    first = np.flatnonzero(np.diff(line, prepend=-1))
    order = np.arange(len(quotes)) - np.repeat(first, np.diff(first, append=len(quotes)))
    opening = order % 2 == 0
    before, behind = text[quotes - 1], text[quotes + 1]
    starts_field = (before == delimiter) | (before == NEWLINE) | (quotes == PADDING)
    ends_field = (behind == delimiter) | (behind == NEWLINE) | ((behind == RETURN) & (text[quotes + 2] == NEWLINE))
    ends_line = np.diff(line, append=-1) != 0
    second = opening & (before == QUOTE) & (order > 0)  # of two that stand for one
    ends_well = (ends_field & (before != BACKSLASH)) | (behind == QUOTE)
    right = np.where(opening, (starts_field | second) & ~ends_line, ends_well)
    regular = np.ones(len(newlines), np.bool_)
    regular[line[~right]] = False
    kept = regular[line] & second
    shape = text.copy()
    shape[quotes[kept]] = BLANK
    delimiters = np.flatnonzero(text == delimiter)
    last = np.searchsorted(quotes, delimiters) - 1  # the quote before each
    shape[delimiters[(last >= 0) & (opening & regular[line])[last]]] = BLANK
    gone = quotes[regular[line] & ~second]
    return (np.delete(text, gone), np.delete(shape, gone)) if gone.size else (text, text)
