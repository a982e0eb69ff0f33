"""The statements of `src/sql`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.compose import ROOT

AFTER_AN_UPGRADE = """
import src.app
import pathlib, shutil
names = [path.stem for path in pathlib.Path("src/sql").glob("*.sql")]
shutil.rmtree("src/sql")
from src.repositories.sql import statement
print(len(names), all(statement(name) for name in names))
"""


def test_a_process_that_runs_reads_no_statement_from_the_disk(tmp_path: Path) -> None:
    """An upgrade may put others in their place under it."""
    for name in ("src", "migrations"):
        shutil.copytree(ROOT / name, tmp_path / name)
    count = len(list((ROOT / "src" / "sql").glob("*.sql")))
    done = subprocess.run([sys.executable, "-c", AFTER_AN_UPGRADE], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.split() == [str(count), "True"], done.stderr
