"""The words of an import: what its file has, what is to be done with it, and what becomes of it and of its rows."""

from __future__ import annotations

from typing import Final

KINDS: Final = ("atendimentos", "clientes")
MODES: Final = ("upsert", "insert")
STATUSES: Final = ("queued", "running", "completed", "failed", "cancelled", "undone")
# How much of an import's progress is reading; the rest is the merge.
READING_SHARE: Final = 0.5
OUTCOMES: Final = ("inserted", "updated", "unchanged", "superseded", "rejected")
# What is counted of an import; read is the sum of the others once it has completed (domain.md rule 9).
COUNTS: Final = ("read", *OUTCOMES)


def phase_of(status: str, progress: float) -> str:
    """Return what an import is doing, in a word: waiting, reading, merging, or its status once it has ended."""
    if status == "queued":
        return "waiting"
    if status == "running":
        return "reading" if progress < READING_SHARE else "merging"
    return status
