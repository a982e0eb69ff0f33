"""Runs a module by another clock: `python -m tests.faults.clock +3600 celery ...`, or 2024-02-29T23:59:55 for +3600."""

from __future__ import annotations

import runpy
import sys
from datetime import UTC, datetime, timedelta

import time_machine


def main() -> None:
    """Set this process's clock, and that of all that it forks, and become the module."""
    _, given, module, *arguments = sys.argv
    if given[0] in "+-":
        moment = datetime.now(UTC) + timedelta(seconds=int(given))
    else:
        moment = datetime.fromisoformat(given).replace(tzinfo=UTC)
    time_machine.travel(moment, tick=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
