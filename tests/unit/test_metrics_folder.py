"""The files of the web's figures: the disk has set their space aside before anything is counted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COUNT_ONCE = """
import sys
from pathlib import Path
from src.metrics_folder import make_folder
folder = make_folder(Path(sys.argv[1]))
from prometheus_client import Counter
Counter("visits", "Visits.").inc()
(figures,) = (path.stat() for path in folder.glob("counter_*.db"))
print(figures.st_size, figures.st_blocks * 512)
"""


def test_counting_needs_no_further_room_on_the_disk(tmp_path: Path) -> None:
    command = [sys.executable, "-c", COUNT_ONCE, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    size, taken = map(int, done.stdout.split())
    assert taken >= size > 0
