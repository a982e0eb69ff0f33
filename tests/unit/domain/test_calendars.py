from __future__ import annotations

from datetime import date

import pytest

from src.domain.calendars import CALENDARS, DEFAULT_CALENDAR, UFS, Coverage, coverage_of
from src.domain.period import Period


def test_there_are_the_27_states_the_nation_and_no_holidays_at_all() -> None:
    assert len(UFS) == len(set(UFS)) == 27
    assert set(CALENDARS) == {"BR", "weekdays", *(f"BR-{uf}" for uf in UFS)}
    assert DEFAULT_CALENDAR == "BR"


def test_a_state_s_calendar_has_the_national_holidays_too() -> None:
    assert CALENDARS["BR-BA"] == ("BR", "BR-BA")
    assert CALENDARS["BR"] == ("BR",)
    assert CALENDARS["weekdays"] == ()


def test_national_holidays_are_known_from_2000_and_a_state_s_from_2015_on() -> None:
    assert coverage_of("BR") == Coverage(date(2000, 1, 1), date(2050, 12, 31))
    assert coverage_of("BR-SP") == Coverage(date(2015, 1, 1), date(2035, 12, 31))
    assert coverage_of("weekdays") == Coverage(None, None)


@pytest.mark.parametrize(
    ("calendar", "start", "end", "covered"),
    [
        ("BR", "2000-01-01", "2050-12-31", True),
        ("BR", "1999-12-31", "2000-01-01", False),
        ("BR", "2050-12-31", "2051-01-01", False),
        ("BR-SP", "2015-01-01", "2035-12-31", True),
        ("BR-SP", "2014-12-31", "2014-12-31", False),
        ("BR-SP", "2036-01-01", "2036-01-01", False),
        ("weekdays", "1900-01-01", "2099-12-31", True),
    ],
)
def test_a_period_is_covered_only_as_a_whole(calendar: str, start: str, end: str, covered: bool) -> None:
    period = Period(date.fromisoformat(start), date.fromisoformat(end))
    assert coverage_of(calendar).covers(period) == covered


def test_no_period_needs_no_holidays() -> None:
    assert coverage_of("BR-SP").covers(None)
