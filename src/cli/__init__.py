"""The commands: `flask --app src.app <command>`."""

from __future__ import annotations

from flask import Flask

from src.cli.db import db_cli
from src.cli.docs import docs_cli
from src.cli.imports import import_command
from src.cli.indicators import indicators_cli
from src.cli.sample_data import sample_data
from src.cli.up import up
from src.cli.users import users_cli
from src.cli.verify import verify_command

COMMANDS = (db_cli, docs_cli, import_command, indicators_cli, sample_data, up, users_cli, verify_command)


def register_commands(app: Flask) -> None:
    """Add the commands to `app`."""
    for command in COMMANDS:
        app.cli.add_command(command)
