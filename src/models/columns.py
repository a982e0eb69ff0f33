"""Column types that several tables share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from sqlalchemy import DateTime, func
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import mapped_column

# Events of the system carry an offset; times of the operation are local and whole seconds (domain.md rule 8),
# so that a margin in seconds is an exact integer.
LocalTime = TIMESTAMP(timezone=False, precision=0)
Event = DateTime(timezone=True)

CreatedAt = Annotated[datetime, mapped_column(Event, server_default=func.now())]
UpdatedAt = Annotated[datetime, mapped_column(Event, server_default=func.now())]
