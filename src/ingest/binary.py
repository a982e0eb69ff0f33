"""Rows of integers as the binary format of COPY, built by whole columns."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER: Final = b"\xff\xff"
NULL: Final = None

Column = npt.NDArray[Any] | int | bytes | None


def copy_rows(types: str, *columns: Column) -> memoryview:
    """Return rows for COPY, without header and trailer.

    `types` has a letter for each column: `q` int8 (and timestamps, in microseconds), `i` int4 (and dates, in days), `s`
    text. A column is an array, one value for all rows, or NULL for all rows; text is one value of bytes.
    """
    rows = next(len(column) for column in columns if isinstance(column, np.ndarray))
    fields: list[tuple[str, str]] = [("count", ">i2")]
    for place, (letter, column) in enumerate(zip(types, columns, strict=True)):
        fields.append((f"length{place}", ">i4"))
        if column is not NULL:
            width = f"S{len(column)}" if isinstance(column, bytes) else {"q": ">i8", "i": ">i4"}[letter]
            fields.append((f"value{place}", width))
    table = np.empty(rows, np.dtype(fields))
    table["count"] = len(columns)
    for place, column in enumerate(columns):
        if column is NULL:
            table[f"length{place}"] = -1
        else:
            table[f"length{place}"] = table.dtype[f"value{place}"].itemsize
            table[f"value{place}"] = column
    return table.view(np.uint8).data
