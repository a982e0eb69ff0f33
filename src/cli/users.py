"""`flask users`: the first admin, and all others. A password is asked for, or read from the standard input."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from marshmallow import ValidationError
from rich.console import Console
from rich.table import Table

from src.api.schemas.users import NewUserSchema
from src.cli.first_admin import first_admin
from src.cli.refusals import refusals_as_sentences
from src.domain.roles import ROLES
from src.repositories.lists import Wanted
from src.services import users as service

FIELDS = ("id", "username", "email", "role", "disabled", "created_at")

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
    created = service.ensure_admin(*admin)
    click.echo(f"User {admin[0]} {'created, role admin' if created else 'is there already'}.")


@users_cli.command("create")
@click.argument("username")
@click.option("--email", help="Unique, ignoring case.")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True)
@with_appcontext
@refusals_as_sentences
def create_command(username: str, email: str | None, role: str) -> None:
    """Create the user USERNAME. The password is asked for, or read from the standard input."""
    given = {"username": username, "role": role, **({"email": email} if email else {})}
    try:
        fields = NewUserSchema(partial=("password",)).load(given)
    except ValidationError as error:
        faults = (f"{name}: {' '.join(texts)}" for name, texts in error.messages_dict.items())
        raise click.ClickException(" ".join(faults)) from None
    user = service.add_user({**fields, "password": _password()})
    click.echo(f"User {user['username']} created, id {user['id']}, role {user['role']}.")


@users_cli.command("set-password")
@click.argument("username")
@with_appcontext
@refusals_as_sentences
def set_password_command(username: str) -> None:
    """Give USERNAME another password, asked for or read from the standard input; all its sessions end."""
    user_id = service.find_user_id(username)
    service.change_user(user_id, {"password": _password()})
    click.echo(f"User {username} has another password; all its sessions have ended.")


@users_cli.command("list")
@with_appcontext
@refusals_as_sentences
def list_command() -> None:
    """Print all users."""
    table = Table(*FIELDS)
    _, users = service.export_users(Wanted())
    for user in users:
        table.add_row(*("" if user[field] is None else str(user[field]) for field in FIELDS))
    Console().print(table)


@users_cli.command("disable")
@click.argument("username")
@click.option("--undo", is_flag=True, help="Let the user in again.")
@with_appcontext
@refusals_as_sentences
def disable_command(username: str, undo: bool) -> None:
    """Keep USERNAME out, at once: its tokens and API keys open nothing while it is disabled."""
    user = service.change_user(service.find_user_id(username), {"disabled": not undo})
    click.echo(f"User {user['username']} is {'let in again' if undo else 'disabled'}.")


def _password() -> str:
    """Return the password that is typed twice at a terminal, or else the first line of the standard input."""
    if sys.stdin.isatty():
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return password
    return sys.stdin.readline().rstrip("\r\n")
