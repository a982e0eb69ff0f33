"""Which dates a request may give: only those that can be true, whatever is stored from before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from src.config import Settings
from tests.integration.indicators.records import open_records
from tests.integration.records.conftest import RECORD, Api

TODAY = datetime.now(ZoneInfo("America/Sao_Paulo")).date()
TOMORROW, AFTER = TODAY + timedelta(days=1), TODAY + timedelta(days=2)
IMPLAUSIBLE = [
    ("data_de_atendimento", "1900-01-01", "before 2000-01-01"),
    ("data_de_atendimento", "31/12/1969 21:00", "before 2000-01-01"),
    ("data_de_atendimento", "1970-01-01T00:00:00Z", "before 2000-01-01"),
    ("data_de_atendimento", f"{AFTER}T00:00:00", "later than tomorrow"),
    ("data_de_atendimento", "2091-06-29", "later than tomorrow"),
    ("data_limite", "1899-12-30", "before 2000-01-01"),
    ("data_limite", "2091-06-30", "more than 10 years from now"),
    ("data_limite", "9999-12-31", "more than 10 years from now"),
]
NO_DATE = ["30/06/2021 08:00 - 12:00", "2021-06-30 13:00 - 18:00", "06/29/2021", "x" * 64]


def refused(response: Any, name: str, sentence: str) -> bool:
    found = response.get_json()
    return response.status_code == 422 and sentence in " ".join(found["errors"][name])


@pytest.mark.parametrize(("name", "text", "sentence"), IMPLAUSIBLE)
def test_a_date_that_can_not_be_true_is_rejected_at_every_door(api: Api, name: str, text: str, sentence: str) -> None:
    record = api.create()
    wrong = {**RECORD, name: text}
    assert refused(api("POST", "atendimento", wrong), name, sentence)
    assert refused(api("PUT", f"atendimento/{record['id']}", wrong), name, sentence)
    assert refused(api("PATCH", f"atendimento/{record['id']}", {name: text}), name, sentence)
    assert refused(
        api("PUT", f"atendimento/{record['id']}", {"data_limite": RECORD["data_limite"], name: text}), name, sentence
    )
    bulk = api("POST", "atendimento/bulk", {"data": [RECORD, wrong]})
    assert refused(bulk, f"data.1.{name}", sentence)
    assert api("POST", "/v1/services", wrong).status_code == 422
    assert api.get("atendimento/total") == {"total": 1}
    assert api.get(f"atendimento/{record['id']}") == record


@pytest.mark.parametrize("text", NO_DATE)
def test_a_window_of_time_is_no_date(api: Api, text: str) -> None:
    assert refused(api("POST", "atendimento", {**RECORD, "data_de_atendimento": text}), "data_de_atendimento", "Give a")
    assert refused(api("POST", "atendimento", {**RECORD, "data_limite": text}), "data_limite", "Give a")


@pytest.mark.parametrize("text", ["NULL", "00/00/0000", "em aberto", "#N/D", "–"])
def test_a_word_for_no_visit_is_rejected_with_what_to_do(api: Api, text: str) -> None:
    wrong = {**RECORD, "data_de_atendimento": text}
    assert refused(api("POST", "atendimento", wrong), "data_de_atendimento", "leave it empty or write `-`")


@pytest.mark.parametrize("name", ["angel", "polo"])
@pytest.mark.parametrize("word", ["#N/D", "NULL", "\\N", "-", "N/A", "#REF!"])
def test_a_word_for_nothing_is_no_name_in_a_request(api: Api, name: str, word: str) -> None:
    assert refused(api("POST", "atendimento", {**RECORD, name: word}), name, "is no name")
    assert refused(api("POST", f"{name}s", {"nome": word}), "nome", "is no name")
    # One that is stored from before can still be asked for.
    assert api.ids(**{name: word}) == []


def test_what_lies_at_the_bounds_is_taken(api: Api) -> None:
    last = TODAY.replace(year=TODAY.year + 10) if (TODAY.month, TODAY.day) != (2, 29) else TODAY
    for fields in (
        {"data_de_atendimento": f"{TOMORROW}T23:59:59"},
        {"data_de_atendimento": "2000-01-01"},
        {"data_limite": "2000-01-01", "data_de_atendimento": None},
        {"data_limite": str(last)},
    ):
        api.create(**fields)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2021-06-30 15:00:00-03", "2021-06-30T15:00:00"),
        ("2021-06-30 15:00:00+00", "2021-06-30T12:00:00"),
        ("2021-06-30 15:00:00 UTC", "2021-06-30T12:00:00"),
        ("2021-06-30 15:00:00 +0000", "2021-06-30T12:00:00"),
        ("29.06.2021 10:15", "2021-06-29T10:15:00"),
        ("2021/06/29", "2021-06-29T00:00:00"),
        ("\u200e29-06-2021", "2021-06-29T00:00:00"),
    ],
)
def test_every_spelling_of_a_file_is_understood(api: Api, text: str, stored: str) -> None:
    assert api.create(data_de_atendimento=text)["data_de_atendimento"] == stored


def test_a_record_of_before_is_changed_in_its_other_fields(api: Api, settings: Settings) -> None:
    with open_records(settings) as records:
        number = records.add("1900-01-01 10:00:00", deadline="1999-12-31 23:59:59")
    changed = api("PATCH", f"atendimento/{number}", {"angel": "Bia"})
    assert (changed.status_code, changed.get_json()["angel"]) == (200, "Bia")
    assert changed.get_json()["data_de_atendimento"] == "1900-01-01T10:00:00"
    assert api.ids(data_de_atendimento="1900-01-01") == [number]
    assert api("PATCH", f"atendimento/{number}", {"data_de_atendimento": "2021-06-29"}).status_code == 200


def test_the_earliest_date_is_a_setting(api: Api, app_with: Any, app: Flask) -> None:
    app_with(earliest_date=datetime(2021, 6, 29).date())
    assert api.create()["data_de_atendimento"] == "2021-06-29T12:57:19"
    wrong = {**RECORD, "data_de_atendimento": "2021-06-28T23:59:59"}
    assert refused(api("POST", "atendimento", wrong), "data_de_atendimento", "before 2021-06-29")


def test_a_key_may_expire_whenever_its_owner_likes(api: Api) -> None:
    made = api("POST", "api-keys", {"name": "long", "expires_at": "2099-12-31"})
    assert (made.status_code, made.get_json()["expires_at"]) == (201, "2099-12-31T23:59:59")
