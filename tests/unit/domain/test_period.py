from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.period import Edge, Period, Pieces, business_days, mark_of, period_asked_for, split

DAYS = st.dates(date(1999, 1, 1), date(2004, 12, 31))
PERIODS = st.tuples(DAYS, DAYS).map(lambda bounds: Period(min(bounds), max(bounds)))
JUNE = Period(date(2021, 6, 1), date(2021, 6, 30))


def days_of(period: Period) -> list[date]:
    return [period.start_date + timedelta(days=number) for number in range(period.days)]


def days_covered(pieces: Pieces) -> Counter[date]:
    """Count how often the pieces cover each day, one day at a time."""
    covered: Counter[date] = Counter()
    for marks, sign in ((pieces.added, 1), (pieces.taken_off, -1)):
        for mark in marks:
            for day in days_of(Period(mark.replace(month=1, day=1), mark)):
                covered[day] += sign
    for edge in pieces.edges:
        for day in days_of(Period(edge.start_date, edge.end_date)):
            covered[day] += edge.sign
    return Counter({day: count for day, count in covered.items() if count})


def test_a_period_can_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="end before it starts"):
        Period(date(2021, 6, 2), date(2021, 6, 1))


def test_both_bounds_of_a_period_are_included() -> None:
    assert Period(date(2021, 6, 1), date(2021, 6, 1)).days == 1
    assert JUNE.days == 30


def test_business_days_are_monday_to_friday() -> None:
    # June 2021: 30 days, a Tuesday first, four Saturdays and four Sundays.
    assert business_days(JUNE, []) == 22
    assert business_days(Period(date(2021, 6, 5), date(2021, 6, 6)), []) == 0
    assert business_days(Period(date(2021, 6, 4), date(2021, 6, 7)), []) == 2


def test_a_holiday_on_a_weekday_is_no_business_day() -> None:
    september = Period(date(2021, 9, 1), date(2021, 9, 30))
    assert business_days(september, []) == 22
    assert business_days(september, [date(2021, 9, 7)]) == 21


def test_a_holiday_on_a_weekend_or_outside_the_period_takes_nothing_away() -> None:
    assert business_days(JUNE, [date(2021, 6, 5), date(2021, 5, 31), date(2021, 7, 1)]) == 22


def test_a_holiday_that_two_calendars_have_counts_once() -> None:
    assert business_days(JUNE, [date(2021, 6, 3), date(2021, 6, 3)]) == 21


@given(PERIODS, st.lists(DAYS, max_size=30))
def test_business_days_are_those_counted_one_by_one(period: Period, holidays: list[date]) -> None:
    assert business_days(period, holidays) == sum(
        day.isoweekday() < 6 and day not in holidays for day in days_of(period)
    )


def test_business_days_of_all_the_calendar_are_counted_at_once() -> None:
    assert business_days(Period(date.min, date.max), []) == 2608615


def test_without_bounds_the_period_is_the_data_s() -> None:
    assert period_asked_for(None, None, JUNE) == JUNE
    assert period_asked_for(None, None, None) is None


def test_a_missing_bound_is_the_data_s() -> None:
    assert period_asked_for(date(2021, 6, 10), None, JUNE) == Period(date(2021, 6, 10), date(2021, 6, 30))
    assert period_asked_for(None, date(2021, 6, 10), JUNE) == Period(date(2021, 6, 1), date(2021, 6, 10))


def test_one_bound_beyond_the_data_is_a_period_of_that_day() -> None:
    after, before = date(2021, 7, 5), date(2021, 5, 5)
    assert period_asked_for(after, None, JUNE) == Period(after, after)
    assert period_asked_for(None, before, JUNE) == Period(before, before)
    assert period_asked_for(after, None, None) == Period(after, after)


def test_both_bounds_are_taken_as_given() -> None:
    assert period_asked_for(date(2020, 1, 1), date(2022, 1, 1), JUNE) == Period(date(2020, 1, 1), date(2022, 1, 1))
    with pytest.raises(ValueError, match="end before it starts"):
        period_asked_for(date(2022, 1, 1), date(2020, 1, 1), JUNE)


def test_a_year_is_what_its_last_day_has_to_date() -> None:
    assert split(Period(date(2021, 1, 1), date(2021, 12, 31)), None) == Pieces((date(2021, 12, 31),), (), ())


