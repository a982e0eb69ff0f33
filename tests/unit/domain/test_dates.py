from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from src.domain.dates import (
    DateRules,
    ImplausibleDate,
    NotADate,
    first_number,
    parse_deadline,
    parse_visit,
    says_not_made,
)

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
# All that can be read, for the shapes.
ANY = DateRules(SAO_PAULO, datetime(1, 1, 1), datetime(9999, 12, 31), datetime(9999, 12, 31))
RULES = DateRules.of(SAO_PAULO, date(2026, 11, 28), date(2000, 1, 1))


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
        ("2021 - 06 - 26 10 : 31", datetime(2021, 6, 26, 10, 31)),
        ("29-06-2021", datetime(2021, 6, 29)),
        ("29-06-2021 10:15", datetime(2021, 6, 29, 10, 15)),
        ("29 - 06 - 2021 10:15:27", datetime(2021, 6, 29, 10, 15, 27)),
        ("29.06.2021", datetime(2021, 6, 29)),
        ("29.06.2021 10:15:27", datetime(2021, 6, 29, 10, 15, 27)),
        ("2021/06/29", datetime(2021, 6, 29)),
        ("2021/06/29 10:15", datetime(2021, 6, 29, 10, 15)),
        ("\u200e29\u200e/\u200e06\u200e/\u200e2021 \u200f\u200e10:15", datetime(2021, 6, 29, 10, 15)),
        ("\ufeff2021-06-29\u200b", datetime(2021, 6, 29)),
        ("29/02/2020", datetime(2020, 2, 29)),
        ("31/12/2020 23:59:59", datetime(2020, 12, 31, 23, 59, 59)),
    ],
)
def test_each_known_shape_is_read(text, moment):
    assert parse_visit(text, ANY) == moment


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
        "2021-6-29",
        "amanhã",
        "44376",
        "29/06/2021 10:15:27 x",
        "29/06/2021 10:15+99:99",
        "２９/06/2021",
        "2 9/06/2021",
        "29-06-21",
        "29.06.21",
        "29/06-2021",
        "29-Jun-2021",
        "29/06/2021 10:15 PM",
        "30/06/2021 08:00 - 12:00",
        "30/06/2021 08:00-12:00",
        "30/06/2021 08:00 às 12:00",
        "08:00 - 12:00",
        "2021-06-30 08:00 - 12:00",
        "2021-06-30 13:00 - 18:00",
        "2021-06-30 13:00  -03",
        "2021-06-30 13:00- 03",
        "2021-06-30 13:00 -03 :00",
        "2021-06-30 13:00+14:01",
        "2021-06-30 13:00-15",
        "2021-06-30 13:00-3",
        "2021-06-30 13:00-03:60",
        "2021-06-30 13:00 GMT",
        "2021-06-30Z",
        "2021-06-30 -03",
        "30/06/2021 13:00Z",
        "30/06/2021 13:00 -0300",
        "30-06-2021 13:00-03:00",
        "29/06/2021" + " " * 55,
        " " * 65,
    ],
)
def test_anything_else_is_no_date(text):
    with pytest.raises(NotADate):
        parse_visit(text, ANY)


def test_day_comes_before_month_always():
    assert parse_visit("05/10/20", ANY) == datetime(2020, 10, 5)


@pytest.mark.parametrize("text", ["", "-", "  ", " - "])
def test_a_dash_or_nothing_is_a_visit_not_yet_made(text):
    assert parse_visit(text, ANY) is None


def test_a_deadline_without_a_time_lasts_until_the_end_of_its_day():
    assert parse_deadline("30/06/2021", ANY) == datetime(2021, 6, 30, 23, 59, 59)


def test_a_deadline_with_a_time_is_that_time():
    assert parse_deadline("30/06/2021 00:00", ANY) == datetime(2021, 6, 30)


