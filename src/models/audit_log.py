"""Who changed what."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from src.extensions import Base
from src.models.columns import CreatedAt


class AuditLog(Base):
    """One row per object and change; a trigger refuses anything but more rows. Partitioned by month (UTC).

    `actor` is the name at that time of the user or key; all three are null where the service itself, a command or
    somebody who was not logged in did it. `before` is null for what was made, `after` for what was deleted.
    """

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[CreatedAt]
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    api_key_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[str | None] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    object_type: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str] = mapped_column(Text)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    request_id: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_audit_log_object_type_object_id", "object_type", "object_id"),
        Index("ix_audit_log_user_id", "user_id"),
        Index("ix_audit_log_request_id", "request_id"),
        Index("ix_audit_log_at", "at", postgresql_using="brin"),
        {"postgresql_partition_by": "RANGE (at)"},
    )
