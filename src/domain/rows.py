"""What makes a row of a file a record, and the reason where it is none (domain.md, "The file").

This is the rule that decides; the vectorised reader in `src/ingest` only takes short cuts through it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from src.domain.dates import MAX_YEAR, MIN_YEAR, NotADate, parse_deadline, parse_visit

ATENDIMENTO_COLUMNS: Final = (
    "id_atendimento",
    "id_cliente",
    "angel",
    "polo",
    "data_limite",
    "data_de_atendimento",
)
CLIENTE_COLUMNS: Final = ("id_cliente", "nome", "email", "telefone")

# Whoever gives an id gives one up to MAX_GIVEN_ID. The server's own lie above, up to the last that JavaScript can tell
# apart; a file or a request may name one of them only if it is stored. What earlier versions have stored may be larger
# still, and stays.
MAX_GIVEN_ID: Final = 9 * 10**15 - 1
MAX_ID: Final = 2**63 - 1
MAX_NOME_LENGTH: Final = 200
MAX_EMAIL_LENGTH: Final = 254

_ID = re.compile(r"\d{1,40}", re.ASCII)
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\.]+(?:\.[^\s@<>,;:\"()\[\]\\.]+)+")
# What tells that a byte was lost: a NUL, which can't even be stored, and the mark of a byte that is no character.
_DAMAGE = "\0\ufffd"
_UNREADABLE = re.compile(f"[{_DAMAGE}]")
# Format and control characters: two names that differ in them alone look the same and must not count apart.
_INVISIBLE: Final = ("Cf", "Cc")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is refused. `column` is None where the row as a whole is at fault."""

    column: str | None
    code: str
    reason: str


class InvalidRow(ValueError):
    """The row is refused; `fault` says why."""

    def __init__(self, column: str | None, code: str, reason: str) -> None:
        super().__init__(reason)
        self.fault = Fault(column, code, reason)


class AtendimentoRow(NamedTuple):
    """A valid row of a file of atendimentos."""

    id: int
    id_cliente: int
    angel: str
    polo: str
    data_limite: datetime
    data_de_atendimento: datetime | None


class ClienteRow(NamedTuple):
    """A valid row of a file of clientes; what is empty is unknown."""

    id: int
    nome: str | None
    email: str | None
    telefone: str | None


def atendimento_row(fields: Sequence[str], zone: tzinfo) -> AtendimentoRow:
    """Return the record that `fields` (in the order of ATENDIMENTO_COLUMNS) make, or raise InvalidRow."""
    id_atendimento, id_cliente, angel, polo, data_limite, data_de_atendimento = fields
    return AtendimentoRow(
        _id("id_atendimento", id_atendimento),
        _id("id_cliente", id_cliente),
        require_nome("angel", angel),
        require_nome("polo", polo),
        _deadline(data_limite, zone),
        _visit(data_de_atendimento, zone),
    )


def cliente_row(fields: Sequence[str]) -> ClienteRow:
    """Return the cliente that `fields` (in the order of CLIENTE_COLUMNS) make, or raise InvalidRow."""
    id_cliente, nome, email, telefone = fields
    return ClienteRow(_id("id_cliente", id_cliente), _nome("nome", nome), _email(email), _nome("telefone", telefone))


def cliente_value(column: str, text: str) -> str | None:
    """Return a cliente's nome, email or telefone, None where it is empty, or raise InvalidRow."""
    return _email(text) if column == "email" else _nome(column, text)


def field_count_fault(found: int, expected: int) -> Fault:
    """Return the fault of a row with `found` fields where the header has `expected`."""
    many = "many" if found > expected else "few"
    return Fault(None, f"too_{many}_fields", f"The row has {found} fields, the header has {expected}.")


def normalise_nome(text: str) -> str:
    """Return the name without what can't be seen, trimmed and single-spaced: the form in which names are compared."""
    return " ".join((text if text.isprintable() else _visible(text)).split())


def _visible(text: str) -> str:
    """Return the text without invisible characters. Line breaks and tabs are blanks, and stay; so does damage."""
    return "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE or c.isspace() or c in _DAMAGE)


def _id(column: str, text: str) -> int:
    digits = text.strip()
    if not _ID.fullmatch(digits) or not 0 < int(digits) <= MAX_ID:
        raise InvalidRow(column, "invalid_id", f"{column} must be an integer from 1 to {MAX_GIVEN_ID}.")
    return int(digits)


def unknown_id_fault(column: str, unknown: int) -> Fault:
    """Return the fault of a row whose id is above MAX_GIVEN_ID, and not stored."""
    sentence = f"{column} must be an integer from 1 to {MAX_GIVEN_ID}, or one that the server gave: {unknown} is none."
    return Fault(column, "invalid_id", sentence)


def require_nome(column: str, text: str) -> str:
    """Return the normalised name, or raise InvalidRow where it is empty, too long or unreadable."""
    nome = _nome(column, text)
    if nome is None:
        raise InvalidRow(column, "empty", f"{column} is empty.")
    return nome


def _nome(column: str, text: str) -> str | None:
    nome = normalise_nome(text)
    if len(nome) > MAX_NOME_LENGTH:
        raise InvalidRow(column, "too_long", f"{column} has more than {MAX_NOME_LENGTH} characters.")
    if _UNREADABLE.search(nome):
        raise InvalidRow(column, "unreadable", f"{column} has characters that can't be read.")
    return nome or None


def _email(text: str) -> str | None:
    email = (text if text.isprintable() else _visible(text)).strip()
    if email and (len(email) > MAX_EMAIL_LENGTH or not _EMAIL.fullmatch(email) or _UNREADABLE.search(email)):
        sentence = f"email is not an e-mail address of at most {MAX_EMAIL_LENGTH} characters."
        raise InvalidRow("email", "invalid_email", sentence)
    return email or None


def _deadline(text: str, zone: tzinfo) -> datetime:
    if not text.strip():
        raise InvalidRow("data_limite", "empty", "data_limite is empty.")
    try:
        return parse_deadline(text, zone)
    except NotADate:
        raise InvalidRow("data_limite", "invalid_date", _no_date("data_limite")) from None


def _visit(text: str, zone: tzinfo) -> datetime | None:
    try:
        return parse_visit(text, zone)
    except NotADate:
        raise InvalidRow("data_de_atendimento", "invalid_date", _no_date("data_de_atendimento")) from None


def _no_date(column: str) -> str:
    years = f"of the years {MIN_YEAR} to {MAX_YEAR}"
    return f"{column} is no date {years}; write 29/06/2021 or 29/06/2021 10:15:27 (day before month)."
