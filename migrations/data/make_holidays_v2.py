"""Writes holidays_v2.csv beside this file: holidays_v1.csv as the states' laws have it, national days 2000 to 2050.

    python migrations/data/make_holidays_v2.py

The library that v1 was written with knows most rules and few exceptions. CORRECTIONS has what the laws say otherwise;
docs/decisions/0013-calendars.md lists them with their sources. Migration 0011 loads the difference between the two
files, so neither is changed any more: a further correction for everyone is a `_v3` with its own migration.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from dateutil.easter import easter

V1, V2 = (Path(__file__).with_name(f"holidays_v{version}.csv") for version in (1, 2))
NATIONAL_YEARS = range(2000, 2051)
STATE_YEARS = range(2015, 2036)
LAST = STATE_YEARS[-1]
FIXED = {
    (1, 1): "Confraternização Universal",
    (4, 21): "Tiradentes",
    (5, 1): "Dia do Trabalhador",
    (9, 7): "Independência do Brasil",
    (10, 12): "Nossa Senhora Aparecida",
    (11, 2): "Finados",
    (11, 15): "Proclamação da República",
    (12, 25): "Natal",
}
GOOD_FRIDAY = "Sexta-feira Santa"
CONSCIENCIA_NEGRA, NATIONAL_SINCE = (11, 20), 2024
CONSCIENCIA_NEGRA_NAME = "Dia Nacional de Zumbi e da Consciência Negra"
TUESDAY, THURSDAY, FRIDAY, SATURDAY = 1, 3, 4, 5


class Day(NamedTuple):
    """A row of the file."""

    calendar: str
    date: date
    name: str


class Correction(NamedTuple):
    """What v1 has too much in a state's calendar, and what it lacks."""

    uf: str
    removed: Iterable[date] = ()
    added: Iterable[tuple[date, str]] = ()


def yearly(month: int, day: int, first: int = STATE_YEARS[0], last: int = LAST) -> list[date]:
    """Return that day of each year from `first` to `last`."""
    return [date(year, month, day) for year in range(first, last + 1)]


def corpus_christi(first: int) -> list[tuple[date, str]]:
    """Return Corpus Christi of each year from `first` on, where a state has made it a holiday."""
    return [(easter(year) + timedelta(days=60), "Corpus Christi") for year in range(first, LAST + 1)]


def catolico(year: int) -> date:
    """Return Acre's Dia do Católico: from Tuesday to Thursday it moves to the Friday, or to the day before where that
    Friday is the Dia do Evangélico (23 January)."""
    day = date(year, 1, 20)
    if not TUESDAY <= day.weekday() <= THURSDAY:
        return day
    friday = day + timedelta(days=FRIDAY - day.weekday())
    return friday - timedelta(days=1) if friday.day == 23 else friday


def evangelico(year: int) -> date:
    """Return Alagoas's Dia do Evangélico: a Tuesday moves to the Monday, a Thursday to the Friday."""
    day = date(year, 11, 30)
    return day + timedelta(days={TUESDAY: -1, THURSDAY: 1}.get(day.weekday(), 0))


MOVED_BY_ALAGOAS = [year for year in STATE_YEARS if evangelico(year) != date(year, 11, 30)]
PANDEMIC = "Feriado excepcional (Covid-19)"
CORRECTIONS = (
    Correction(
        "AC",
        added=[
            *((catolico(year), "Dia do Católico") for year in range(2017, LAST + 1)),
            (date(2026, 11, 17), "Assinatura do Tratado de Petrópolis"),
        ],
    ),
    Correction(
        "AL",
        [date(year, 11, 30) for year in MOVED_BY_ALAGOAS],
        [(evangelico(year), "Dia do Evangélico") for year in MOVED_BY_ALAGOAS],
    ),
    Correction("AP", yearly(7, 25, 2019), [(day, "Dia de Cabralzinho") for day in yearly(5, 15, 2018)]),
    Correction(
        "BA",
        [date(2020, 7, 2)],
        [(date(2020, 5, 25), "São João"), (date(2020, 5, 26), "Independência da Bahia")],
    ),
    Correction("CE", [*yearly(3, 19), *yearly(8, 15)]),
    Correction(
        "MA",
        [date(2020, 7, 28), date(2021, 7, 28)],
        [
            (date(2020, 5, 15), "Adesão do Maranhão à independência do Brasil"),
            (date(2021, 3, 26), "Adesão do Maranhão à independência do Brasil"),
            *corpus_christi(2024),
        ],
    ),
    Correction(
        "PB",
        [date(2021, 8, 5)],
        [
            (date(2015, 7, 26), "Morte de João Pessoa"),
            (date(2021, 3, 29), PANDEMIC),
            (date(2021, 3, 30), "Tiradentes"),
            (date(2021, 3, 31), "Corpus Christi"),
            (date(2021, 4, 1), "Fundação do Estado"),
        ],
    ),
    Correction(
        "PI",
        [date(2020, 10, 19), date(2021, 10, 19)],
        [(date(2020, 5, 15), "Dia do Piauí"), (date(2021, 3, 18), "Dia do Piauí")],
    ),
    Correction(
        "RJ",
        [date(2021, 4, 23)],
        [
            *((date(2021, month, day), PANDEMIC) for month, day in ((3, 26), (3, 31), (4, 1))),
            (date(2021, 3, 29), "Tiradentes"),
            (date(2021, 3, 30), "São Jorge"),
            *corpus_christi(2026),
        ],
    ),
    Correction("RN", yearly(8, 7)),
    Correction("RO", yearly(6, 18, 2020)),
    Correction("SE", [date(2020, 7, 8)], [(date(2020, 5, 22), "Emancipação política de Sergipe")]),
    Correction(
        "SP",
        [date(2020, 7, 9)],
        [(date(2020, 5, 25), "Revolução Constitucionalista"), (date(2023, 11, 20), "Consciência Negra")],
    ),
    Correction("TO", yearly(3, 18)),
)


def national_days() -> Iterator[Day]:
    """Yield the national holidays as the rules of this service list them."""
    for year in NATIONAL_YEARS:
        named = {date(year, *day): name for day, name in FIXED.items()}
        named[easter(year) - timedelta(days=2)] = GOOD_FRIDAY
        if year >= NATIONAL_SINCE:
            named[date(year, *CONSCIENCIA_NEGRA)] = CONSCIENCIA_NEGRA_NAME
        yield from (Day("BR", day, name) for day, name in named.items())


def state_days() -> dict[tuple[str, date], Day]:
    """Return the states' own days of v1, corrected; exit where a correction corrects nothing."""
    days = {row[:2]: row for row in read(V1) if row.calendar != "BR"}
    for uf, removed, added in CORRECTIONS:
        for day in removed:
            del days[f"BR-{uf}", day]
        for day, name in added:
            if days.setdefault((f"BR-{uf}", day), new := Day(f"BR-{uf}", day, name)) is not new:
                raise SystemExit(f"{uf} has {day} already.")
    return days


def read(path: Path) -> list[Day]:
    """Return the rows of a file of holidays."""
    with path.open(encoding="utf-8", newline="") as file:
        return [Day(row["calendar"], date.fromisoformat(row["date"]), row["name"]) for row in csv.DictReader(file)]


def rows() -> list[Day]:
    """Return the rows of v2 in order. A state does not repeat a national day."""
    national = list(national_days())
    off = {day.date for day in national}
    return sorted([*national, *(day for day in state_days().values() if day.date not in off)])


def main() -> None:
    with V2.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("calendar", "date", "name"))
        writer.writerows(rows())


if __name__ == "__main__":
    main()
