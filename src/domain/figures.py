"""Numbers as people read them: rounding never hides that something was late, or that something was done."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

# A double has no more significant digits. The smallest ratio of counts, 1 in 2^53, has 16 zeros.
MAX_DECIMALS: Final = 17
# As spreadsheets and Postgres round: a half goes up, and 0.99995 is a half though its double is less.
CONTEXT: Final = Context(prec=400, rounding=ROUND_HALF_UP)


def rounded(value: float, decimals: int) -> str:
    """Return the number with so many decimals, or more until one that is not 0 or 1 does not look like it.

    For example, 0.99997 with 4 decimals is 0.99997, not 1.0000. A zero has no sign.
    """
    return f"{_told_apart(_exact(value), decimals, 1):,f}"


def percentage(ratio: float, decimals: int) -> str:
    """Return the ratio in percent: 100 % only for 1, 0 % only for 0. For example, 0.99997 is 99.997%."""
    return f"{_told_apart(100 * _exact(ratio), decimals, 100):f}%"


def decimals_of(value: float, decimals: int) -> int:
    """Return how many decimals `rounded` shows."""
    return _places(_told_apart(_exact(value), decimals, 1))


def percent_decimals_of(ratio: float, decimals: int) -> int:
    """Return how many decimals `percentage` shows."""
    return _places(_told_apart(100 * _exact(ratio), decimals, 100))


def _told_apart(value: Decimal, decimals: int, whole: int) -> Decimal:
    landmarks = (0, whole, -whole)
    shown = _round(value, decimals)
    while value not in landmarks and shown in landmarks and decimals < MAX_DECIMALS:
        decimals += 1
        shown = _round(value, decimals)
    return shown


def _exact(value: float) -> Decimal:
    return Decimal(repr(value + 0.0))  # of -0.0 it makes 0.0


def _round(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), context=CONTEXT)


def _places(shown: Decimal) -> int:
    return -int(shown.as_tuple().exponent)
