"""`flask db`: the migrations. Concurrent ones wait for each other."""

from __future__ import annotations

from typing import Any

import click
import structlog
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from src.cli.first_admin import first_admin, password_source
from src.cli.refusals import REFUSALS, refusals_as_sentences, sentence_of
from src.extensions import alembic
from src.services import migrations
from src.services.migrations import one_migration_at_a_time
from src.services.users import ensure_admin

logger = structlog.get_logger(__name__)

db_cli = AppGroup("db", help="Migrate the database.")


@db_cli.command()
@click.argument("revision", default="heads")
@with_appcontext
@refusals_as_sentences
def upgrade(revision: str) -> None:
    """Migrate up to REVISION (default: the newest)."""
    migrations.upgrade(revision)
    if newer := migrations.newer_revisions():
        return click.echo(f"The database is at {', '.join(newer)}, which is newer than this program: left as it is.")
    click.echo(f"The database is at {_names(alembic.current())}.")


@db_cli.command()
@with_appcontext
def prepare() -> None:
    """Migrate, and create the first admin: what a container does before the service starts.

    Says in the log, and not in sentences on stdout, what it has done or why it could not.
    """
    settings = current_app.config["SETTINGS"]
    admin = first_admin(settings)
    try:
        migrations.upgrade()
        logger.info("database_migrated", revision=_names(alembic.current()), newer=migrations.newer_revisions())
        if admin:
            logger.info("admin_created" if ensure_admin(*admin) else "admin_exists", username=admin[0])
        else:
            logger.warning("no_admin", error="Set ADMIN_USERNAME and ADMIN_PASSWORD (or ADMIN_PASSWORD_FILE).")
    except REFUSALS as error:
        logger.critical("preparation_failed", error=sentence_of(error))
        raise SystemExit(1) from None


@db_cli.command(context_settings={"ignore_unknown_options": True})  # -2 is none
@click.argument("revision", default="-1")
@with_appcontext
@refusals_as_sentences
def downgrade(revision: str) -> None:
    """Migrate down to REVISION, or so many steps (default: -1). What newer tables hold is lost."""
    with one_migration_at_a_time():
        alembic.downgrade(revision)
    click.echo(f"The database is at {_names(alembic.current())}.")


@db_cli.command()
@with_appcontext
@refusals_as_sentences
def current() -> None:
    """Print the revision that the database is at."""
    click.echo(_names(alembic.current()))


@db_cli.command()
@with_appcontext
@refusals_as_sentences
def history() -> None:
    """Print all revisions, newest first; a star marks the database's own."""
    at = {script.revision for script in alembic.current()}
    for script in alembic.log():
        click.echo(f"{'*' if script.revision in at else ' '} {script.revision}  {script.doc}")


@db_cli.command()
@with_appcontext
@refusals_as_sentences
def status() -> None:
    """Say whether the database is at the newest revision; exit code 1 if not."""
    at, newest = _names(alembic.current()), _names(alembic.heads())
    if at != newest:
        raise click.ClickException(f"The database is at {at}, the newest revision is {newest}: run `flask db upgrade`.")
    click.echo(f"The database is at {at}, the newest revision.")


@db_cli.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
@refusals_as_sentences
def reset(yes: bool) -> None:
    """Throw away all data; create the tables anew, and the first admin if it is known."""
    if not yes:
        click.confirm("All records, imports and users will be lost. Go on?", abort=True)
    with one_migration_at_a_time():
        alembic.downgrade("base")
        alembic.upgrade()
    click.echo(f"The database is empty, at {_names(alembic.current())}.")
    click.echo(_first_admin_made())


@db_cli.command()
@click.argument("message")
@with_appcontext
@refusals_as_sentences
def revision(message: str) -> None:
    """Write the next revision to migrations/, named by its intent, MESSAGE. Its statements go to migrations/sql."""
    folder = alembic.script_directory
    folder.generate_revision(f"{int(folder.get_current_head() or 0) + 1:04}", message)  # says what it writes


def _first_admin_made() -> str:
    settings = current_app.config["SETTINGS"]
    admin = first_admin(settings)
    if not admin:
        return "Nobody can log in yet: set ADMIN_USERNAME and ADMIN_PASSWORD, then run `flask users ensure-admin`."
    ensure_admin(*admin)
    return f"Log in as {admin[0]}, with the password in {password_source(settings)}."


def _names(scripts: Any) -> str:
    return ", ".join(sorted(script.revision for script in scripts)) or "nothing (no tables yet)"
