"""Angels and polos: what a record names and a rollup counts. Names come here trimmed and single-spaced."""

from __future__ import annotations

from sqlalchemy import Computed, Identity, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from src.extensions import Base
from src.models.columns import CreatedAt, UpdatedAt


class Angel(Base):
    """A Green Angel, the technician who makes the visit."""

    __tablename__ = "angel"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    nome: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Polo(Base):
    """A logistics base, named `UF - CITY`; `uf` is null where the name has another shape."""

    __tablename__ = "polo"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    nome: Mapped[str] = mapped_column(Text, unique=True)
    uf: Mapped[str | None] = mapped_column(
        Text, Computed("case when nome ~ '^[A-Z]{2} - ' then left(nome, 2) end", persisted=True)
    )
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
