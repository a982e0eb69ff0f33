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


def refusals_as_sentences(command: Callable[P, R]) -> Callable[P, R]:
    """Make the command end with exit code 1 and a sentence where domain, migrations or database refuse.

    What is a mistake of ours still shows its stack trace.
    """

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except DomainError as error:
            raise click.ClickException(error.detail) from error
        except alembic.util.CommandError as error:
            raise click.ClickException(str(error)) from error
        except sqlalchemy.exc.OperationalError as error:
            raise click.ClickException(f"The database can't be used: {error.orig}") from error
        except psycopg.OperationalError as error:
            raise click.ClickException(f"The database can't be used: {error}") from error

    return told
