"""Sixty-four connections of readers and writers while files are imported."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.faults.conftest import LONG
from tests.faults.load import Load, check
from tests.faults.service import Service
from tests.faults.world import World

CONNECTIONS, SECONDS = (64, 120) if LONG else (16, 3)


def test_no_request_fails_while_many_read_and_write_and_files_are_imported(
    service: Service, world: World, tried: Callable[[str, int, str], None]
) -> None:
    world.put("filled")
    with Load(service, CONNECTIONS) as load:
        time.sleep(SECONDS)
    check(load)
    assert "agree" in service.flask("verify")
    tried(f"{CONNECTIONS} connections, a quarter of them writing, for {SECONDS} s", 1, load.summary())
