"""What the database refuses, in the words of the domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import IntegrityError

from src.errors import DomainError

# What a constraint stands for: the error, its sentence, and the field at fault, if one is.
Refusal = tuple[type[DomainError], str, str | None]


@contextmanager
def refusing(refusals: Mapping[str, Refusal]) -> Iterator[None]:
    """Raise what `refusals` has under the name of the constraint that is violated in the block."""
    try:
        yield
    except IntegrityError as error:
        name = error.orig.diag.constraint_name if isinstance(error.orig, psycopg.Error) else None
        if name is None or name not in refusals:
            raise
        refusal, sentence, field = refusals[name]
        raise refusal(sentence, {field: [sentence]} if field else None) from error
