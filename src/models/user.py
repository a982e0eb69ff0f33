"""People who may ask."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from src.extensions import Base
from src.models.columns import CreatedAt, UpdatedAt


class User(Base):
    """A user; names and e-mails are unique whatever their case. The password is kept as an argon2id hash."""

    __tablename__ = "app_user"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    username: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    __table_args__ = (
        CheckConstraint("role in ('viewer', 'operator', 'admin')", name="role"),
        Index("uq_app_user_username", text("lower(username)"), unique=True),
        Index("uq_app_user_email", text("lower(email)"), unique=True),
    )
