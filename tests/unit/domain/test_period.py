from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.period import Edge, Period, Pieces, business_days, period_asked_for, split

DAYS = st.dates(date(1999, 1, 1), date(2004, 12, 31))
PERIODS = st.tuples(DAYS, DAYS).map(lambda bounds: Period(min(bounds), max(bounds)))
WIDE = Period(date(1990, 1, 1), date(2030, 12, 31))
JUNE = Period(date(2021, 6, 1), date(2021, 6, 30))


def days_of(period: Period) -> list[date]:
    return [period.start_date + timedelta(days=number) for number in range(period.days)]


def days_covered(pieces: Pieces) -> Counter[date]:
    """Count how often the pieces cover each day of 1990 to 2010, one day at a time."""
    covered: Counter[date] = Counter()
    day = date(1990, 1, 1)
    while pieces.first_month and pieces.last_month and day < date(2011, 1, 1):
        covered[day] += pieces.first_month <= day.replace(day=1) <= pieces.last_month
        day += timedelta(days=1)
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


def test_a_year_is_twelve_months_and_no_edge() -> None:
    year = Period(date(2021, 1, 1), date(2021, 12, 31))
    assert split(year, WIDE) == Pieces(date(2021, 1, 1), date(2021, 12, 1), ())


def test_an_edge_is_the_shorter_side_of_its_month() -> None:
    odd = Period(date(2020, 8, 13), date(2021, 4, 12))
    assert split(odd, WIDE) == Pieces(
        date(2020, 8, 1),
        date(2021, 3, 1),
        (Edge(date(2020, 8, 1), date(2020, 8, 12), -1), Edge(date(2021, 4, 1), date(2021, 4, 12), 1)),
    )


def test_a_few_days_are_read_as_days() -> None:
    week = Period(date(2021, 6, 7), date(2021, 6, 11))
    assert split(week, WIDE) == Pieces(None, None, (Edge(week.start_date, week.end_date, 1),))


def test_most_of_a_month_is_the_month_without_the_rest() -> None:
    most = Period(date(2021, 6, 3), date(2021, 6, 28))
    assert split(most, WIDE) == Pieces(
        date(2021, 6, 1),
        date(2021, 6, 1),
        (Edge(date(2021, 6, 1), date(2021, 6, 2), -1), Edge(date(2021, 6, 29), date(2021, 6, 30), -1)),
    )


def test_two_edges_of_neighbouring_months_need_no_month() -> None:
    turn = Period(date(2021, 6, 28), date(2021, 7, 3))
    assert split(turn, WIDE) == Pieces(
        None,
        None,
        (Edge(date(2021, 6, 28), date(2021, 6, 30), 1), Edge(date(2021, 7, 1), date(2021, 7, 3), 1)),
    )


def test_all_that_the_data_has_is_whole_months_whatever_its_first_and_last_day() -> None:
    data = Period(date(2020, 7, 14), date(2021, 6, 17))
    assert split(data, data) == Pieces(date(2020, 7, 1), date(2021, 6, 1), ())


def test_the_calendar_s_ends_are_no_trap() -> None:
    assert split(Period(date.min, date.max), WIDE).edges == ()
    last = Period(date(9999, 12, 3), date.max)
    assert split(last, Period(date(9998, 1, 1), date.max)) == Pieces(
        date(9999, 12, 1), date(9999, 12, 1), (Edge(date(9999, 12, 1), date(9999, 12, 2), -1),)
    )


@given(PERIODS)
def test_the_pieces_cover_each_day_of_the_period_once_and_no_other(period: Period) -> None:
    assert days_covered(split(period, WIDE)) == Counter(days_of(period))


@given(PERIODS, PERIODS)
def test_the_pieces_cover_each_day_that_the_data_can_have_once(period: Period, data: Period) -> None:
    covered = days_covered(split(period, data))
    within = {day for day in days_of(data) if period.start_date <= day <= period.end_date}
    assert {day: covered[day] for day in days_of(data) if covered[day]} == dict.fromkeys(within, 1)


@given(PERIODS)
def test_no_edge_is_longer_than_half_a_month(period: Period) -> None:
    pieces = split(period, WIDE)
    assert len(pieces.edges) <= 2
    assert all(Period(edge.start_date, edge.end_date).days <= 16 for edge in pieces.edges)


def test_the_whole_months_are_every_month_of_the_data_or_not() -> None:
    data = Period(date(2020, 7, 14), date(2021, 6, 17))
    assert split(data, data).have_every_month_of(data)
    assert split(Period(date(2020, 7, 15), data.end_date), data).have_every_month_of(data), "less the days before"
    assert not split(Period(date(2020, 7, 25), data.end_date), data).have_every_month_of(data)
    assert not split(Period(data.start_date, date(2021, 5, 31)), data).have_every_month_of(data)
    assert not split(Period(date(2020, 7, 14), date(2020, 7, 15)), data).have_every_month_of(data)


@given(PERIODS, PERIODS)
def test_reading_every_month_reads_no_day_of_the_data_that_the_whole_months_have_not(
    period: Period, data: Period
) -> None:
    pieces = split(period, data)
    if pieces.have_every_month_of(data):
        covered = days_covered(Pieces(pieces.first_month, pieces.last_month, ()))
        assert all(covered[day] == 1 for day in days_of(data))
