"""What makes a row of a file a record, and the reason where it is none (domain.md, "The file").

This is the rule that decides; the vectorised reader in `src/ingest` only takes short cuts through it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from src.domain.dates import (
    LEAVE_IT_EMPTY,
    DateRules,
    ImplausibleDate,
    NotADate,
    parse_deadline,
    parse_visit,
    says_not_made,
)
from src.domain.status import STATUSES, StatusContradictsVisit, status_of
from src.domain.texts import DAMAGE, says_nothing, visible

ATENDIMENTO_COLUMNS: Final = (
    "id_atendimento",
    "id_cliente",
    "angel",
    "polo",
    "data_limite",
    "data_de_atendimento",
)
# Read if the file has it.
STATUS_COLUMN: Final = "status"
CLIENTE_COLUMNS: Final = ("id_cliente", "nome", "email", "telefone")

# Whoever gives an id gives one up to MAX_GIVEN_ID. The server's own lie above, up to the last that JavaScript can tell
# apart; a file or a request may name one of them only if it is stored. What earlier versions have stored may be larger
# still, and stays.
MAX_GIVEN_ID: Final = 9 * 10**15 - 1
MAX_ID: Final = 2**63 - 1
NO_DATE: Final = "is no date; write 29/06/2021 or 29/06/2021 10:15:27 (day before month)."
MAX_NOME_LENGTH: Final = 200
MAX_EMAIL_LENGTH: Final = 254
# Up to four characters become one.
_MAX_COMPOSED: Final = 4 * MAX_EMAIL_LENGTH

_ID = re.compile(r"[0-9]{1,40}")
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\.]+(?:\.[^\s@<>,;:\"()\[\]\\.]+)+")
_UNREADABLE = re.compile(f"[{DAMAGE}]")
# What a spreadsheet makes of a long number: the digits behind the first six are gone.
_ROUNDED_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")


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
    # Only if the file says it: without a column, or if its cell is empty, None.
    status: str | None = None


class ClienteRow(NamedTuple):
    """A valid row of a file of clientes; what is empty is unknown."""

    id: int
    nome: str | None
    email: str | None
    telefone: str | None


def atendimento_row(fields: Sequence[str], rules: DateRules) -> AtendimentoRow:
    """Return the record that `fields` make, or raise InvalidRow.

    They are in the order of ATENDIMENTO_COLUMNS, with STATUS_COLUMN behind them if the file has it.
    """
    id_atendimento, id_cliente, angel, polo, data_limite, data_de_atendimento, *status = fields
    row = AtendimentoRow(
        _id("id_atendimento", id_atendimento),
        _id("id_cliente", id_cliente),
        require_nome("angel", angel),
        require_nome("polo", polo),
        _deadline(data_limite, rules),
        _visit(data_de_atendimento, rules),
    )
    return row._replace(status=_status(status[0], row.data_de_atendimento)) if status else row


def cliente_row(fields: Sequence[str]) -> ClienteRow:
    """Return the cliente that `fields` (in the order of CLIENTE_COLUMNS) make, or raise InvalidRow."""
    id_cliente, nome, email, telefone = fields
    return ClienteRow(_id("id_cliente", id_cliente), _known("nome", nome), _email(email), _known("telefone", telefone))


def cliente_value(column: str, text: str) -> str | None:
    """Return a cliente's nome, email or telefone, None where it is empty, or raise InvalidRow."""
    return _email(text) if column == "email" else _known(column, text)


def field_count_fault(found: int, expected: int) -> Fault:
    """Return the fault of a row with `found` fields where the header has `expected`."""
    many = "many" if found > expected else "few"
    fields = "1 field" if found == 1 else f"{found} fields"
    return Fault(None, f"too_{many}_fields", f"The row has {fields}, the header has {expected}.")


def normalise_nome(text: str) -> str:
    """Return the name without what can't be seen, composed, trimmed and single-spaced, as names are compared.

    Composed: an é of a letter and an accent becomes the one character that looks the same.
    """
    return " ".join(composed(visible(text)).split())


