"""People who may ask."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from src.domain.roles import ROLES
from src.extensions import Base
from src.models.columns import CreatedAt, Event, UpdatedAt

ROLES_CHECK = f"role in {ROLES}"


class User(Base):
    """A user; names and e-mails are unique whatever their case. The password is kept as an argon2id hash.

    A deleted one stays for what refers to it, without e-mail and password; its name is free again.
    """

    __tablename__ = "app_user"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    username: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    disabled: Mapped[bool] = mapped_column(server_default=false())
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
    deleted_at: Mapped[datetime | None] = mapped_column(Event)

    __table_args__ = (
        CheckConstraint(ROLES_CHECK, name="role"),
        Index(
            "uq_app_user_username", text("lower(username)"), unique=True, postgresql_where=text("deleted_at is null")
        ),
        Index("uq_app_user_email", text("lower(email)"), unique=True),
    )
