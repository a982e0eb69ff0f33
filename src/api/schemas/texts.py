"""Text that Postgres can hold."""

from __future__ import annotations

import re
from typing import Any, Final

from marshmallow import ValidationError, fields

from src.domain.rows import normalise_nome

NOT_TEXT: Final = re.compile("[\0\ud800-\udfff]")


class Text(fields.String):
    """A string without NUL and lone surrogates, neither of which Postgres can store or compare."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if NOT_TEXT.search(text):
            raise ValidationError("Has characters that are not text.")
        return text


class SoughtName(Text):
    """A name or an e-mail that is looked for, in the form in which names are compared."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return normalise_nome(super()._deserialize(value, attr, data, **kwargs))
