"""Answers kept for a while, so that a request sent twice is done once."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from src.extensions import Base
from src.models.columns import CreatedAt


class Idempotency(Base):
    """One row per caller and Idempotency-Key: what was asked (a hash), and the JSON that was answered."""

    __tablename__ = "idempotency"

    caller_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]

    __table_args__ = (Index("ix_idempotency_created_at", "created_at"),)
