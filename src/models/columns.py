"""Column types that several tables share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from sqlalchemy import DateTime, Sequence, func
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import mapped_column

from src.extensions import Base

# Events of the system carry an offset; times of the operation are local and whole seconds (domain.md rule 8),
# so that a margin in seconds is an exact integer.
LocalTime = TIMESTAMP(timezone=False, precision=0)
Event = DateTime(timezone=True)

CreatedAt = Annotated[datetime, mapped_column(Event, server_default=func.now())]
UpdatedAt = Annotated[datetime, mapped_column(Event, server_default=func.now())]


def server_ids(table: str) -> Sequence:
    """Return the sequence of the ids that the server gives: above those of files and requests, exact in JavaScript.

    Each ends in 1, so that none is what a spreadsheet makes of another: 15 digits, and zeros behind them.
    """
    return Sequence(
        f"{table}_server_id_seq",
        start=9_000_000_000_000_001,
        increment=10,
        minvalue=9_000_000_000_000_001,
        maxvalue=2**53 - 1,
        metadata=Base.metadata,
    )
