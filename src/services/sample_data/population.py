"""Who a sample file is about: its angels, their home polos, and how many clientes it is likely to have."""

from __future__ import annotations

from math import isqrt

from src.services.sample_data.text import Draws
from src.services.sample_data.words import CITIES, FIRST_NAMES, LAST_NAMES

# The challenge file's size, and what it has about or exactly.
FULL_SIZE, FULL_ANGELS, FULL_POLOS, FULL_CLIENTES = 1_048_575, 2_400, 320, 573_670


class Population:
    """The angels and polos of a file of `rows` rows; a smaller file has fewer, a larger one no more."""

    def __init__(self, rows: int, seed: int) -> None:
        draws = Draws(seed, 1)
        self.seed = seed
        self.polos = _polos(max(3, _share(FULL_POLOS, rows)))
        self.angels = _angels(max(5, _share(FULL_ANGELS, rows)), draws)
        self.home = draws.below(len(self.polos), len(self.angels))
        self.clientes = max(1, rows * FULL_CLIENTES // FULL_SIZE)


def _share(full: int, rows: int) -> int:
    """Return `full` times the square root of the file's share of the full size."""
    return isqrt(full * full * min(rows, FULL_SIZE) // FULL_SIZE)


def _polos(count: int) -> list[str]:
    """Return `count` polos, spread over the states, in the order of their names."""
    ranked = [(rank, f"{uf} - {city}") for uf, cities in CITIES.items() for rank, city in enumerate(cities)]
    return sorted(name for _, name in sorted(ranked)[:count])


def _angels(count: int, draws: Draws) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found.update(dict.fromkeys(_full_names(count, draws)))
    return list(found)[:count]


def _full_names(count: int, draws: Draws) -> list[str]:
    """Return names of a first name and two different surnames."""
    first = draws.below(len(FIRST_NAMES), count)
    middle = draws.below(len(LAST_NAMES), count)
    last = (middle + 1 + draws.below(len(LAST_NAMES) - 1, count)) % len(LAST_NAMES)
    parts = zip(first.tolist(), middle.tolist(), last.tolist(), strict=True)
    return [f"{FIRST_NAMES[a]} {LAST_NAMES[b]} {LAST_NAMES[c]}" for a, b, c in parts]
