"""Names that can be mistaken for others: another alphabet's letters, full-width ones, invisible ones.

After Unicode's UTS 39: a name has letters of one alphabet, each in its plain form, and none that looks like an ASCII
letter without being one. Accents are fine: `josé.antônio`. Cyrillic `иван` is fine, but Cyrillic `асе` is not: it
reads as `ace`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Letters that nobody sees (Hangul fillers); all other invisible characters are no letters.
INVISIBLE: Final = frozenset("\u115f\u1160\u3164\uffa0")
# Up to here are the Latin letters of European and African languages (Latin Extended-B); beyond, only accented ones.
LAST_OF_EUROPE: Final = "\u024f"
# Between the parts of a user name or an e-mail. Each part may have its own alphabet: иван@example.com.
PARTS: Final = re.compile(r"[@.]")


def look_alike_fault(name: str) -> str | None:
    """Return a sentence that says why a user name or an e-mail can be mistaken for another, or None."""
    if name.isascii():
        return None
    name = unicodedata.normalize("NFC", name)
    for character in name:
        if not character.isascii() and (not character.isalpha() or _is_variant(character) or character in INVISIBLE):
            return f"{_named(character)} can be mistaken for another character: write plain letters and digits."
    parts = [part for part in PARTS.split(name) if part] if "@" in name else [name]
    return next((fault for part in parts if (fault := _fault_of_letters(part))), None)


def _fault_of_letters(part: str) -> str | None:
    letters = [character for character in part if character.isalpha()]
    alphabets = sorted({_alphabet(letter) for letter in letters})
    if len(alphabets) > 1:
        names = ", ".join(alphabets).lower()
        return f"Has letters of several alphabets ({names}), which can be mistaken for each other: use one."
    foreign = [letter for letter in letters if not letter.isascii()]
    similar = [letter for letter in foreign if _looks_ascii(letter)]
    if similar and (alphabets == ["LATIN"] or similar == letters):
        return f"{_named(similar[0])} can be mistaken for an ASCII letter: use that letter."
    return None


def _is_variant(character: str) -> bool:
    """Return whether it is another form of a character: full-width, mathematical, superscript, a ligature."""
    return unicodedata.normalize("NFKC", character) != character


def _alphabet(letter: str) -> str:
    # Loaded when the first such name comes: its tables take 10 MB, which no worker needs.
    from confusable_homoglyphs import categories

    return str(categories.alias(letter))


def _looks_ascii(letter: str) -> bool:
    """Return whether it looks like an ASCII letter or digit; an accented letter does not.

    By Unicode's list of confusables. Phonetic letters and small capitals, of which it lacks many, all do.
    """
    from confusable_homoglyphs.confusables import confusables_data

    if unicodedata.decomposition(letter):
        return False
    if _alphabet(letter) == "LATIN" and letter > LAST_OF_EUROPE:
        return True
    return any(len(found["c"]) == 1 and found["c"].isascii() for found in confusables_data.get(letter, ()))


def _named(character: str) -> str:
    return f"U+{ord(character):04X} ({unicodedata.name(character, 'without a name')})"
