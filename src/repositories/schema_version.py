"""The version of the schema that the database has."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, Table, Text, select
from sqlalchemy.orm import Session

ALEMBIC_VERSION = Table("alembic_version", MetaData(), Column("version_num", Text))


def schema_versions(session: Session) -> frozenset[str]:
    """Return the migrations that the database stands at; raises ProgrammingError where it never had one."""
    return frozenset(session.scalars(select(ALEMBIC_VERSION.c.version_num)))
