"""Keys by which programs ask."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from src.extensions import Base
from src.models.columns import CreatedAt, Event
from src.models.user import ROLES_CHECK


class ApiKey(Base):
    """A key: its hash (SHA-256 in hex) and its first characters, never the key itself. A revoked one stays."""

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    prefix: Mapped[str] = mapped_column(Text)
    key_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    created_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("app_user.id"))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime | None] = mapped_column(Event)
    last_used_at: Mapped[datetime | None] = mapped_column(Event)
    revoked_at: Mapped[datetime | None] = mapped_column(Event)

    __table_args__ = (
        CheckConstraint(ROLES_CHECK, name="role"),
        UniqueConstraint("key_hash"),
        Index("ix_api_key_created_by", "created_by", postgresql_where=text("revoked_at is null")),
    )
