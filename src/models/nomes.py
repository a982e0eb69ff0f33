"""Angels and polos: what a record names and a rollup counts. Names come here trimmed and single-spaced."""

from __future__ import annotations

from sqlalchemy import Computed, ForeignKey, Identity, Index, Integer, Text
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


class AngelAlias(Base):
    """A former name of an angel, by which files, requests and filters still mean it."""

    __tablename__ = "angel_alias"
    __table_args__ = (Index("ix_angel_alias_angel_id", "angel_id"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    angel_id: Mapped[int] = mapped_column(Integer, ForeignKey("angel.id", ondelete="CASCADE"))
    nome: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[CreatedAt]


class PoloAlias(Base):
    """A former name of a polo, by which files, requests and filters still mean it."""

    __tablename__ = "polo_alias"
    __table_args__ = (Index("ix_polo_alias_polo_id", "polo_id"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    polo_id: Mapped[int] = mapped_column(Integer, ForeignKey("polo.id", ondelete="CASCADE"))
    nome: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[CreatedAt]
