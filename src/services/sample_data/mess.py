"""What is odd in a sample file: faults, which make a row bad, and quirks, which a reader must see through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from src.services.sample_data.text import Ints

COLUMNS = "id_atendimento", "id_cliente", "angel", "polo", "data_limite", "data_de_atendimento"
ID, CLIENTE, ANGEL, POLO, LIMITE, VISITA = COLUMNS
LAST_SEPARATOR, MORE, END = "last_separator", "more", "end"

# The column at fault (none where the number of fields is), the field of the line to overwrite, and its text.
FAULTS: tuple[tuple[str | None, str, bytes], ...] = (
    (ID, ID, b""),
    (ID, ID, b"abc"),
    (ID, ID, b"0"),
    (ID, ID, b"-7"),
    (ID, ID, b"12.5"),
    (CLIENTE, CLIENTE, b"x1"),
    (CLIENTE, CLIENTE, b""),
    (ANGEL, ANGEL, b""),
    (ANGEL, ANGEL, b"  "),
    (POLO, POLO, b""),
    (LIMITE, LIMITE, b""),
    (LIMITE, LIMITE, b"-"),
    (LIMITE, LIMITE, b"31/02/2021"),
    (LIMITE, LIMITE, b"06/29/2021"),
    (VISITA, VISITA, b"06/29/2021 10:15:27"),
    (VISITA, VISITA, b"29/02/2021 08:00"),
    (VISITA, VISITA, b"29/06/2021 25:10:00"),
    (VISITA, VISITA, b"ontem"),
    (None, LAST_SEPARATOR, b""),
    (None, MORE, b";sobra"),
)


def _quoted(text: bytes) -> bytes:
    return b'"' + text + b'"'


def _double_blank(text: bytes) -> bytes:
    return text.replace(b" ", b"  ", 1)


def _stray_blanks(text: bytes) -> bytes:
    return b" " + text + b" "


def _blank_line(text: bytes) -> bytes:
    return text + b"\n"


# The field of the line, and what becomes of its text.
QUIRKS: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
    (ANGEL, _quoted),
    (POLO, _quoted),
    (ANGEL, _double_blank),
    (POLO, _double_blank),
    (ANGEL, _stray_blanks),
    (POLO, _stray_blanks),
    (END, _blank_line),
)
BLANK_LINE = len(QUIRKS) - 1
QUIRK_ROOM = 2


def apply_mess(lines: NDArray[Any], fault: Ints, quirk: Ints) -> None:
    """Overwrite fields of `lines` where `fault` or `quirk` (indexes, or -1) says so."""
    for row in np.flatnonzero(fault >= 0):
        _, field, text = FAULTS[fault[row]]
        lines[field][row] = (text, b"", b"") if lines.dtype[field].names else text
    for row in np.flatnonzero(quirk >= 0):
        field, change = QUIRKS[quirk[row]]
        lines[field][row] = change(lines[field][row])
