"""The service under load for long, its memory and open files watched: `python -m tests.faults.soak --minutes 60`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.load import Load, Usage, check
from tests.faults.service import Service

CONNECTIONS = 16
EVERY_SECONDS = 5
# What an allocator keeps and gives back by itself.
MAX_GROWTH = 0.1


def main() -> int:
    """Run the load, print what was used each minute, and return 1 where that grew or a request failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory(prefix="indicators-soak-") as folder, Service(Path(folder) / "data") as service:
        usage = Usage(service)
        with Load(service, CONNECTIONS) as load:
            _watch(usage, load, minutes * 60)
        check(load)
        print(service.flask("verify"), end="")
    memory, files = usage.growth()
    print(load.summary())
    print(f"From the second quarter of the time to the last: memory {memory:+.1%}, open files {files:+.1%}.")
    return int(max(memory, files) > MAX_GROWTH)


def _watch(usage: Usage, load: Load, seconds: float) -> None:
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < seconds:
        megabytes, files = usage.sample()
        if len(usage.samples) % (60 // EVERY_SECONDS) == 1:
            print(
                f"{passed / 60:5.0f} min: {megabytes:6.0f} MB, {files} open files, {len(load.seconds)} requests",
                flush=True,
            )
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
