"""Numbers as people read them: rounding never hides that something was late, or that something was done."""

from __future__ import annotations

from typing import Final

# A double has no more significant digits. The smallest ratio of counts, 1 in 2^53, has 16 zeros.
MAX_DECIMALS: Final = 17


def rounded(value: float, decimals: int) -> str:
    """Return the number with so many decimals, or more until one that is not 0 or 1 does not look like it.

    For example, 0.99997 with 4 decimals is 0.99997, not 1.0000. A zero has no sign.
    """
    return _told_apart(value + 0.0, decimals, ",.{}f", 1)


def percentage(ratio: float, decimals: int) -> str:
    """Return the ratio in percent: 100 % only for 1, 0 % only for 0. For example, 0.99997 is 99.997%."""
    return _told_apart(ratio + 0.0, decimals, ".{}%", 100)


def decimals_of(value: float, decimals: int) -> int:
    """Return how many decimals `rounded` shows."""
    return len(rounded(value, decimals).partition(".")[2])


def _told_apart(value: float, decimals: int, form: str, whole: int) -> str:
    text = format(value, form.format(decimals))
    while decimals < MAX_DECIMALS and value not in (0, 1, -1) and _number(text) in (0, whole, -whole):
        decimals += 1
        text = format(value, form.format(decimals))
    return text


def _number(text: str) -> float:
    return float(text.rstrip("%").replace(",", ""))
