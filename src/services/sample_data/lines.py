"""The lines of a sample file and of its clientes, in the bytes that the files have."""

from __future__ import annotations

from unicodedata import normalize

import numpy as np

from src.services.sample_data.mess import (
    ANGEL,
    CLIENTE,
    COLUMNS,
    END,
    ID,
    LAST_SEPARATOR,
    LIMITE,
    MORE,
    POLO,
    QUIRK_ROOM,
    VISITA,
    apply_mess,
)
from src.services.sample_data.population import Population
from src.services.sample_data.rows import Batch
from src.services.sample_data.text import Draws, Ints, cliente_ids, digits, texts, written
from src.services.sample_data.words import FIRST_NAMES, LAST_NAMES

HEADER = (";".join(COLUMNS) + "\n").encode()
CLIENTES_HEADER = b"id_cliente;nome;email;telefone\n"
_DOMAINS = ("example.com", "example.com.br", "correio.example", "mail.example")
_DDD = (11, 21, 27, 31, 41, 48, 51, 61, 62, 65, 68, 71, 79, 81, 82, 83, 84, 85, 86, 91, 92, 95, 96, 98)


class LineWriter:
    """Writes the batches of one file; keeps the names of its `population` as bytes."""

    def __init__(self, population: Population) -> None:
        self._seed = population.seed
        self._angels, self._polos = texts(population.angels), texts(population.polos)
        moment = [("day", "S20"), ("minute", "S7"), ("second", "S3")]
        self._layout = np.dtype(
            [
                (ID, "S12"),
                ("separator_1", "S1"),
                (CLIENTE, "S9"),
                ("separator_2", "S1"),
                (ANGEL, f"S{self._angels.itemsize + QUIRK_ROOM}"),
                ("separator_3", "S1"),
                (POLO, f"S{self._polos.itemsize + QUIRK_ROOM}"),
                ("separator_4", "S1"),
                (LIMITE, moment),
                (LAST_SEPARATOR, "S1"),
                (VISITA, moment),
                (MORE, "S6"),
                (END, "S2"),
            ]
        )

    def lines(self, batch: Batch) -> bytes:
        """Return the lines of `batch`, each with its line feed."""
        out = np.zeros(len(batch.ids), dtype=self._layout)
        for column in ("separator_1", "separator_2", "separator_3", "separator_4", LAST_SEPARATOR):
            out[column] = b";"
        out[ID] = digits(batch.ids, 12)
        out[CLIENTE] = digits(cliente_ids(batch.cliente, self._seed), 9)
        out[ANGEL] = self._angels[batch.angel]
        out[POLO] = self._polos[batch.polo]
        batch.deadline.write(out[LIMITE])
        batch.visit.write(out[VISITA])
        out[END] = b"\n"
        apply_mess(out, batch.fault, batch.quirk)
        return written(out)


class ClienteWriter:
    """Writes clientes: an id, a name, an e-mail that nobody else has, and at 97 of 100 a telephone."""

    def __init__(self, seed: int) -> None:
        self._seed, self._draws = seed, Draws(seed, 4)
        first, last = [_plain(name) for name in FIRST_NAMES], [_plain(name) for name in LAST_NAMES]
        self._words = {
            "given": texts([f";{name}" for name in FIRST_NAMES]),
            "middle": texts([f" {name}" for name in LAST_NAMES]),
            "last": texts([f" {name};" for name in LAST_NAMES]),
            "mailbox": texts([f"{name}." for name in first]),
            "mailbox_last": texts(last),
            "domain": texts([f"@{domain};" for domain in _DOMAINS]),
            "code": texts([f"({code}) 9" for code in _DDD]),
            "line": texts([f"{number}" for number in range(1000, 10_000)]),
            "extension": texts([f"-{number:04}" for number in range(10_000)]),
        }
        width = {name: words.dtype for name, words in self._words.items()}
        self._layout = np.dtype(
            [("id", "S9")]
            + [(name, width[name]) for name in ("given", "middle", "last", "mailbox", "mailbox_last")]
            + [("number", "S9")]
            + [(name, width[name]) for name in ("domain", "code", "line", "extension")]
            + [("end", "S1")]
        )

    def lines(self, numbers: Ints) -> bytes:
        """Return the lines of the clientes with those numbers, each with its line feed."""
        count = len(numbers)
        out = np.zeros(count, dtype=self._layout)
        chosen = {name: self._draws.below(len(words), count) for name, words in self._words.items()}
        chosen["mailbox"], chosen["mailbox_last"] = chosen["given"], chosen["last"]
        for name, words in self._words.items():
            out[name] = words[chosen[name]]
        out["id"] = digits(cliente_ids(numbers, self._seed), 9)
        out["number"] = digits(numbers + 1, 9)
        unknown = self._draws.below(100, count) < 3
        for part in ("code", "line", "extension"):
            out[part][unknown] = b""
        out["end"] = b"\n"
        return written(out)


def _plain(name: str) -> str:
    """Return `name` as it stands in an e-mail address."""
    return normalize("NFD", name).encode("ascii", "ignore").decode().lower()
