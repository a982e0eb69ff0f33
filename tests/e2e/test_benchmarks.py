from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unmeasured import UNMEASURED

ROOT = Path(__file__).parents[2]
GIVEN = ("DATABASE_URL", "REDIS_URL")


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_the_benchmark_measures_every_part_and_checks_every_answer(tmp_path: Path) -> None:
    """Figures of a small file mean nothing, but each is only given if the answers were exact."""
    out = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--rows", "2000", "--repeat", "1", "--seconds", "1", "--json", str(out)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in GIVEN} | UNMEASURED,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert figures["rows"] == 2000
    assert figures["floor_seconds"] > 0
    assert len(figures["imports"]) == 6
    assert all(kind["seconds"] > 0 and kind["steps"] for kind in figures["imports"])
    assert len(figures["indicators"]) == 12
    assert [kind["per_second"] > 0 for kind in figures["http"]] == [True] * (6 if shutil.which("wrk") else 0)
