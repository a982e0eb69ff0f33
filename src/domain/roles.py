"""The roles of users and API keys."""

from __future__ import annotations

from typing import Final

# Each may all that the one before may.
ROLES: Final = ("viewer", "operator", "admin")
