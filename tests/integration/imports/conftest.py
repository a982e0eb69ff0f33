"""Running imports in this process, and looking at what they left in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg.rows import dict_row

from src.config import Settings
from src.database import database_url
from src.services.run_import import run_import
from src.services.storage import uploads

HEADER = "id_atendimento;id_cliente;angel;polo;data_limite;data_de_atendimento\n"

DUMPS = {
    "atendimento": """
        select atendimento.id, id_cliente, angel.nome, polo.nome, data_limite, data_de_atendimento, status, deleted_at
        from atendimento join angel on angel.id = angel_id join polo on polo.id = polo_id order by 1""",
    "cliente": "select id, nome, email, telefone from cliente order by 1",
    "angel": "select nome from angel order by 1",
    "polo": "select nome, uf from polo order by 1",
    "angel_day": """
        select day, angel.nome, total, on_time, margin_seconds
        from angel_day join angel on angel.id = angel_id where total > 0 order by 1, 2""",
    "angel_month": """
        select month, angel.nome, total, on_time, margin_seconds, active_days
        from angel_month join angel on angel.id = angel_id where total > 0 order by 1, 2""",
    "angel_to_date": """
        select day, angel.nome, total, on_time, margin_seconds, active_days
        from angel_to_date join angel on angel.id = angel_id where total > 0 order by 1, 2""",
    "polo_day": """
        select day, polo.nome, total, on_time, margin_seconds
        from polo_day join polo on polo.id = polo_id where total > 0 order by 1, 2""",
    "polo_month": """
        select month, polo.nome, total, on_time, margin_seconds, active_days
        from polo_month join polo on polo.id = polo_id where total > 0 order by 1, 2""",
    "polo_to_date": """
        select day, polo.nome, total, on_time, margin_seconds, active_days
        from polo_to_date join polo on polo.id = polo_id where total > 0 order by 1, 2""",
}

SCHEMA = """
    select 'column', attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull::text,
        pg_get_expr(adbin, adrelid)
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = any('{atendimento,cliente,angel_day,polo_day}'::regclass[]) and attnum > 0
    union all
    select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated::text, null
    from pg_constraint
    where conrelid = any('{atendimento,cliente,angel_day,polo_day}'::regclass[])
    union all
    select 'index', tablename, indexname, indexdef, null, null from pg_indexes where schemaname = 'public'
    union all
    select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled::text, null
    from pg_trigger where not tgisinternal
    union all
    select 'table', oid::regclass::text, reloptions::text, relacl::text, relpersistence::text, relowner::text
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'S')
    order by 1, 2, 3, 4
"""


@dataclass
class Imports:
    """Queues and runs imports, as the web and the worker do together."""

    app: Flask
    connection: psycopg.Connection[Any]

    def queue(self, data: bytes | str, kind: str = "atendimentos", **options: Any) -> int:
        options = {"mode": "upsert", "dry_run": False, "max_rejected": None, "charset": None} | options
        data = data.encode() if isinstance(data, str) else data
        with self.app.app_context(), uploads().receive() as upload:
            upload.write(data)
            key = upload.keep()
        row = self.connection.execute(
            "insert into import (mode, dry_run, max_rejected, charset, kind, force, sha256, size_bytes, storage_key)"
            " values (%s, %s, %s, %s, %s, true, %s, %s, %s) returning id",
            (*options.values(), kind, hashlib.sha256(data).hexdigest(), len(data), key),
        ).fetchone()
        return row[0]

    def run(self, data: bytes | str, **options: Any) -> dict[str, Any]:
        """Import `data` and return the import's row."""
        return self.run_queued(self.queue(data, **options))

    def run_queued(self, import_id: int) -> dict[str, Any]:
        with self.app.app_context():
            run_import(import_id)
        return self.row(import_id)

    def row(self, import_id: int) -> dict[str, Any]:
        cursor = self.connection.cursor(row_factory=dict_row)
        return cursor.execute("select * from import where id = %s", (import_id,)).fetchone()

    def rejections(self, import_id: int) -> list[tuple]:
        return self.connection.execute(
            'select line, "column", code, raw from import_rejection where import_id = %s order by line', (import_id,)
        ).fetchall()

    def dump(self) -> dict[str, list[tuple]]:
        """Return all that an import may write, without what says when and by which import."""
        return {name: self.connection.execute(query).fetchall() for name, query in DUMPS.items()}

    def schema(self) -> list[tuple]:
        """Return the tables of the records with all that hangs on them."""
        return self.connection.execute(SCHEMA).fetchall()

    def truncate(self) -> None:
        self.connection.execute("truncate atendimento; truncate cliente, angel, polo cascade")


@pytest.fixture
def imports(app: Flask, settings: Settings) -> Iterator[Imports]:
    with psycopg.connect(database_url(settings), autocommit=True) as connection:
        yield Imports(app, connection)


def counts(row: dict[str, Any]) -> dict[str, int]:
    """Return the import's counts that are not zero."""
    names = ("read", "inserted", "updated", "unchanged", "superseded", "rejected")
    return {name: row[f"rows_{name}"] for name in names if row[f"rows_{name}"]}


@pytest.fixture
def lines() -> Callable[..., str]:
    """Make a file of atendimentos from its lines."""
    return lambda *rows: HEADER + "".join(f"{row}\n" for row in rows)
