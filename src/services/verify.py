"""The guard against drift: rollups compared with a recomputation from the records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, get_args

from src.domain.indicators import Group
from src.repositories.verify import Difference, fetch_differences
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
