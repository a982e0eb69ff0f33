from __future__ import annotations

import pytest

from src.services.insert_records import rebuilding_pays


@pytest.mark.parametrize(
    ("stored", "new", "pays"),
    [
        (5, 1_048_575, True),
        (100_000, 1_048_575, True),
        (1_048_575, 1_048_575, True),
        (1_048_575, 600_000, True),
        (1_048_575, 300_000, False),
        (1_048_575, 100_000, False),
        (1_048_575, 5_000, False),
        (0, 5_000, False),
        (10_000_000, 10_000_000, False),  # readers would wait for half a minute
        (10, 10_000_000, False),
    ],
)
def test_the_indexes_are_built_again_where_much_comes_to_little_but_not_for_too_long(stored, new, pays):
    assert rebuilding_pays(stored, new) is pays
