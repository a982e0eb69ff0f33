"""Text that Postgres can hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import ValidationError, fields
from marshmallow.validate import Length

from src.domain.rows import normalise_nome

# Of a text that says nothing else: more than any name, address or word that is stored has.
MAX_LENGTH: Final = 255
NOT_TEXT: Final = re.compile("[\0\ud800-\udfff]")


class Text(fields.String):
    """A string without NUL and lone surrogates, neither of which Postgres can store or compare.

    It has a `maxLength`: its own, else MAX_LENGTH.
    """

    def __init__(self, *, validate: Any = None, metadata: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        checks = list(validate) if isinstance(validate, list | tuple) else [validate] if validate else []
        bounded = any(isinstance(check, Length) and check.max is not None for check in checks)
        if not bounded and "maxLength" not in (metadata or {}):
            checks.append(Length(max=MAX_LENGTH))
        super().__init__(validate=checks, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if NOT_TEXT.search(text):
            raise ValidationError("Has characters that are not text.")
        return text


class SoughtName(Text):
    """A name or an e-mail that is looked for, in the form in which names are compared."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return normalise_nome(super()._deserialize(value, attr, data, **kwargs))
