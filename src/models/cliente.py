"""Clientes: the visited. Their ids come from outside."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from src.extensions import Base
from src.models.columns import CreatedAt, UpdatedAt, server_ids

# For those that come without an id.
CLIENTE_IDS = server_ids("cliente")


class Cliente(Base):
    """A client; nome, email and telefone are null while unknown."""

    __tablename__ = "cliente"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    nome: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    telefone: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    __table_args__ = (
        # Partial: most clientes come without an e-mail, and half a million nulls would cost every load.
        Index("uq_cliente_email", text("lower(email)"), unique=True, postgresql_where=text("email is not null")),
    )
