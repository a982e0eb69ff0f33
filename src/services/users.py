"""Users: so far only the first admin."""

from __future__ import annotations

from src.repositories.users import add_user, find_user
from src.services.auth import HASHER
from src.services.unit_of_work import unit_of_work


def ensure_admin(username: str, password: str) -> bool:
    """Create the admin and return True, or leave a user of that name as it is and return False.

    Several processes may do this at once: one creates, the others find.
    """
    with unit_of_work() as session:
        if find_user(session, username):
            return False
    password_hash = HASHER.hash(password)
    with unit_of_work() as session:
        return add_user(session, username, password_hash, "admin")
