"""TCP ports: whether one is free, and a free one that stays the same from run to run."""

from __future__ import annotations

import json
import random
import socket
from pathlib import Path

from src.embedded.errors import Unusable
from src.embedded.files import write_private

# Below the range that kernels use for outgoing connections, so that none of those takes a kept port.
CANDIDATES = range(15000, 32000)
ATTEMPTS = 200
LOOPBACK = "127.0.0.1"


def bind_error(host: str, port: int) -> OSError | None:
    """Return why a server can't listen there; None where it can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # As the servers do it: connections of an earlier run that are still closing are no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None


def kept_port(path: Path, name: str) -> int:
    """Return the port that `path` keeps for `name` if it is free on 127.0.0.1, else another, kept then."""
    kept = _read(path)
    port = kept.get(name)
    if port is None or bind_error(LOOPBACK, port):
        port = free_port(taken=set(kept.values()))
        write_private(path, json.dumps({**kept, name: port}))
    return port


def free_port(taken: set[int] | None = None) -> int:
    """Return a port that is free on 127.0.0.1 now and is none of `taken`."""
    for port in random.sample(CANDIDATES, ATTEMPTS):
        if port not in (taken or ()) and bind_error(LOOPBACK, port) is None:
            return port
    raise Unusable(f"None of {ATTEMPTS} ports tried on {LOOPBACK} is free.")


def _read(path: Path) -> dict[str, int]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): int(port) for name, port in found.items() if 0 < int(port) < 65536}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
