"""The guard against drift: rollups compared with a recomputation from the records, and dates that can't be true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, get_args

from src.domain.indicators import Group
from src.repositories.verify import Difference, Implausible, fetch_differences, fetch_implausible
from src.services.clock import date_rules
from src.services.snapshot import snapshot_cursor

SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Drift:
    """How many rows of the rollups differ from the records, and the first of them; none: all is well."""

    count: int
    shown: list[Difference]


def verify_rollups() -> Drift:
    """Recompute every rollup from the records, in one state of the data, and return where they differ."""
    count, shown = 0, list[Difference]()
    with snapshot_cursor() as cursor:
        for group in get_args(Group):
            found, differences = fetch_differences(cursor, group, SHOWN)
            count += found
            shown += differences
    return Drift(count, shown[:SHOWN])


@dataclass(frozen=True, slots=True)
class ImplausibleRecords:
    """How many stored records have a date that would be rejected today, and the first of them."""

    count: int
    shown: list[Implausible]


def find_implausible_records() -> ImplausibleRecords:
    """Return the stored records of before with a date that can't be true; they stay as they are."""
    with snapshot_cursor() as cursor:
        return ImplausibleRecords(*fetch_implausible(cursor, date_rules(), SHOWN))