def test_a_deadline_can_not_be_a_dash():
    with pytest.raises(NotADate):
        parse_deadline("-", ANY)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-06-26T10:31:14Z", datetime(2021, 6, 26, 7, 31, 14)),
        ("2021-06-26T01:00:00+00:00", datetime(2021, 6, 25, 22)),
        ("2021-06-26 10:31:14-03:00", datetime(2021, 6, 26, 10, 31, 14)),
        ("2018-12-01T12:00:00Z", datetime(2018, 12, 1, 10)),  # summer time was kept until 2019
        ("2021-06-30 15:00:00-03", datetime(2021, 6, 30, 15)),
        ("2021-06-30 15:00:00+00", datetime(2021, 6, 30, 12)),
        ("2021-06-30 15:00:00.123456+00", datetime(2021, 6, 30, 12)),
        ("2021-06-30 15:00:00 UTC", datetime(2021, 6, 30, 12)),
        ("2021-06-30 15:00:00 +0000", datetime(2021, 6, 30, 12)),
        ("2021-06-30 15:00 -0300", datetime(2021, 6, 30, 15)),
        ("2021-06-30 15:00 +02:00", datetime(2021, 6, 30, 10)),
        ("2021-06-30 15:00+14", datetime(2021, 6, 29, 22)),
        ("2021-06-30 15:00-14:00", datetime(2021, 7, 1, 2)),
    ],
)
def test_a_time_with_an_offset_is_converted_to_the_operations_zone(text, moment):
    assert parse_visit(text, ANY) == moment


def test_fractions_of_a_second_are_dropped():
    assert parse_visit("2021-06-26T10:31:14.999", ANY) == datetime(2021, 6, 26, 10, 31, 14)


@pytest.mark.parametrize(
    "text",
    [
        *("1899-12-30", "1900-01-01", "31/12/1969 21:00", "1970-01-01", "31/12/1999 23:59:59", "29/06/0021"),
        *("01/01/99", "0001-01-01T00:00:00Z", "2000-01-01T00:00:00+00:00"),
    ],
)
def test_what_is_before_the_earliest_date_is_a_placeholder(text):
    with pytest.raises(ImplausibleDate, match=r"before 2000-01-01 .*EARLIEST_DATE.* leave it empty"):
        parse_visit(text, RULES)
    with pytest.raises(ImplausibleDate, match="before 2000-01-01"):
        parse_deadline(text, RULES)


def test_the_earliest_date_itself_can_be_true():
    assert parse_visit("01/01/2000", RULES) == datetime(2000, 1, 1)
    assert parse_deadline("2000-01-01 00:00", RULES) == datetime(2000, 1, 1)


def test_a_visit_is_made_until_the_end_of_tomorrow():
    assert parse_visit("29/11/2026 23:59:59", RULES) == datetime(2026, 11, 29, 23, 59, 59)
    assert parse_visit("2026-11-30T02:59:59Z", RULES) == datetime(2026, 11, 29, 23, 59, 59)
    for text in ("30/11/2026", "2026-11-30 00:00:00", "2026-11-30T03:00:00Z", "29/06/2091", "9999-12-31 23:59:59-03"):
        with pytest.raises(ImplausibleDate, match="later than tomorrow"):
            parse_visit(text, RULES)


def test_a_deadline_is_at_most_ten_years_away():
    assert parse_deadline("28/11/2036", RULES) == datetime(2036, 11, 28, 23, 59, 59)
    for text in ("29/11/2036", "29/11/2036 00:00", "31/12/9999"):
        with pytest.raises(ImplausibleDate, match="more than 10 years from now"):
            parse_deadline(text, RULES)


def test_ten_years_from_29_february_are_until_1_march():
    rules = DateRules.of(SAO_PAULO, date(2028, 2, 29), date(2000, 1, 1))
    assert rules.last_deadline == datetime(2038, 3, 1, 23, 59, 59)


@pytest.mark.parametrize(
    "text",
    [
        *("NULL", "null", "N/A", "n/d", "#N/D", "#REF!", "\\N", "nan", "NaT", "None", "00/00/0000"),
        *("0000-00-00 00:00:00", "/ /", "  /  /    ", "__/__/____", "–", "—", "--", "em aberto", "Em Aberto"),
        *("PENDENTE", "?", "0", "00:00"),
    ],
)
def test_words_for_no_visit_are_known(text):
    assert says_not_made(text)
    with pytest.raises(NotADate):
        parse_visit(text, ANY)


@pytest.mark.parametrize("text", ["ontem", "29/06/2021", "31/02/2021", "44376", "x" * 1000])
def test_other_texts_are_no_words_for_no_visit(text):
    assert not says_not_made(text)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("29/06/2021", "day"),
        (" 29 / 6 / 21 10:15", "day"),
        ("06/29/2021", "month"),
        ("6/29/2021 10:15 PM", "month"),
        ("06-29-2021T10:15", "month"),
        ("05/06/2021", None),
        ("13/13/2021", None),
        ("06/32/2021", None),
        ("2021/06/29", None),
        ("2021-06-29", None),
        ("06/29", None),
        ("06/29/2021" + " " * 60, None),
    ],
)
def test_which_number_comes_first_is_known_if_only_one_order_fits(text, first):
    assert first_number(text) == first
