"""Passwords: which are taken, and how they are kept."""

from __future__ import annotations

import hmac
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app

from src.errors import InvalidFields

# OWASP's first choice: 30 ms and 19 MiB a login, where the library's default takes 64 MiB and 146 ms.
HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Of a random password that was thrown away: what an unknown name's password is compared with.
HASH_OF_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$fJRS5lJ6fNJ0G22GwpYm3w$8M9yZXBZbEZq/1UWVlvDpyDRFZ3kawZZEr9hZJy8ICY"
MIN_LENGTH: Final = 8
MAX_LENGTH: Final = 128


def hash_password(password: str) -> str:
    """Return what is stored of the password."""
    return HASHER.hash(_normal(password))


def is_password(password_hash: str | None, password: str) -> bool:
    """Return whether the password is the one of the hash; as slow without a hash, which is no one's."""
    try:
        return HASHER.verify(password_hash or HASH_OF_NOBODY, _normal(password)) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def fingerprint_of(password: str) -> str:
    """Return what tells this password from another; without the signing key nobody can try passwords against it."""
    key = current_app.config["SETTINGS"].jwt_secret_key.encode()
    return hmac.digest(key, b"password " + _normal(password).encode(), "sha256").hex()


def is_outdated(password_hash: str) -> bool:
    """Return whether the hash was made with other parameters than those of today."""
    return HASHER.check_needs_rehash(password_hash)


def check_policy(password: str, username: str, email: str | None, field: str = "password") -> None:
    """Raise InvalidFields, naming `field`, for a password that is too easily guessed.

    Length counts, not classes of characters (NIST SP 800-63B, OWASP).
    """
    if sentence := _fault(password, username, email):
        raise InvalidFields(sentence, {field: [sentence]})


def _fault(password: str, username: str, email: str | None) -> str | None:
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return f"A password must have {MIN_LENGTH} to {MAX_LENGTH} characters."
    if len(set(password)) < 3:
        return "A password must have at least three different characters."
    names = {username, *((email, email.partition("@")[0]) if email else ())}
    if password.casefold() in {name.casefold() for name in names}:
        return "A password must not be the username or the e-mail."
    return None


def _normal(password: str) -> str:
    """Return the password as every keyboard writes it: macOS and Windows compose accents in different ways."""
    return unicodedata.normalize("NFKC", password)
