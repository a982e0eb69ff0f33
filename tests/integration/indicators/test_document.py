"""docs/indicators.md is true: its file is imported, its questions are asked, its answers compared."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from src.services.run_import import run_import
from tests.integration.indicators.conftest import Get
from tests.integration.indicators.records import Records

TEXT = (Path(__file__).parents[3] / "docs" / "indicators.md").read_text(encoding="utf-8")
(FILE,) = re.findall(r"```csv\n(.*?)```", TEXT, re.DOTALL)
QUESTIONS = re.findall(r"```http\nGET (\S+)\n```\n\n```json\n(.*?)```", TEXT, re.DOTALL)
MARGINS = re.findall(r"^\| (\d) \| (\S+) \| (\S+) \| (yes|no)\b.* \| (-?\d+) \|$", TEXT, re.MULTILINE)
(COUNTS,) = re.findall(r'```json\n(\{"read".*?)\n```', TEXT)


@pytest.fixture
def imported(app: Flask, client: FlaskClient, auth_headers: dict[str, str], records: Records) -> dict[str, Any]:
    """Import the document's file, cancel atendimento 9, and return what became of the rows."""
    headers = {**auth_headers, "Content-Type": "text/csv"}
    sent = client.post("/api/v1/imports", data=FILE.encode(), headers=headers).get_json()
    with app.app_context():
        run_import(sent["id"])
    records.execute("update atendimento set status = 'cancelled' where id = 9")
    done = client.get(sent["links"]["self"], headers=headers).get_json()
    assert (done["status"], done["error"]) == ("completed", None)
    rows: dict[str, Any] = done["rows"]
    return rows


def test_every_answer_is_what_the_document_says(imported: dict[str, Any], get: Get) -> None:
    assert len(QUESTIONS) == 9
    for question, answer in QUESTIONS:
        assert get(question).get_json() == json.loads(answer), question


def test_every_row_of_the_file_became_what_the_document_says(imported: dict[str, Any]) -> None:
    assert imported == json.loads(COUNTS)


@pytest.mark.usefixtures("imported")
def test_every_record_is_as_punctual_as_the_document_says(records: Records) -> None:
    stored = {
        id: (deadline, visit)
        for id, deadline, visit in records.execute(
            "select id, data_limite, data_de_atendimento from atendimento where status = 'done'"
        )
    }
    told = {int(id): tuple(map(datetime.fromisoformat, moments)) for id, *moments, _, _ in MARGINS}
    assert stored == told
    for id, _, _, on_time, margin in MARGINS:
        deadline, visit = stored[int(id)]
        assert int((deadline - visit).total_seconds()) == int(margin)
        assert (visit <= deadline) == (on_time == "yes")
