"""The header of a file: which delimiter it uses and where each column that is wanted stands."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from src.domain.rows import ATENDIMENTO_COLUMNS, CLIENTE_COLUMNS, STATUS_COLUMN
from src.domain.spreadsheet import is_harmless
from src.ingest.source import HEAD_BYTES, InvalidFile

DELIMITERS: Final = (";", ",", "\t", "|")
COLUMNS: Final = {"atendimentos": ATENDIMENTO_COLUMNS, "clientes": CLIENTE_COLUMNS}
# Wanted if the file has them, behind the others.
OPTIONAL: Final[dict[str, tuple[str, ...]]] = {"atendimentos": (STATUS_COLUMN,), "clientes": ()}

_NOT_WORD = re.compile(r"[^a-z0-9]+")
# Other people's exports say the same in other words.
_SYNONYMS: Final = {
    "id": {"atendimentos": "id_atendimento", "clientes": "id_cliente"},
    "atendimento": {"atendimentos": "id_atendimento"},
    "cliente": {"atendimentos": "id_cliente"},
    "green_angel": {"atendimentos": "angel"},
    "data_atendimento": {"atendimentos": "data_de_atendimento"},
    "e_mail": {"clientes": "email"},
    "fone": {"clientes": "telefone"},
}


@dataclass(frozen=True, slots=True)
class Layout:
    """`positions[i]` is where the i-th wanted column stands among `width` fields; `lines` come before the first row.

    Optional columns that the file has stand behind the others that are wanted.

    `harmless`: the file is one that we wrote, with apostrophes before what a spreadsheet would run.
    """

    delimiter: str
    header: tuple[str, ...]
    positions: tuple[int, ...]
    lines: int
    harmless: bool = False

    @property
    def width(self) -> int:
        return len(self.header)


def read_layout(data: bytes, kind: str) -> Layout:
    """Return the layout that the first lines of a file of `kind` give. Raises InvalidFile naming what is missing."""
    lines = data[:HEAD_BYTES].decode("utf-8", "replace").split("\n")
    before = next((n for n, line in enumerate(lines) if line.strip() and not _is_separator_line(line)), None)
    if before is None:
        raise InvalidFile("The file is empty.")
    candidates = [_candidate(lines[before], delimiter, kind, before + 1) for delimiter in DELIMITERS]
    for candidate in candidates:
        if isinstance(candidate, Layout):
            return candidate
    if kind == "clientes" and (headless := _clientes_without_header(lines[before], before)):
        return headless
    if b"\0" in data[:HEAD_BYTES]:
        raise InvalidFile("The file is not text; export it as CSV and upload that.")
    missing = min((c for c in candidates if isinstance(c, list)), key=len)
    raise InvalidFile(
        f"The first line must name the columns {', '.join(COLUMNS[kind])}; missing: {', '.join(missing)}."
    )


def _is_separator_line(line: str) -> bool:
    """Say whether this is the line `sep=;` that spreadsheets put before a header."""
    return re.fullmatch(r'"?sep=.?"?\s*', line, re.IGNORECASE) is not None


def _candidate(line: str, delimiter: str, kind: str, lines: int) -> Layout | list[str]:
    """Return the layout that the header has under `delimiter`, or the names of the columns that it lacks."""
    header = split_line(line, delimiter)
    names = _column_names(header, kind)
    wanted = COLUMNS[kind]
    missing = [name for name in wanted if name not in names]
    if missing:
        return missing
    wanted += tuple(name for name in OPTIONAL[kind] if name in names)
    twice = [name for name, count in Counter(names).items() if count > 1 and name in wanted]
    if twice:
        raise InvalidFile(f"The column {twice[0]} is in the header twice; keep one.")
    return Layout(delimiter, tuple(header), tuple(names.index(name) for name in wanted), lines, is_harmless(header))


def _column_names(header: Sequence[str], kind: str) -> list[str]:
    """Return the columns by our names; what could be another word for one that is there is a column of its own."""
    names = [_plain(text) for text in header]
    known = {name: _SYNONYMS.get(name, {}).get(kind, name) for name in names}
    return [name if known[name] in names else known[name] for name in names]


def _plain(text: str) -> str:
    """Return the text in lower case, without accents, its words joined by underscores."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _NOT_WORD.sub("_", plain).strip("_")


def _clientes_without_header(line: str, before: int) -> Layout | None:
    for delimiter in DELIMITERS:
        fields = split_line(line, delimiter)
        if len(fields) == len(CLIENTE_COLUMNS) and fields[0].strip().isdecimal():
            return Layout(delimiter, CLIENTE_COLUMNS, tuple(range(len(CLIENTE_COLUMNS))), before)
    return None


def split_line(line: str, delimiter: str) -> Sequence[str]:
    """Return the fields of one line, unquoted; a quote that is never closed reaches to the end of the line."""
    line = line.rstrip("\r\n")
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)
