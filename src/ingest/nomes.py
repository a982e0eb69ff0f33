"""Names as numbers: each angel and polo of a file is looked up once, and is an integer from then on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from src.domain.rows import InvalidRow, require_nome
from src.ingest.source import InvalidFile

Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

# The longest name, in bytes, that is looked up by whole columns; longer ones go one by one.
VECTOR_BYTES = 64
_WORDS = VECTOR_BYTES // 8
# More new names than any operation has: then the column holds something else. A name takes up to a kilobyte.
MAX_NEW_NOMES = 50_000
# Spellings that are remembered; each further one is read by itself.
MAX_TEXTS = 100_000
_SLOT_BITS = 17
_SLOT_SHIFT = np.uint64(64 - _SLOT_BITS)
_UNKNOWN = -1
_INVALID = -2


class Nomes:
    """A growing dictionary from names to numbers. `numbers` maps each normalised name to its number; that of
    a new one is higher than all of these and than `last`.

    Names are found by their exact bytes as the file has them: a hash leads to a slot with a candidate, whose bytes are
    compared, so a collision costs time and never gives a wrong angel.
    """

    def __init__(self, column: str, known: Mapping[str, int] | None = None, last: int = 0) -> None:
        self.column = column
        self.numbers: dict[str, int] = dict(known or {})
        self._next = max(last, *self.numbers.values()) + 1 if self.numbers else last + 1
        self._most = len(self.numbers) + MAX_NEW_NOMES
        self._by_text: dict[bytes, int] = {}
        self._slots: Integers = np.zeros(2**_SLOT_BITS, np.int64)
        self._words: Words = np.empty((_WORDS, 0), np.uint64)
        self._lengths: Integers = np.empty(0, np.int64)
        self._found: Integers = np.empty(0, np.int64)

    def number(self, nome: str) -> int:
        """Return the number of a normalised name, a new one if it is new. Raises InvalidFile for one too many."""
        number = self.numbers.get(nome)
        if number is None:
            if len(self.numbers) >= self._most:
                raise InvalidFile(
                    f"The column {self.column} has more than {MAX_NEW_NOMES:,} names, more than any operation. "
                    "Check that it is the right column."
                )
            number = self.numbers[nome] = self._next
            self._next += 1
        return number

    def lookup(self, words: Words, lengths: Integers) -> Integers:
        """Return the number of each row's name, negative where the name is none.

        `words` holds the bytes of each name, zeros behind, as rows of up to 8 words; `lengths` counts its bytes.
        """
        hashes = _hash(words)
        numbers = self._candidates(words, lengths, hashes)
        missing = np.flatnonzero(numbers == _UNKNOWN)
        if missing.size:
            numbers[missing] = self._learn(words[missing], lengths[missing])
        return numbers

    def _candidates(self, words: Words, lengths: Integers, hashes: Words) -> Integers:
        """Return the numbers of the names that their slot leads to; of two names in one slot only one is found."""
        if not self._found.size:
            return np.full(len(words), _UNKNOWN, np.int64)
        at = self._slots[hashes >> _SLOT_SHIFT]
        same = self._lengths[at] == lengths
        for place in range(words.shape[1]):
            same &= self._words[place][at] == words[:, place]
        return np.where(same, self._found[at], _UNKNOWN)

    def _learn(self, words: Words, lengths: Integers) -> Integers:
        texts = [row.tobytes()[:length] for row, length in zip(words, lengths.tolist(), strict=True)]
        fresh = {text: self._number_of_text(text) for text in sorted(set(texts) - self._by_text.keys())}
        if len(self._by_text) + len(fresh) <= MAX_TEXTS:
            self._by_text |= fresh
            self._index(fresh)
        return np.array([fresh.get(text) or self._by_text[text] for text in texts], np.int64)

    def _number_of_text(self, text: bytes) -> int:
        try:
            return self.number(require_nome(self.column, text.decode("utf-8")))
        except InvalidRow:
            return _INVALID

    def _index(self, texts: Iterable[bytes]) -> None:
        """Give each of `texts` a slot; who comes second to one is found one by one."""
        texts = list(texts)
        if not texts:
            return
        padded = np.frombuffer(b"".join(t.ljust(VECTOR_BYTES, b"\0") for t in texts), np.uint64).reshape(-1, _WORDS)
        self._slots[_hash(padded) >> _SLOT_SHIFT] = np.arange(len(texts)) + self._found.size
        self._words = np.concatenate([self._words, padded.T], axis=1)
        self._lengths = np.concatenate([self._lengths, np.array([len(t) for t in texts], np.int64)])
        self._found = np.concatenate([self._found, np.array([self._by_text[t] for t in texts], np.int64)])


def _hash(words: Words) -> Words:
    """Return a 64-bit hash of each row; zero words behind a name do not change it."""
    hashes = np.zeros(len(words), np.uint64)
    for position in range(words.shape[1]):
        word = words[:, position] * _MULTIPLIERS[position]
        hashes ^= word ^ (word >> np.uint64(29))
    return hashes


_MULTIPLIERS = np.array(
    [
        0x9E3779B97F4A7C15,
        0xC2B2AE3D27D4EB4F,
        0x165667B19E3779F9,
        0xD6E8FEB86659FD93,
        0xFF51AFD7ED558CCD,
        0xC4CEB9FE1A85EC53,
        0x94D049BB133111EB,
        0xBF58476D1CE4E5B9,
    ],
    np.uint64,
)
