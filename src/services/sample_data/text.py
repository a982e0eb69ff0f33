"""Building blocks of the sample generator: repeatable draws, and text as fixed-width columns of bytes.

A column holds bytes padded with NUL. Dropping the NULs of whole rows at the end makes a million lines cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.bytes_]

CLIENTE_IDS = 900_000_000
_BITS = (1 << 30) - 1


class Draws:
    """A repeatable source of whole numbers.

    It takes the raw stream of PCG64, which numpy promises to keep; the methods of `Generator` may change.
    """

    def __init__(self, *seed: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(seed))

    def below(self, limit: int | Ints, count: int) -> Ints:
        """Return `count` numbers in [0, limit); `limit` (under 2**31) may differ from row to row."""
        high = (self._bits.random_raw(count) >> np.uint64(32)).astype(np.int64)
        return (high * limit) >> 32


def digits(values: Ints, width: int) -> Texts:
    """Return the decimal text of non-negative `values`, which have at most `width` digits."""
    out = np.zeros((len(values), width), dtype=np.uint8)
    rest = values.copy()
    for column in range(width - 1, -1, -1):
        shorter = rest // 10
        visible = (rest > 0) | (column == width - 1)
        out[:, column] = np.where(visible, rest - shorter * 10 + ord("0"), 0)
        rest = shorter
    return out.view(f"S{width}").reshape(-1)


def cliente_ids(numbers: Ints, seed: int) -> Ints:
    """Return a 9-digit id for each number in [0, 900 million): different ids, in no visible order."""
    ids = _mix(numbers ^ (seed & _BITS))
    while (outside := ids >= CLIENTE_IDS).any():
        ids[outside] = _mix(ids[outside])
    return ids + 100_000_000


def _mix(values: Ints) -> Ints:
    """Map 30 bits onto 30 bits, one to one."""
    for multiplier in (0x2545F491, 0x1B873593):
        values = ((values ^ (values >> 15)) * multiplier) & _BITS
    return values ^ (values >> 15)


def texts(words: Sequence[str], room: int = 0) -> Texts:
    """Return `words` in UTF-8 as a column that has `room` bytes to spare."""
    encoded = [word.encode() for word in words]
    return np.array(encoded, dtype=f"S{max(map(len, encoded)) + room}")


def written(rows: NDArray[Any]) -> bytes:
    """Return the text of `rows`, a structured array of byte columns, without the padding."""
    return rows.tobytes().translate(None, b"\0")


def table(lines: Sequence[Sequence[str]]) -> Texts:
    """Return equally long lines of words as one array [line, word]."""
    return texts([word for line in lines for word in line]).reshape(len(lines), -1)
