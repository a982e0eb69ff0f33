from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.domain.figures import decimals_of, percentage, rounded


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.0, "0.0000"),
        (-0.0, "0.0000"),
        (1.0, "1.0000"),
        (-1.0, "-1.0000"),
        (2 / 3, "0.6667"),
        (0.99994, "0.9999"),
        (0.99995, "0.99995"),
        (0.99999, "0.99999"),
        (0.999996, "0.999996"),
        (1.00001, "1.00001"),
        (0.00004, "0.00004"),
        (0.00006, "0.0001"),
        (-0.00001, "-0.00001"),
        (1234.5, "1,234.5000"),
        (1 - 2**-40, "0.999999999999"),
    ],
)
def test_rounding_shows_0_and_1_only_for_0_and_1(value: float, told: str) -> None:
    assert rounded(value, 4) == told
    assert decimals_of(value, 4) == len(told.partition(".")[2])


@pytest.mark.parametrize(
    ("ratio", "told"),
    [(0.0, "0.00%"), (1.0, "100.00%"), (0.5, "50.00%"), (0.99997, "99.997%"), (0.00002, "0.002%"), (2 / 3, "66.67%")],
)
def test_100_percent_is_all_and_0_percent_is_nothing(ratio: float, told: str) -> None:
    assert percentage(ratio, 2) == told


@given(st.integers(1, 2**53).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_any_ratio_of_counts_is_told_apart_from_all_and_from_nothing(counts: tuple[int, int]) -> None:
    part, total = counts
    for text, whole in ((rounded(part / total, 4), 1.0), (percentage(part / total, 2).rstrip("%"), 100.0)):
        assert (float(text) == 0) == (part == 0)
        if float(text) == whole:
            assert part / total == 1
