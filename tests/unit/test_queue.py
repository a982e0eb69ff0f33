"""Beat's scheduler."""

from __future__ import annotations

from pathlib import Path

from celery import Celery

from src.queue import Clock


def test_beat_makes_the_folder_of_its_sign_of_life(tmp_path: Path) -> None:
    sign = tmp_path / "run" / "beat-schedule"
    Clock(Celery("one without a broker"), schedule_filename=str(sign), lazy=True).tick()
    assert sign.exists()
