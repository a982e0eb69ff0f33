"""No text that a door lets in makes a pattern, or a rule that reads a field, take more than linear time.

Each gets its largest input in the shapes that make a careless pattern quadratic, which then takes minutes. The limit is
generous, for a machine that is busy.
"""

from __future__ import annotations

import ast
import heapq
import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from marshmallow import Schema, ValidationError, fields

import src
from src.app import MAX_BODY_BYTES
from src.domain import dates, rows, spreadsheet, texts
from src.domain.dates import DateRules, ImplausibleDate, NotADate
from src.domain.rows import InvalidRow
from src.ingest.source import MAX_LINE_BYTES

MAX_SECONDS = 2.0
# A line of a file, and more than any address or header of a request.
LONGEST = MAX_LINE_BYTES
SHORT = 400
UNITS = (
    *(" ", "0", "a", ":", ";", "/", "-", ".", "_", "@", "'", '"', "=", "\r", "<", "\u00a0"),
    *("a.", "a:", "0/", "/ ", "a@", ".a", '";', "eyJa"),
)
STARTS = ("", "1", "x://", "eyJaaaaaaaa.a", "a@")
ENDS = ("", "!")
RULES = DateRules.of(ZoneInfo("America/Sao_Paulo"), date(2026, 11, 28), date(2000, 1, 1))
# What they read is the program's own, or the operator's: nobody sends it.
# What hides secrets in the log is timed with the lines of one: tests/unit/test_linear_patterns.py.
OWN = (
    "src.logs",
    "src.repositories.sql",
    "src.services.sample_data",
    "src.config",
    "src.cli",
    "src.embedded",
    "src.api.insomnia",
)


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(src.__path__, "src."):
        if not found.name.startswith((*OWN, "src.gunicorn_conf")):
            yield importlib.import_module(found.name)


def source_of(module: Any) -> str:
    return Path(str(module.__file__)).read_text(encoding="utf-8")


def uses() -> dict[str, Callable[[str], Any]]:
    """Return what the program does with its patterns of text: those of the modules, and those written on the spot.

    Only a pattern that the program searches for is searched for here: elsewhere it need not be linear.
    """
    found: dict[str, Callable[[str], Any]] = {}
    everything = "".join(map(source_of, modules()))
    for module in modules():
        for name, value in vars(module).items():
            for number, each in enumerate(value if isinstance(value, tuple) else (value,)):
                if isinstance(each, re.Pattern) and isinstance(each.pattern, str):
                    searched = re.search(rf"\b{name}\.(search|sub|split|find)", everything)
                    found[f"{module.__name__}.{name}.{number}"] = each.search if searched else each.fullmatch
        for node in ast.walk(ast.parse(source_of(module))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("re.sub", "re.fullmatch", "re.search"):
                given = node.args[0]
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    pattern = re.compile(given.value)
                    anchored = ast.unparse(node.func) == "re.fullmatch"
                    found[f"{module.__name__}:{node.lineno}"] = pattern.fullmatch if anchored else pattern.search
    return found


USES = uses()


def shapes(size: int) -> Iterator[tuple[str, str, str]]:
    return ((start, unit * (size // len(unit)), end) for start, unit, end in product(STARTS, UNITS, ENDS))


def seconds(read: Callable[[str], Any], text: str) -> float:
    start = time.process_time()
    read(text)
    return time.process_time() - start


def assert_linear(read: Callable[[str], Any], start: str, middle: str, end: str) -> None:
    """Read the text in growing sizes, so that a fault shows before it takes minutes."""
    for size in (LONGEST // 16, LONGEST // 4, LONGEST):
        text = start + middle * (size // len(middle)) + end
        assert seconds(read, text) < MAX_SECONDS * size / LONGEST, (start, middle[:4], end, size)


def test_the_patterns_are_found() -> None:
    assert {"src.domain.rows._EMAIL.0", "src.domain.dates._SHAPES.0", "src.api.request_id.SANE.0"} <= USES.keys()
    assert len(USES) > 15


@pytest.mark.parametrize("name", USES)
def test_a_pattern_takes_linear_time(name: str) -> None:
    use = USES[name]
    for shape in heapq.nlargest(3, shapes(SHORT), key=lambda shape: seconds(use, "".join(shape))):
        assert_linear(use, *shape)


def refuses(read: Callable[[str], Any], text: str) -> None:
    try:
        read(text)
    except (InvalidRow, NotADate, ImplausibleDate, ValidationError):
        return


GOOD = ("1868", "528921976", "Ana", "BA - ILHEUS", "30/06/2021", "29/06/2021 12:57:19", "done")


def _row_with(place: int, text: str) -> None:
    rows.atendimento_row([*GOOD[:place], text, *GOOD[place + 1 :]], RULES)


READERS: dict[str, Callable[[str], Any]] = {
    **{f"column {place}": partial(_row_with, place) for place in range(len(GOOD))},
    **{f"cliente {name}": partial(rows.cliente_value, name) for name in ("nome", "email", "telefone")},
    "first_number": dates.first_number,
    "says_not_made": dates.says_not_made,
    "says_nothing": texts.says_nothing,
    "visible": texts.visible,
    "harmless": spreadsheet.harmless,
    "original": spreadsheet.original,
}


@pytest.mark.parametrize("name", READERS)
def test_a_rule_reads_the_longest_field_in_linear_time(name: str) -> None:
    for unit in (*UNITS, "\u200b", "1 ", "29/06/2021 "):
        assert_linear(partial(refuses, READERS[name]), "1", unit, "1")


def text_fields() -> dict[str, Any]:
    """Return the fields of all schemas of requests that take text."""
    found = {}
    for module in modules():
        for schema in vars(module).values():
            if inspect.isclass(schema) and issubclass(schema, Schema) and schema.__module__ == module.__name__:
                for name, field in schema().fields.items():
                    if isinstance(field, fields.String | fields.Date):
                        found[f"{schema.__name__}.{name}"] = field
    return found


def test_a_field_of_a_request_is_read_in_linear_time(app: Flask) -> None:
    with app.app_context():
        for name, field in text_fields().items():
            for unit in (" ", "a.", "a@", "/ ", "="):
                text = f"1{unit * (MAX_BODY_BYTES // len(unit))}1"
                assert seconds(partial(refuses, field.deserialize), text) < MAX_SECONDS, (name, unit)
