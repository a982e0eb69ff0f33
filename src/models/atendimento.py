"""Atendimentos: one row a service record, the only source of every number."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from src.extensions import Base
from src.models.columns import CreatedAt, Event, LocalTime, UpdatedAt, server_ids

# Not owned by the column: a first load builds the table anew beside the old one and keeps the sequence.
ID_SEQUENCE = server_ids("atendimento")


class Atendimento(Base):
    """A visit to a cliente. Attended means status `done` and not deleted; `done` always has a data_de_atendimento."""

    __tablename__ = "atendimento"

    id: Mapped[int] = mapped_column(
        BigInteger, ID_SEQUENCE, server_default=ID_SEQUENCE.next_value(), primary_key=True, autoincrement=False
    )
    id_cliente: Mapped[int] = mapped_column(BigInteger, ForeignKey("cliente.id"))
    data_limite: Mapped[datetime] = mapped_column(LocalTime)
    data_de_atendimento: Mapped[datetime | None] = mapped_column(LocalTime)
    # No foreign key: see the migration.
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
    deleted_at: Mapped[datetime | None] = mapped_column(Event)
    angel_id: Mapped[int] = mapped_column(Integer, ForeignKey("angel.id"))
    polo_id: Mapped[int] = mapped_column(Integer, ForeignKey("polo.id"))
    status: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint(
            "case status when 'done' then data_de_atendimento is not null "
            "when 'pending' then data_de_atendimento is null else status = 'cancelled' end",
            name="status",
        ),
        CheckConstraint("id > 0", name="id_positive"),
        Index("ix_atendimento_id_cliente", "id_cliente"),
        # The visit is in no index: it is what changes most, and so a change stays on its page (HOT) and touches none.
        Index("ix_atendimento_angel_id", "angel_id"),
        Index("ix_atendimento_polo_id_id", "polo_id", "id"),
        # The few that are not attended: pending and overdue are counted here, and the total without a scan.
        Index(
            "ix_atendimento_open",
            "data_limite",
            postgresql_where=text("status <> 'done' and deleted_at is null"),
        ),
        {"postgresql_with": {"fillfactor": 90}},
    )
