from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from src.domain.dates import NotADate, parse_deadline, parse_visit

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("29/06/2021 10:15:27", datetime(2021, 6, 29, 10, 15, 27)),
        ("29/06/2021 10:15", datetime(2021, 6, 29, 10, 15)),
        ("30/06/2021", datetime(2021, 6, 30)),
        ("2021-06-26 10:31:14", datetime(2021, 6, 26, 10, 31, 14)),
        ("2021-06-26", datetime(2021, 6, 26)),
        ("27/06/21", datetime(2021, 6, 27)),
        ("29/06/99", datetime(1999, 6, 29)),
        ("29/06/69", datetime(1969, 6, 29)),
        ("29/06/68", datetime(2068, 6, 29)),
        ("29/6/00 9:05", datetime(2000, 6, 29, 9, 5)),
        ("30/062021 09:28", datetime(2021, 6, 30, 9, 28)),
        ("28 /06 /2021 10:57:27", datetime(2021, 6, 28, 10, 57, 27)),
        ("3006/2021 09:28", datetime(2021, 6, 30, 9, 28)),
        ("  29/06/2021   10:15  ", datetime(2021, 6, 29, 10, 15)),
        ("29/06/2021\u00a010:15", datetime(2021, 6, 29, 10, 15)),
        ("29\u00a0/06/\u20032021", datetime(2021, 6, 29)),
        ("5/6/2021 9:05", datetime(2021, 6, 5, 9, 5)),
        ("2021-06-26T10:31:14", datetime(2021, 6, 26, 10, 31, 14)),
        ("29/02/2020", datetime(2020, 2, 29)),
        ("31/12/2020 23:59:59", datetime(2020, 12, 31, 23, 59, 59)),
    ],
)
def test_each_known_shape_is_read(text, moment):
    assert parse_visit(text, SAO_PAULO) == moment


@pytest.mark.parametrize(
    "text",
    [
        "06/29/2021",
        "31/02/2021",
        "29/02/2021",
        "00/06/2021",
        "29/06/2021 24:00:00",
        "29/06/2021 10:60",
        "29/06/2021 10:15:60",
        "29/06/2021 1015",
        "30062021",
        "29/06/0021",
        "29/06/1899",
        "29/06/2100",
        "2021/06/29",
        "2021-6-29",
        "29-06-2021",
        "amanhã",
        "44376",
        "29/06/2021 10:15:27 x",
        "29/06/2021 10:15+99:99",
        "２９/06/2021",
        "2 9/06/2021",
    ],
)
def test_anything_else_is_no_date(text):
    with pytest.raises(NotADate):
        parse_visit(text, SAO_PAULO)


def test_day_comes_before_month_always():
    assert parse_visit("05/10/20", SAO_PAULO) == datetime(2020, 10, 5)


@pytest.mark.parametrize("text", ["", "-", "  ", " - "])
def test_a_dash_or_nothing_is_a_visit_not_yet_made(text):
    assert parse_visit(text, SAO_PAULO) is None


def test_a_deadline_without_a_time_lasts_until_the_end_of_its_day():
    assert parse_deadline("30/06/2021", SAO_PAULO) == datetime(2021, 6, 30, 23, 59, 59)


def test_a_deadline_with_a_time_is_that_time():
    assert parse_deadline("30/06/2021 00:00", SAO_PAULO) == datetime(2021, 6, 30)


def test_a_deadline_can_not_be_a_dash():
    with pytest.raises(NotADate):
        parse_deadline("-", SAO_PAULO)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-06-26T10:31:14Z", datetime(2021, 6, 26, 7, 31, 14)),
        ("2021-06-26T01:00:00+00:00", datetime(2021, 6, 25, 22)),
        ("2021-06-26 10:31:14-03:00", datetime(2021, 6, 26, 10, 31, 14)),
        ("2018-12-01T12:00:00Z", datetime(2018, 12, 1, 10)),  # summer time was kept until 2019
    ],
)
def test_a_time_with_an_offset_is_converted_to_the_operations_zone(text, moment):
    assert parse_visit(text, SAO_PAULO) == moment


def test_fractions_of_a_second_are_dropped():
    assert parse_visit("2021-06-26T10:31:14.999", SAO_PAULO) == datetime(2021, 6, 26, 10, 31, 14)
