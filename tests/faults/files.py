"""Files of atendimentos, the same for the same arguments."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

HEADER = "id_atendimento;id_cliente;angel;polo;data_limite;data_de_atendimento\n"
ANGELS, POLOS = 40, 9


def file_of(ids: Iterable[int], seed: int = 0) -> bytes:
    """Return a file with one row for each id; another seed gives each of them another visit, angel and polo."""
    draw = random.Random(seed)
    return (HEADER + "".join(map(_row(draw), ids))).encode()


def _row(draw: random.Random) -> Callable[[int], str]:
    def row(number: int) -> str:
        limite, visit = draw.randint(1, 28), draw.randint(1, 28)
        month = draw.randint(1, 12)
        visited = f"{visit:02}/{month:02}/2021 {draw.randint(0, 23):02}:10:05" if draw.random() < 0.95 else "-"
        names = f"Angel {draw.randrange(ANGELS)};SP - {draw.randrange(POLOS)}"
        return f"{number};{number % 5000 + 1};{names};{limite:02}/{month:02}/2021;{visited}\n"

    return row
