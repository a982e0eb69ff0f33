"""What goes wrong in a command, as a sentence instead of a stack trace."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import alembic.util
import click
import psycopg
import sqlalchemy.exc

from src.errors import DomainError

P = ParamSpec("P")
R = TypeVar("R")


# What domain, migrations and database say no with; anything else is a mistake of ours.
REFUSALS = (DomainError, alembic.util.CommandError, sqlalchemy.exc.OperationalError, psycopg.OperationalError)


def refusals_as_sentences(command: Callable[P, R]) -> Callable[P, R]:
    """Make the command end with exit code 1 and a sentence where domain, migrations or database refuse.

    What is a mistake of ours still shows its stack trace.
    """

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except REFUSALS as error:
            raise click.ClickException(sentence_of(error)) from error

    return told


def sentence_of(error: Exception) -> str:
    """Return what one of REFUSALS says, for a person."""
    if isinstance(error, DomainError):
        return error.detail
    if isinstance(error, sqlalchemy.exc.OperationalError):
        return f"The database can't be used: {error.orig}"
    if isinstance(error, psycopg.OperationalError):
        return f"The database can't be used: {error}"
    return str(error)
