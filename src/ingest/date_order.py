"""Whether a file writes the month before the day: then it is no file of this operation, and none of it is loaded.

Of a file that writes 06/29/2021, the half of the dates with a day up to 12 (06/05/2021) would be read as other days.
"""

from __future__ import annotations

from src.domain.dates import first_number
from src.ingest.columns import Bytes, Integers, Mask, has_day_above_12
from src.ingest.source import InvalidFile


class DateOrder:
    """What the values of one column of dates say about the order of day and month.

    Only values that fit one order alone count. Once one of them is day-first, nothing more is looked at.
    """

    def __init__(self, column: str) -> None:
        self.column = column
        self._day_first = False
        self._month_first: tuple[int, str] | None = None

    def look_at_columns(self, text: Bytes, starts: Integers, ends: Integers, read: Mask) -> None:
        """Look at the values of a block that `read_times` has read: none of them is month-first."""
        if not self._day_first:
            self._day_first = has_day_above_12(text, starts[read], ends[read])

    def look_at(self, text: str, line: int = 0) -> None:
        """Look at one value, of whatever shape; its line is needed unless it is a date."""
        if self._day_first:
            return
        first = first_number(text)
        self._day_first = first == "day"
        if first == "month" and (self._month_first is None or line < self._month_first[0]):
            self._month_first = (line, text.strip())

    def require_day_first(self) -> None:
        """Raise InvalidFile if values are month-first and none is day-first."""
        if self._month_first and not self._day_first:
            line, text = self._month_first
            raise InvalidFile(
                f"{self.column} has the month before the day (line {line}: {text}). Export the file with the day first,"
                " as 29/06/2021, or as 2021-06-29. Nothing of it was loaded."
            )
