"""Imports: one row an uploaded file, the truth about its job; Celery only carries its id."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Identity, Index, Integer, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from src.extensions import Base
from src.models.columns import CreatedAt, Event


class Import(Base):
    """An import. `running` holds while `lease_expires_at` is ahead and `lease_token` is the holder's.

    `max_rejected` is the share of the rows that may be rejected; null: the rule for files that are read the wrong way.
    `charset` is the codec that the sender named; null: the content decides. `header` and `delimiter` are the file's
    own, kept so that rejected rows can be given back in its shape. `timings` are seconds per step. What came with an
    API key is `created_by` the key's maker. `written_at` is the `updated_at` of every record that it wrote; `undoable`
    holds while what it has overwritten is kept.
    """

    __tablename__ = "import"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(Text)
    dry_run: Mapped[bool]
    force: Mapped[bool]
    max_rejected: Mapped[float | None] = mapped_column(Float)
    charset: Mapped[str | None] = mapped_column(Text)
    filename: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    storage_key: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default="queued")
    progress: Mapped[float] = mapped_column(Float, server_default="0")
    rows_read: Mapped[int] = mapped_column(BigInteger, server_default="0")
    rows_inserted: Mapped[int] = mapped_column(BigInteger, server_default="0")
    rows_updated: Mapped[int] = mapped_column(BigInteger, server_default="0")
    rows_unchanged: Mapped[int] = mapped_column(BigInteger, server_default="0")
    rows_superseded: Mapped[int] = mapped_column(BigInteger, server_default="0")
    rows_rejected: Mapped[int] = mapped_column(BigInteger, server_default="0")
    error: Mapped[str | None] = mapped_column(Text)
    header: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    delimiter: Mapped[str | None] = mapped_column(Text)
    timings: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("app_user.id"))
    created_by_key: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("api_key.id"))
    created_at: Mapped[CreatedAt]
    sent_at: Mapped[CreatedAt]  # when its task was last sent to the broker
    started_at: Mapped[datetime | None] = mapped_column(Event)
    finished_at: Mapped[datetime | None] = mapped_column(Event)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    lease_token: Mapped[UUID | None] = mapped_column(Uuid)
    lease_expires_at: Mapped[datetime | None] = mapped_column(Event)
    cancel_requested_at: Mapped[datetime | None] = mapped_column(Event)
    undoable: Mapped[bool] = mapped_column(server_default="false")
    written_at: Mapped[datetime | None] = mapped_column(Event)

    __table_args__ = (
        CheckConstraint("kind in ('atendimentos', 'clientes')", name="kind"),
        CheckConstraint("mode in ('upsert', 'insert')", name="mode"),
        CheckConstraint("max_rejected between 0 and 1", name="max_rejected"),
        CheckConstraint("status in ('queued', 'running', 'completed', 'failed', 'cancelled', 'undone')", name="status"),
        # Conservation (domain.md rule 9) is a constraint, so that no code path can end an import without it.
        CheckConstraint(
            "status not in ('completed', 'undone') or rows_read = rows_inserted + rows_updated + rows_unchanged"
            " + rows_superseded + rows_rejected",
            name="conservation",
        ),
        # Fifty uploads of one content at once make one import.
        Index(
            "uq_import_content",
            "sha256",
            "kind",
            "mode",
            "dry_run",
            text("coalesce(max_rejected, '-1'::integer::double precision)"),
            text("coalesce(charset, ''::text)"),
            unique=True,
            postgresql_where=text("status in ('queued', 'running', 'completed') and not force"),
        ),
        Index("ix_import_undoable", "finished_at", postgresql_where=text("undoable")),
        Index("ix_import_unfinished", "id", postgresql_where=text("status in ('queued', 'running')")),
    )


class ImportRejection(Base):
    """A refused row: its first physical line, the column at fault (null: the row as a whole), why, and its text."""

    __tablename__ = "import_rejection"

    import_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("import.id"), primary_key=True)
    line: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    column: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    raw: Mapped[str] = mapped_column(Text)
