"""The calendars that an answer may be counted by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from src.domain.period import Period

UFS: Final = (
    *("AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO"),
    *("MA", "MG", "MS", "MT", "PA", "PB", "PE", "PI", "PR"),
    *("RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO"),
)
DEFAULT_CALENDAR: Final = "BR"

# Each calendar, and those whose holidays it takes from the table: a state adds its own to the national ones.
CALENDARS: Final[dict[str, tuple[str, ...]]] = {
    "BR": ("BR",),
    "weekdays": (),
    **{f"BR-{uf}": ("BR", f"BR-{uf}") for uf in UFS},
}

# The years that the holidays in the table are complete for (migration 0011). Outside them a calendar has none.
NATIONAL_YEARS: Final = (2000, 2050)
STATE_YEARS: Final = (2015, 2035)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The days whose holidays a calendar knows, both included. None: all days, for a calendar without holidays."""

    start_date: date | None = None
    end_date: date | None = None

    def covers(self, period: Period | None) -> bool:
        """Tell whether the holidays of every day of the period are known. No period has nothing to know."""
        if period is None or self.start_date is None or self.end_date is None:
            return True
        return self.start_date <= period.start_date and period.end_date <= self.end_date


def coverage_of(calendar: str) -> Coverage:
    """Return the days that the calendar covers: those that each of the calendars it is made of covers."""
    years = [NATIONAL_YEARS if part == DEFAULT_CALENDAR else STATE_YEARS for part in CALENDARS[calendar]]
    if not years:
        return Coverage()
    return Coverage(date(max(first for first, _ in years), 1, 1), date(min(last for _, last in years), 12, 31))
