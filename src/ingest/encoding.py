"""The encoding of a file, decided once by what is in all of it (domain.md, "The file")."""

from __future__ import annotations

from typing import IO, Final

import numpy as np
import numpy.typing as npt

from src.ingest.source import InvalidFile, expanded_chunks, has_byte_order_mark

UTF_8: Final = "utf-8"
CP1252: Final = "cp1252"
# The longest sequence of UTF-8 that the end of a chunk can cut, less its last byte.
_CUT_BYTES: Final = 3
_SCAN_BYTES: Final = 1024 * 1024

_LETTERS: Final = "áàâãéêíóôõúüç"
# What names and words of cp1252 have besides: letters of other languages, and marks that stand inside or behind words.
_OTHER_LETTERS: Final = "äèëìîïòöùûñý"
_MARKS: Final = "\u2018\u2019´`¨ªº°§–\xa0\xad·®"
_BEHIND_WORDS: Final = "…”“™¹²³"
_OTHERS: Final = {"cp850": _LETTERS, "mac-roman": _LETTERS}


def find_encoding(file: IO[bytes], max_expanded_bytes: int) -> str:
    """Return `utf-8` or `cp1252`, and leave the file at its start.

    It is UTF-8 if it has a byte-order mark, nothing but ASCII, or any sequence of several bytes that is valid UTF-8; of
    most files the first block says so. Raises InvalidFile if only cp850 or MacRoman makes words of it, or if it can't
    be unpacked.
    """
    words = _Words()
    cut = b""
    for number, chunk in enumerate(expanded_chunks(file, max_expanded_bytes, _SCAN_BYTES)):
        if number == 0 and has_byte_order_mark(chunk):
            break
        if not cut and chunk.isascii():
            continue
        data = cut + chunk
        if not data.decode(UTF_8, "ignore").isascii():
            break
        words.add(data)
        cut = b"" if data[-_CUT_BYTES:].isascii() else data[-_CUT_BYTES:]
    else:
        file.seek(0)
        return words.encoding()
    file.seek(0)
    return UTF_8


class _Words:
    """Counts, for each encoding, the bytes above 127 inside and behind words that are letters as words have them."""

    def __init__(self) -> None:
        self._seen = False
        self._likely = dict.fromkeys((CP1252, *_OTHERS), 0)

    def add(self, data: bytes) -> None:
        """Count the bytes of a part of the file."""
        text = np.frombuffer(b"".join((b"\n", data, b"\n")), np.uint8)
        high = np.flatnonzero(text > 127)
        self._seen |= bool(high.size)
        high = high[_IS_LETTER[text[high - 1]]]
        case = _case_of(text[high - 1], text[high + 1])
        for encoding, likely in _LIKELY.items():
            self._likely[encoding] += int(np.count_nonzero(likely[case, text[high]]))

    def encoding(self) -> str:
        """Return the encoding that explains the words best, or raise InvalidFile if it is none that is guessed."""
        if not self._seen:
            return UTF_8
        best = max(self._likely, key=lambda encoding: self._likely[encoding])
        if best != CP1252:
            name = {"cp850": "cp850, as DOS wrote it", "mac-roman": "MacRoman, as old Macs wrote it"}[best]
            raise InvalidFile(
                f"The file's letters with accents make no words in UTF-8 or cp1252; they seem to be {name}. "
                "Save it as CSV UTF-8 and upload that, or name its charset."
            )
        return CP1252


_INSIDE_LOWER, _INSIDE_UPPER, _BEHIND_LOWER, _BEHIND_UPPER, _CASES = range(5)


def _case_of(before: npt.NDArray[np.uint8], behind: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Return where each byte stands: the letter behind it tells the case of its word, else the one before it."""
    inside = _IS_LETTER[behind] & (behind < 128)
    upper = np.where(inside, _IS_UPPER[behind], _IS_UPPER[before])
    return np.where(inside, _INSIDE_LOWER, _BEHIND_LOWER) + upper


def _likely_bytes(encoding: str, letters: str, inside: str = "", behind: str = "") -> npt.NDArray[np.bool_]:
    """Return a table: may a byte stand in a word in a place (see _case_of)?"""
    table = np.zeros((_CASES, 256), np.bool_)
    places = {
        _INSIDE_LOWER: letters + inside,
        _INSIDE_UPPER: letters.upper() + inside,
        _BEHIND_LOWER: letters + inside + behind,
        # Behind one upper-case letter either may come: SÃ, Sé.
        _BEHIND_UPPER: letters + letters.upper() + inside + behind,
    }
    for place, characters in places.items():
        table[place, list(characters.encode(encoding, "ignore"))] = True
    return table


_BYTES: Final = np.arange(256)
_IS_UPPER: Final = (ord("A") <= _BYTES) & (ord("Z") >= _BYTES)
_IS_LETTER: Final = _IS_UPPER | ((ord("a") <= _BYTES) & (ord("z") >= _BYTES)) | (_BYTES > 127)
_LIKELY: Final = {
    CP1252: _likely_bytes(CP1252, _LETTERS + _OTHER_LETTERS, _MARKS, _BEHIND_WORDS),
    **{encoding: _likely_bytes(encoding, letters) for encoding, letters in _OTHERS.items()},
}
