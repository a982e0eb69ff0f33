"""Logins that last: one row each, from the login to the logout."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from src.extensions import Base
from src.models.columns import CreatedAt, Event


class LoginSession(Base):
    """A session. `refresh_id` is the id of the only refresh token that is good, not the token itself.

    `previous_refresh_id` is that of the one before, exchanged at `refreshed_at`.
    """

    __tablename__ = "login_session"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("app_user.id"))
    refresh_id: Mapped[UUID] = mapped_column(Uuid)
    previous_refresh_id: Mapped[UUID | None] = mapped_column(Uuid)
    created_at: Mapped[CreatedAt]
    refreshed_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime] = mapped_column(Event)
    revoked_at: Mapped[datetime | None] = mapped_column(Event)

    __table_args__ = (
        Index("ix_login_session_user_id", "user_id", postgresql_where=text("revoked_at is null")),
        Index("ix_login_session_expires_at", "expires_at"),
    )
