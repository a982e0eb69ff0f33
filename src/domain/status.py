"""What becomes of a record's status (domain.md rule 7)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

PENDING: Final = "pending"
DONE: Final = "done"
CANCELLED: Final = "cancelled"
STATUSES: Final = (PENDING, DONE, CANCELLED)


class StatusContradictsVisit(ValueError):
    """The status that was said can't be, given the visit; the text is a sentence."""


def status_of(visit: datetime | None, said: str | None) -> str:
    """Return the status of a record: what was said, else what its visit makes it. Raises StatusContradictsVisit."""
    if said == DONE and visit is None:
        raise StatusContradictsVisit("done needs a data_de_atendimento.")
    if said == PENDING and visit is not None:
        raise StatusContradictsVisit("pending has no data_de_atendimento.")
    return said or (PENDING if visit is None else DONE)


def status_after(stored: str, visit: datetime | None, said: str | None, *, visit_changed: bool) -> str:
    """Return the status of a changed record; unsaid, a cancelled one stays so until its visit changes.

    Raises StatusContradictsVisit.
    """
    if said is None and stored == CANCELLED and not visit_changed:
        return CANCELLED
    return status_of(visit, said)
