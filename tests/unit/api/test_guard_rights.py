"""What each role may."""

from __future__ import annotations

from src.api.guard import RIGHTS
from src.domain.roles import ROLES


def test_each_role_may_all_that_the_one_below_may() -> None:
    assert tuple(RIGHTS) == ROLES
    assert RIGHTS["viewer"] == {"account", "read"}
    assert RIGHTS["viewer"] < RIGHTS["operator"] < RIGHTS["admin"]
    assert RIGHTS["admin"] - RIGHTS["operator"] == {"admin", "manage users", "manage keys"}
