"""`flask users`: the first admin."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from src.cli.refusals import refusals_as_sentences
from src.services.users import ensure_admin

users_cli = AppGroup("users", help="Users of the API.")


@users_cli.command("ensure-admin")
@refusals_as_sentences
def ensure_admin_command() -> None:
    """Create the admin of ADMIN_USERNAME and ADMIN_PASSWORD, unless there is a user of that name."""
    settings = current_app.config["SETTINGS"]
    if not settings.admin_username or not settings.admin_password:
        raise click.ClickException("Set ADMIN_USERNAME and ADMIN_PASSWORD (or ADMIN_PASSWORD_FILE).")
    created = ensure_admin(settings.admin_username, settings.admin_password)
    click.echo(f"User {settings.admin_username} {'created, role admin' if created else 'is there already'}.")
