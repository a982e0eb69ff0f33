"""The header of a file: which delimiter it uses and where each column that is wanted stands."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from src.domain.file_formats import SAVE_AS_CSV, text_format
from src.domain.rows import ATENDIMENTO_COLUMNS, CLIENTE_COLUMNS, STATUS_COLUMN
from src.domain.spreadsheet import is_harmless
from src.ingest.quotes import split_lines
from src.ingest.source import HEAD_BYTES, InvalidFile

DELIMITERS: Final = (";", ",", "\t", "|")
COLUMNS: Final = {"atendimentos": ATENDIMENTO_COLUMNS, "clientes": CLIENTE_COLUMNS}
# Wanted if the file has them, behind the others.
OPTIONAL: Final[dict[str, tuple[str, ...]]] = {"atendimentos": (STATUS_COLUMN,), "clientes": ()}
MAX_COLUMNS: Final = 1000
MAX_NAME_LENGTH: Final = 200  # of a column

# A first line of these is blank: what a spreadsheet writes for an empty row.
_BLANKS: Final = " \t\r\v\f\x1a\ufeff" + "".join(DELIMITERS)
_BINARY = re.compile(r"[\0-\x08\x0e-\x1f]")
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


@dataclass(frozen=True)
class Layout:
    """`columns[i]` is a wanted column and `positions[i]` where it stands in a row; `lines` come before the first row.

    Optional columns that the file has stand behind the others that are wanted. `header` ends with the last column that
    has a name. `harmless`: the file is one that we wrote, with apostrophes before what a spreadsheet would run.
    """

    delimiter: str
    header: tuple[str, ...]
    columns: tuple[str, ...]
    positions: tuple[int, ...]
    lines: int
    harmless: bool = False

    @cached_property
    def width(self) -> int:
        """How many fields a row has at most; empty ones behind them are not counted."""
        return len(self.header)

    @cached_property
    def needed(self) -> int:
        """How many fields a row has at least: those up to the last wanted one."""
        return max(self.positions) + 1


def read_layout(data: bytes, kind: str) -> Layout:
    """Return the layout that the first lines of a file of `kind` give. Raises InvalidFile naming what is missing."""
    lines = [line.rstrip("\r") for line in data[:HEAD_BYTES].decode("utf-8", "replace").split("\n")]
    before = next((n for n, line in enumerate(lines) if line.strip(_BLANKS) and not _is_separator_line(line)), None)
    if before is None:
        raise InvalidFile("The file is empty.")
    candidates = [_candidate(lines, before, delimiter, kind) for delimiter in DELIMITERS]
    for candidate in candidates:
        if isinstance(candidate, Layout):
            return candidate
    if kind == "clientes" and (headless := _clientes_without_header(lines, before)):
        return headless
    if name := text_format(data.lstrip()):
        raise InvalidFile(f"This is {name}, not CSV. {SAVE_AS_CSV}")
    if _BINARY.search("".join(lines).rstrip(_BLANKS)):
        raise InvalidFile("The file is not text; export it as CSV and upload that.")
    missing = min((c for c in candidates if isinstance(c, list)), key=len)
    raise InvalidFile(
        f"The first line must name the columns {', '.join(COLUMNS[kind])}; missing: {', '.join(missing)}."
    )


def _is_separator_line(line: str) -> bool:
    """Say whether this is the line `sep=;` that spreadsheets put before a header."""
    return re.fullmatch(r'"?sep=.?"?\s*', line, re.IGNORECASE) is not None


def _candidate(lines: Sequence[str], before: int, delimiter: str, kind: str) -> Layout | list[str]:
    """Return the layout that the header has under `delimiter`, or the names of the columns that it lacks."""
    fields, count = split_lines(lines[before:], delimiter)
    header = fields[: _named(fields)]
    names = _column_names(header, kind)
    missing = [name for name in COLUMNS[kind] if name not in names]
    if missing:
        return missing
    if len(header) > MAX_COLUMNS:
        raise InvalidFile(f"The header has {len(header):,} columns, and {MAX_COLUMNS:,} are the most: leave some out.")
    columns = (*COLUMNS[kind], *(name for name in OPTIONAL[kind] if name in names))
    twice = [name for name, count in Counter(names).items() if count > 1 and name in columns]
    if twice:
        raise InvalidFile(f"The column {twice[0]} is in the header twice; keep one.")
    positions = tuple(map(names.index, columns))
    return Layout(delimiter, tuple(header), columns, positions, before + count, is_harmless(header))


def _named(header: Sequence[str]) -> int:
    """Return how many columns there are up to the last one that has a name."""
    return max((place for place, name in enumerate(header, 1) if name.strip()), default=0)


def _column_names(header: Sequence[str], kind: str) -> list[str]:
    """Return the columns by our names; what could be another word for one that is there is a column of its own."""
    names = [_plain(text) for text in header]
    known = {name: _SYNONYMS.get(name, {}).get(kind, name) for name in names}
    return [name if known[name] in names else known[name] for name in names]


def _plain(text: str) -> str:
    """Return the text in lower case, without accents, its words joined by underscores.

    Of a text longer than any column's name only the beginning: to order many accents takes the square of their number.
    """
    plain = unicodedata.normalize("NFKD", text[:MAX_NAME_LENGTH]).encode("ascii", "ignore").decode().lower()
    return _NOT_WORD.sub("_", plain).strip("_")


def _clientes_without_header(lines: Sequence[str], before: int) -> Layout | None:
    width = len(CLIENTE_COLUMNS)
    for delimiter in DELIMITERS:
        fields, _ = split_lines(lines[before:], delimiter)
        if len(fields) >= width >= _named(fields) and fields[0].strip().isdecimal():
            return Layout(delimiter, CLIENTE_COLUMNS, CLIENTE_COLUMNS, tuple(range(width)), before)
    return None
