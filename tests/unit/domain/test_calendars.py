from __future__ import annotations

from src.domain.calendars import CALENDARS, DEFAULT_CALENDAR, UFS


def test_there_are_the_27_states_the_nation_and_no_holidays_at_all() -> None:
    assert len(UFS) == len(set(UFS)) == 27
    assert set(CALENDARS) == {"BR", "weekdays", *(f"BR-{uf}" for uf in UFS)}
    assert DEFAULT_CALENDAR == "BR"


def test_a_state_s_calendar_has_the_national_holidays_too() -> None:
    assert CALENDARS["BR-BA"] == ("BR", "BR-BA")
    assert CALENDARS["BR"] == ("BR",)
    assert CALENDARS["weekdays"] == ()
