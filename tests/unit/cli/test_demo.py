"""What the demonstration shows of an import, and the file that it sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from src.cli import demo
from src.services.sample_data import write_sample


class Answers:
    """An API whose import has these statuses and progresses, one after the other."""

    def __init__(self, *states: tuple[str, float]) -> None:
        self._states = iter(states)

    def get(self, path: str) -> dict[str, Any]:
        status, progress = next(self._states)
        return {"id": 1, "status": status, "progress": progress, "rows": {"read": int(progress * 1000)}}


@pytest.mark.parametrize("terminal", [True, False])
def test_the_progress_names_its_phase(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "POLL_SECONDS", 0.15)  # the bar is drawn ten times a second
    api = Answers(("running", 0.2), ("running", 0.5), ("completed", 1.0))
    started = {"id": 1, "status": "queued", "progress": 0.0, "rows": {"read": 0}}
    console = Console(force_terminal=terminal, width=120)
    assert demo.show_progress(api, started, console)["status"] == "completed"  # type: ignore[arg-type]
    shown = capsys.readouterr().out
    phases = ("waiting, 0 rows", "reading, 200 rows", "merging, 500 rows", "completed, 1,000 rows")
    places = [shown.find(phase) for phase in phases]
    assert -1 not in places
    assert places == sorted(places)


def test_its_file_is_another_than_the_one_to_try_with(tmp_path: Path) -> None:
    """An upload of the README's sample must not be answered as already known."""
    mine = tmp_path / "sample.csv"
    write_sample(mine, rows=300)
    assert demo.sample_file(tmp_path, 300, Console()).read_bytes() != mine.read_bytes()
