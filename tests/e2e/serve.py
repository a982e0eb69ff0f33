"""Runs the embedded servers of a data folder until it is told to stop: `python -m tests.e2e.serve DATA_DIR [PATIENCE]`.

PATIENCE is for how many seconds it waits for another one of the folder to end.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from src.embedded import supervisor as supervising
from src.embedded.errors import EmbeddedError, StopRequested
from src.embedded.supervisor import Supervisor


def main(data_dir: Path, patience: float = supervising.LOCK_SECONDS) -> int:
    supervising.LOCK_SECONDS = patience
    supervisor = Supervisor(data_dir, partial(print, flush=True))
    try:
        with supervisor.stopping_on_signals(), supervisor:
            supervisor.start_servers()
            print("READY", flush=True)
            supervisor.watch()
    except StopRequested:
        pass
    except EmbeddedError as error:
        print(error, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *map(float, sys.argv[2:])))
