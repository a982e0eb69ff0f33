"""`flask users`: the first admin."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from src.cli.first_admin import first_admin
from src.cli.refusals import refusals_as_sentences
from src.services.users import ensure_admin

users_cli = AppGroup("users", help="Users of the API.")


@users_cli.command("ensure-admin")
@refusals_as_sentences
def ensure_admin_command() -> None:
    """Create the first admin, unless there is a user of that name.

    Name and password are ADMIN_USERNAME and ADMIN_PASSWORD; beside the embedded database those of the demo otherwise.
    """
    admin = first_admin(current_app.config["SETTINGS"])
    if not admin:
        raise click.ClickException("Set ADMIN_USERNAME and ADMIN_PASSWORD (or ADMIN_PASSWORD_FILE).")
    created = ensure_admin(*admin)
    click.echo(f"User {admin[0]} {'created, role admin' if created else 'is there already'}.")
