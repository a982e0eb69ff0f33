"""Reading a whole file in memory, for the tests of the reader."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from src.domain.dates import DateRules
from src.domain.status import STATUSES
from src.ingest.atendimentos import AtendimentoReader
from src.ingest.columns import EPOCH
from src.ingest.encoding import find_encoding
from src.ingest.layout import read_layout
from src.ingest.nomes import Nomes
from src.ingest.source import read_blocks

ZONE = ZoneInfo("America/Sao_Paulo")
RULES = DateRules.of(ZONE, datetime.now(ZONE).date(), date(2000, 1, 1))
HEADER = "id_atendimento;id_cliente;angel;polo;data_limite;data_de_atendimento\n"
GOOD = "1868;528921976;Gabriel Pereira Bandoli;BA - FEIRA DE SANTANA;30/06/2021;29/06/2021 12:57:19\n"


@dataclass
class Reading:
    """(line, id, cliente, angel, polo, deadline, visit) of the valid rows, the refused ones, and the statuses said."""

    rows: list[tuple]
    rejections: list
    statuses: list


def read(data: bytes | str, block_bytes: int = 4096, encoding: str | None = None) -> Reading:
    """Read the file with the encoding that it has, or with the one that its sender named."""
    data = data.encode() if isinstance(data, str) else data
    encoding = encoding or find_encoding(io.BytesIO(data), 2**40)

    def blocks():
        return read_blocks(io.BytesIO(data), encoding=encoding, max_expanded_bytes=2**40, block_bytes=block_bytes)

    layout = read_layout(next(blocks()).data, "atendimentos")
    reader = AtendimentoReader(layout, RULES, Nomes("angel"), Nomes("polo"))
    result = Reading([], [], [])
    for batch in reader.batches(blocks()):
        angels = {number: nome for nome, number in reader.angels.numbers.items()}
        polos = {number: nome for nome, number in reader.polos.numbers.items()}
        for line, id_, cliente, limite, visit, angel, polo, has_visit, status in batch.rows.tolist():
            deadline = EPOCH + timedelta(seconds=limite)
            visited = EPOCH + timedelta(seconds=visit) if has_visit else None
            result.statuses.append(STATUSES[status] if status >= 0 else None)
            result.rows.append((line, id_, cliente, angels[angel], polos[polo], deadline, visited))
        result.rejections += batch.rejections
    return result
