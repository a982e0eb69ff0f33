"""The character sets that the sender of a file may name, and the codec that reads each."""

from __future__ import annotations

import codecs
import re
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z0-9._:-]{1,40}")
# As browsers do, what is called ISO-8859-1 is read as its superset: the bytes between are quotes and dashes there.
_CODECS: Final = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "cp1252": "cp1252",
    "iso8859-15": "iso8859-15",
    "cp850": "cp850",
    "mac-roman": "mac-roman",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
}
KNOWN: Final = "UTF-8, windows-1252, ISO-8859-1, ISO-8859-15, cp850, macintosh, UTF-16"


def codec_of(charset: str) -> str | None:
    """Return the codec of a charset by any of its names (`latin1`, `Windows-1252`), or None if it is not read here."""
    name = charset.strip().strip("\"'")
    if not _NAME.fullmatch(name):
        return None
    try:
        return _CODECS.get(codecs.lookup(_ALIASES.get(name.lower(), name)).name)
    except LookupError:
        return None


_ALIASES: Final = {"x-mac-roman": "mac-roman", "macroman": "mac-roman", "mac": "mac-roman", "x-cp1252": "cp1252"}
