"""What each role may."""

from __future__ import annotations

from src.api.guard import RIGHTS


def test_each_role_may_all_that_the_one_below_may() -> None:
    assert RIGHTS["viewer"] == {"account", "read"}
    assert RIGHTS["viewer"] < RIGHTS["operator"] < RIGHTS["admin"]
    assert RIGHTS["admin"] - RIGHTS["operator"] == {"admin", "manage keys"}