def composed(text: str) -> str:
    """Return the text in Unicode's composed form (NFC); one that is too long for any name or e-mail as it is.

    To order the accents of a long text may take the square of its length.
    """
    return unicodedata.normalize("NFC", text) if len(text) <= _MAX_COMPOSED else text


def _id(column: str, text: str) -> int:
    digits = visible(text).strip()
    if not _ID.fullmatch(digits) or not 0 < int(digits) <= MAX_ID:
        raise InvalidRow(column, "invalid_id", f"{column} must be an integer from 1 to {MAX_GIVEN_ID}.")
    return int(digits)


def unknown_id_fault(column: str, unknown: int) -> Fault:
    """Return the fault of a row whose id is above MAX_GIVEN_ID, and not stored."""
    sentence = f"{column} must be an integer from 1 to {MAX_GIVEN_ID}, or one that the server gave: {unknown} is none."
    return Fault(column, "invalid_id", sentence)


def require_nome(column: str, text: str) -> str:
    """Return the normalised name, or raise InvalidRow if it is empty, no name (`#N/D`), too long or unreadable."""
    nome = nome_or_nothing(column, text)
    if says_nothing(nome):
        raise InvalidRow(column, "empty", f"{column} is no name but what a program writes for nothing: give the name.")
    return nome


def nome_or_nothing(column: str, text: str) -> str:
    """Return the normalised name, also one that is a word for nothing, or raise InvalidRow as `require_nome` does."""
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


def _known(column: str, text: str) -> str | None:
    """Return a cliente's nome or telefone, None if it is empty or a word for nothing, or raise InvalidRow."""
    value = _nome(column, text)
    if value is None or says_nothing(value):
        return None
    if column == "telefone" and _ROUNDED_NUMBER.fullmatch(value):
        reason = (
            "telefone was rounded by a spreadsheet: format its column as text and export it again, or leave it empty."
        )
        raise InvalidRow(column, "invalid_telefone", reason)
    return value


def _email(text: str) -> str | None:
    email = composed(visible(text)).strip()
    if email and (len(email) > MAX_EMAIL_LENGTH or not _EMAIL.fullmatch(email) or _UNREADABLE.search(email)):
        raise InvalidRow("email", "invalid_email", _no_email(email))
    return email or None


def _no_email(text: str) -> str:
    if says_nothing(text):
        return "email is a word for nothing: if there is no address, leave it empty."
    if text.count("@") > 1:
        return "email has several addresses: keep one."
    return f"email is not an e-mail address of at most {MAX_EMAIL_LENGTH} characters."


def _deadline(text: str, rules: DateRules) -> datetime:
    if not visible(text).strip():
        raise InvalidRow("data_limite", "empty", "data_limite is empty.")
    try:
        return parse_deadline(text, rules)
    except NotADate:
        raise InvalidRow("data_limite", "invalid_date", f"data_limite {NO_DATE}") from None
    except ImplausibleDate as error:
        raise InvalidRow("data_limite", "implausible_date", f"data_limite {error}") from None


def _visit(text: str, rules: DateRules) -> datetime | None:
    try:
        return parse_visit(text, rules)
    except NotADate:
        raise InvalidRow("data_de_atendimento", "invalid_date", f"data_de_atendimento {no_visit(text)}") from None
    except ImplausibleDate as error:
        raise InvalidRow("data_de_atendimento", "implausible_date", f"data_de_atendimento {error}") from None


def no_visit(text: str) -> str:
    """Return what is wrong with the text of a visit that is no date: a sentence without its subject."""
    return f"is no date. {LEAVE_IT_EMPTY}" if says_not_made(text) else f"{NO_DATE} {LEAVE_IT_EMPTY}"


def _status(text: str, visit: datetime | None) -> str | None:
    """Return the status that the file says, None if the cell is empty, or raise InvalidRow."""
    said = visible(text).strip()
    if said and said not in STATUSES:
        reason = f"status must be one of {', '.join(STATUSES)}, or empty."
        raise InvalidRow(STATUS_COLUMN, "invalid_status", reason)
    try:
        status_of(visit, said or None)
    except StatusContradictsVisit as error:
        raise InvalidRow(STATUS_COLUMN, "status_contradicts_visit", f"The status can't be: {error}") from None
    return said or None
