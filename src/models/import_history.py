"""What imports have overwritten, as it was before: one row a record and import. Without keys; see the migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from src.extensions import Base
from src.models.columns import Event, LocalTime

IMPORT_HISTORY = Table(
    "import_history",
    Base.metadata,
    Column("import_id", BigInteger, nullable=False),  # which import has overwritten it
    Column("id", BigInteger, nullable=False),
    Column("id_cliente", BigInteger, nullable=False),
    Column("data_limite", LocalTime, nullable=False),
    Column("data_de_atendimento", LocalTime),
    Column("former_import_id", BigInteger),
    Column("updated_at", Event, nullable=False),
    Column("deleted_at", Event),
    Column("angel_id", Integer, nullable=False),
    Column("polo_id", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Index("ix_import_history_import_id", "import_id", postgresql_using="brin"),
)

IMPORT_HISTORY_CLIENTE = Table(
    "import_history_cliente",
    Base.metadata,
    Column("import_id", BigInteger, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("nome", Text),
    Column("email", Text),
    Column("telefone", Text),
    Column("updated_at", Event, nullable=False),
    Index("ix_import_history_cliente_import_id", "import_id", postgresql_using="brin"),
)
