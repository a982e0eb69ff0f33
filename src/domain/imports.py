"""The words of an import: what its file has, what is to be done with it, and what becomes of it and of its rows."""

from __future__ import annotations

from typing import Final

KINDS: Final = ("atendimentos", "clientes")
MODES: Final = ("upsert", "insert")
STATUSES: Final = ("queued", "running", "completed", "failed", "cancelled", "undone")
OUTCOMES: Final = ("inserted", "updated", "unchanged", "superseded", "rejected")
# What is counted of an import; read is the sum of the others once it has completed (domain.md rule 9).
COUNTS: Final = ("read", *OUTCOMES)
