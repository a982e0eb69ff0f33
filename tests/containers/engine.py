"""A Docker engine of our own, from Debian's packages, which leaves the machine as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.containers import debian
from tests.e2e.running import wait_for

PROGRAMS = {"dockerd": "docker.io", "docker": "docker.io", "mmdebstrap": "mmdebstrap", "iptables-save": "iptables"}
PROGRAMS |= {"ip": "iproute2"}


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine: `environ` leads docker and its plugins to it."""

    folder: Path
    environ: Mapping[str, str]

    def run(self, *command: str, **options: Any) -> subprocess.CompletedProcess[Any]:
        """Run `docker COMMAND`. Raises CalledProcessError unless check=False."""
        given = {"check": True, "capture_output": True, "text": True, "stdin": subprocess.DEVNULL, **options}
        if "input" in given:
            del given["stdin"]
        done = subprocess.run(["docker", *command], env=self.environ, **{**given, "check": False})
        if given["check"] and done.returncode:
            raise AssertionError(f"docker {' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done


def skip_unless_possible() -> None:
    """Skip the tests, with the reason, on a machine where an engine can't be started."""
    if os.geteuid() != 0:
        pytest.skip("containers: only root can start a Docker engine")
    if missing := sorted({package for program, package in PROGRAMS.items() if not shutil.which(program)}):
        pytest.skip(f"containers: Debian's packages are missing: {' '.join(missing)}")
    if subprocess.run(["pgrep", "-x", "dockerd"], capture_output=True, check=False).returncode == 0:
        pytest.skip("containers: a Docker engine is running already, whose network rules ours would change")


@contextmanager
def engine(folder: Path) -> Iterator[Engine]:
    """Start an engine in `folder`; stop it at the end, and take away what it set up in the machine's network."""
    plugins = folder / "config" / "cli-plugins"
    plugins.mkdir(parents=True)
    for name in ("compose", "buildx"):
        (plugins / f"docker-{name}").symlink_to(debian.program(folder / "debian", f"docker-{name}"))
    socket = folder / "engine.sock"
    environ = {**os.environ, "DOCKER_HOST": f"unix://{socket}", "DOCKER_CONFIG": str(folder / "config")}
    started = Engine(folder, environ)
    with _network_as_before(), _dockerd(folder, socket) as process:
        wait_for(lambda: _answers(started, process))
        try:
            yield started
        finally:
            _remove_all_containers(started)


def _answers(started: Engine, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        log = (started.folder / "dockerd.log").read_text(errors="replace")[-1500:]
        pytest.skip(f"containers: dockerd does not start here: {log}")
    return started.run("info", check=False).returncode == 0


@contextmanager
def _dockerd(folder: Path, socket: Path) -> Iterator[subprocess.Popen[bytes]]:
    empty = folder / "dockerd.json"
    empty.write_text("{}")
    command = ["dockerd", "--host", f"unix://{socket}", "--pidfile", str(folder / "dockerd.pid"), "--bridge", "none"]
    command += ["--data-root", str(folder / "data"), "--exec-root", str(folder / "exec"), "--config-file", str(empty)]
    with (folder / "dockerd.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def _remove_all_containers(started: Engine) -> None:
    containers = started.run("ps", "--all", "--quiet").stdout.split()
    if containers:
        started.run("rm", "--force", "--volumes", *containers)
    for network in started.run("network", "ls", "--quiet", "--filter", "type=custom").stdout.split():
        started.run("network", "rm", network)


@contextmanager
def _network_as_before() -> Iterator[None]:
    """Restore the machine's packet filter and forwarding afterwards: an engine leaves chains and a policy of DROP."""
    saved = {name: _output(f"{name}-save") for name in ("iptables", "ip6tables")}
    forwarding = Path("/proc/sys/net/ipv4/ip_forward")
    before = forwarding.read_text()
    try:
        yield
    finally:
        for name, rules in saved.items():
            _empty(name)
            subprocess.run([f"{name}-restore"], input=rules, text=True, check=False)
        with suppress(OSError):
            forwarding.write_text(before)


def _empty(name: str) -> None:
    """Flush all that the engine may have added, tables that did not exist before included."""
    for table in ("filter", "nat", "mangle", "raw"):
        for change in (["-F"], ["-X"]):
            subprocess.run([name, "-t", table, *change], capture_output=True, check=False)
    subprocess.run([name, "-P", "FORWARD", "ACCEPT"], capture_output=True, check=False)


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
