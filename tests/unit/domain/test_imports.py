"""What an import is doing, in a word."""

from __future__ import annotations

import pytest

from src.domain.imports import STATUSES, phase_of


@pytest.mark.parametrize(
    ("status", "progress", "phase"),
    [
        ("queued", 0.0, "waiting"),
        ("queued", 0.4, "waiting"),  # handed back in the middle
        ("running", 0.0, "reading"),
        ("running", 0.49, "reading"),
        ("running", 0.5, "merging"),
        ("completed", 1.0, "completed"),
        ("failed", 0.3, "failed"),
    ],
)
def test_the_phase_is_named_by_status_and_progress(status: str, progress: float, phase: str) -> None:
    assert status in STATUSES
    assert phase_of(status, progress) == phase
