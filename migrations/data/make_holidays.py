"""Writes holidays_v1.csv beside this file: the public holidays of Brazil and of its states, 2015 to 2035.

    python migrations/data/make_holidays.py

Run it to compare the file with a newer `holidays`, never to change it: migration 0004 loads it, and what a
database holds from then on is edited as data. A correction for everyone is a `_v2` with its own migration.
`BR` has the national holidays, `BR-UF` only what the state adds; Minas Gerais and Paraná add nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import holidays
from dateutil.easter import easter

YEARS = range(2015, 2036)
STATES = (
    "AC",
    "AL",
    "AM",
    "AP",
    "BA",
    "CE",
    "DF",
    "ES",
    "GO",
    "MA",
    "MG",
    "MS",
    "MT",
    "PA",
    "PB",
    "PE",
    "PI",
)
STATES += ("PR", "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO")
FIXED = ((1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25))
CONSCIENCIA_NEGRA, NATIONAL_SINCE = (11, 20), 2024
OUT = Path(__file__).with_name("holidays_v1.csv")


def public_holidays(state: str | None = None) -> dict[date, str]:
    """Return the public holidays that the library knows, without the optional days (ponto facultativo)."""
    found = holidays.Brazil(subdiv=state, years=YEARS, categories=("public",), language="pt_BR")
    return dict(sorted(found.items()))


def national_days(year: int) -> set[date]:
    """Return the national holidays of `year` as the rules of this service list them."""
    days = {date(year, month, day) for month, day in FIXED} | {easter(year) - timedelta(days=2)}
    return days | ({date(year, *CONSCIENCIA_NEGRA)} if year >= NATIONAL_SINCE else set())


def rows() -> Iterator[tuple[str, date, str]]:
    """Yield (calendar, date, name) in order; exit where the library's national holidays are not ours."""
    national = public_holidays()
    expected = set().union(*map(national_days, YEARS))
    if set(national) != expected:
        raise SystemExit(f"The library and the rules differ on {sorted(set(national) ^ expected)}.")
    yield from (("BR", day, name) for day, name in national.items())
    for state in STATES:
        added = public_holidays(state).items()
        yield from ((f"BR-{state}", day, name) for day, name in added if day not in national)


def main() -> None:
    with OUT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("calendar", "date", "name"))
        writer.writerows(rows())


if __name__ == "__main__":
    main()