def test_a_month_is_the_difference_of_two_marks() -> None:
    assert split(JUNE, None) == Pieces((date(2021, 6, 30),), (date(2021, 5, 31),), ())


def test_years_in_between_are_added_whole() -> None:
    assert split(Period(date(2018, 5, 1), date(2021, 3, 15)), None) == Pieces(
        (date(2018, 12, 31), date(2019, 12, 31), date(2020, 12, 31), date(2021, 3, 15)), (date(2018, 4, 30),), ()
    )


def test_the_days_to_the_nearest_mark_are_added_or_taken_off() -> None:
    assert split(Period(date(2020, 8, 13), date(2021, 4, 17)), None) == Pieces(
        (date(2020, 12, 31), date(2021, 4, 15)),
        (date(2020, 8, 15),),
        (Edge(date(2021, 4, 16), date(2021, 4, 17), 1), Edge(date(2020, 8, 13), date(2020, 8, 15), 1)),
    )
    assert split(Period(date(2021, 3, 19), date(2021, 7, 12)), None) == Pieces(
        (date(2021, 7, 15),),
        (date(2021, 3, 15),),
        (Edge(date(2021, 7, 13), date(2021, 7, 15), -1), Edge(date(2021, 3, 16), date(2021, 3, 18), -1)),
    )


def test_the_first_days_of_a_year_are_days() -> None:
    assert split(Period(date(2020, 1, 3), date(2021, 1, 4)), None) == Pieces(
        (date(2020, 12, 31),),
        (),
        (Edge(date(2021, 1, 1), date(2021, 1, 4), 1), Edge(date(2020, 1, 1), date(2020, 1, 2), -1)),
    )


def test_a_few_days_are_read_as_days() -> None:
    week = Period(date(2021, 6, 7), date(2021, 6, 11))
    assert split(week, None) == Pieces((), (), (Edge(week.start_date, week.end_date, 1),))


def test_all_that_the_data_has_is_marks_whatever_its_first_and_last_day() -> None:
    data = Period(date(2020, 7, 14), date(2021, 6, 17))
    assert split(data, data) == Pieces((date(2020, 12, 31), date(2021, 6, 30)), (), ())


def test_the_calendar_s_ends_are_no_trap() -> None:
    assert split(Period(date.min, date.max), None).edges == ()
    first, last = Period(date.min, date(1, 1, 20)), Period(date(9999, 12, 3), date.max)
    assert split(first, None) == Pieces((date(1, 1, 15),), (), (Edge(date(1, 1, 16), date(1, 1, 20), 1),))
    assert split(last, None) == Pieces(
        (date.max,), (date(9999, 11, 30),), (Edge(date(9999, 12, 1), date(9999, 12, 2), -1),)
    )


@given(PERIODS)
def test_the_pieces_cover_each_day_of_the_period_once_and_no_other(period: Period) -> None:
    assert days_covered(split(period, None)) == Counter(days_of(period))


@given(PERIODS, PERIODS)
def test_the_pieces_cover_each_day_that_the_data_can_have_once(period: Period, data: Period) -> None:
    covered = days_covered(split(period, data))
    within = {day for day in days_of(data) if period.start_date <= day <= period.end_date}
    assert {day: covered[day] for day in days_of(data) if covered[day]} == dict.fromkeys(within, 1)


@given(PERIODS)
def test_there_are_few_pieces(period: Period) -> None:
    pieces = split(period, None)
    assert len(pieces.edges) <= 2
    assert len(pieces.added) <= period.end_date.year - period.start_date.year + 1
    assert len(pieces.taken_off) <= 1
    if pieces.added:
        assert all(edge.days <= 8 for edge in pieces.edges)


@given(DAYS)
def test_the_mark_of_a_day_is_the_next_15th_or_last_of_a_month(day: date) -> None:
    mark = mark_of(day)
    assert mark.day == 15 or (mark + timedelta(days=1)).day == 1
    assert all(
        between.day != 15 and (between + timedelta(days=1)).day != 1 for between in days_of(Period(day, mark))[:-1]
    )


def test_a_period_of_more_than_250_years_is_too_long() -> None:
    assert not Period(date(1900, 1, 1), date(2150, 12, 31)).is_too_long
    assert Period(date(1900, 1, 1), date(2151, 1, 1)).is_too_long
