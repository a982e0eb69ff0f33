"""The service as docker-compose.yml describes it, for an engine of the tests."""

from __future__ import annotations

import json
import socket
import subprocess
from functools import cached_property
from typing import Any

import yaml

from tests.compose import ROOT, compose, dockerfile
from tests.containers.engine import Engine
from tests.e2e.running import wait_for
from tests.faults.client import Client

# Only what the tests need differs from the file: how the image is built in a network without a bridge.
OVERRIDE = {"services": {"secrets": {"build": {"context": str(ROOT), "network": "host"}}}}


def image_names() -> dict[str, str]:
    """Return the full names of the images that the repository's files name: python, postgres, redis, nginx."""
    services = compose()["services"]
    python = next(rest.split()[0] for word, rest in dockerfile() if word == "FROM")
    names = {"postgres": "database", "redis": "redis", "nginx": "nginx"}
    return {"python": python} | {image: services[name]["image"] for image, name in names.items()}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class Service:
    """A project of Compose. Its secrets and backups lie beside the engine, not in the clone."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.folder = engine.folder
        self.port = free_port()
        override = self.folder / "override.yml"
        override.write_text(yaml.safe_dump(OVERRIDE))
        settings = {
            "PORT": f"127.0.0.1:{self.port}",
            "HTTP_PORT": f"127.0.0.1:{free_port()}",
            "SECRETS_DIR": self.folder / "secrets",
            "BACKUP_DIR": self.folder / "backups",
        }
        env_file = self.folder / "env"
        env_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        files = ("-f", str(ROOT / "docker-compose.yml"), "-f", str(override))
        self._options = ("--project-directory", str(ROOT), "--env-file", str(env_file), "--progress", "plain", *files)

    def compose(self, *command: str, **options: Any) -> subprocess.CompletedProcess[Any]:
        """Run `docker compose COMMAND`."""
        return self.engine.run("compose", *self._options, *command, **options)

    @cached_property
    def admin(self) -> Client:
        """A client through nginx's port, logged in with the password that the service has made."""
        password = (self.folder / "secrets" / "app" / "admin_password").read_text().strip()
        return Client(f"http://127.0.0.1:{self.port}", "admin", password)

    def import_file(self, data: bytes, options: str = "") -> Any:
        """Upload the file, wait for the import's end, and return it."""
        answer = self.admin.upload(data, options)
        assert answer.status == 202, answer
        return self.ended(answer.json["id"])

    def ended(self, import_id: int, seconds: float = 300) -> Any:
        """Wait for the import's end and return it."""

        def state() -> Any:
            found = self.admin.get(f"/imports/{import_id}")
            return found if found["status"] in ("completed", "failed", "cancelled") else None

        return wait_for(state, seconds)

    def log_lines(self, name: str) -> list[str]:
        """Return all that the containers of a service have written."""
        ids = self.compose("ps", "--all", "--quiet", name).stdout.split()
        done = [self.engine.run("logs", each) for each in ids]
        return [line for each in done for line in (each.stdout + each.stderr).splitlines() if line.strip()]


def is_json(line: str) -> bool:
    """Whether the line is one JSON object."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
