"""Starts services, starts again those that die, and stops all of them in the reverse order."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType

from src.embedded import identity
from src.embedded.broker import Broker
from src.embedded.errors import EmbeddedError, ServiceFailed, StopRequested
from src.embedded.files import lock_folder, private_folder, tail, write_private
from src.embedded.postgres import NAME as POSTGRES
from src.embedded.postgres import Postgres
from src.embedded.processes import Child, Children, Command
from src.embedded.service import Service

FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 1.0, 30.0
# A child that has lived this long is well again: its next end counts as the first.
STEADY_SECONDS = 60
START_ATTEMPTS = 3
# How long another run of this data folder, whose make was killed, may take to stop before it counts as running.
LOCK_SECONDS = 10
# After how long a start is worth a line on the console.
PATIENCE_SECONDS = 8
POLL_SECONDS = 0.1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Servers:
    """The addresses of the embedded servers; None for one that is not embedded."""

    database_url: str | None
    redis_url: str | None


@dataclass(slots=True)
class _Watched:
    service: Service
    child: Child | None = None
    ends: int = 0
    start_at: float = 0


class Supervisor:
    """Runs the services of one data folder: a context manager that holds its lock and stops all at the end.

    Entering raises AlreadyRunning where another has the folder; what a killed one left behind is stopped.
    """

    def __init__(self, data_dir: Path, say: Say = lambda line: None) -> None:
        self._data_dir = data_dir.absolute()
        self._say = say
        self._watched: list[_Watched] = []
        self._stops_asked = 0
        self.children: Children

    def __enter__(self) -> Supervisor:
        # Open to pass, not to read: the user that runs Postgres for root has to get to its own folder.
        self._data_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
        run = private_folder(self._data_dir / "run")
        self._lock = lock_folder(run, self._data_dir, LOCK_SECONDS)
        try:
            self._addresses.unlink(missing_ok=True)
            self.children = Children(self._data_dir)
            self.children.stop_survivors(self._say)
        except BaseException:
            os.close(self._lock)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._stop_all()
        finally:
            self._addresses.unlink(missing_ok=True)
            os.close(self._lock)

    @property
    def _addresses(self) -> Path:
        return self._data_dir / "run" / "servers.json"

    def request_stop(self) -> None:
        """Make every wait end with StopRequested; asked twice, stopping allows a tenth of the usual times."""
        self._stops_asked += 1

    @contextlib.contextmanager
    def stopping_on_signals(self) -> Iterator[None]:
        """Take Ctrl-C, SIGTERM and SIGHUP (unless nohup has it ignored) as requests to stop in the block."""

        def ask(number: int, frame: FrameType | None) -> None:
            self.request_stop()

        ignored = {signal.SIGHUP} if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else set()
        previous = {number: signal.signal(number, ask) for number in STOP_SIGNALS if number not in ignored}
        # `make run` starts the program with it blocked: a Ctrl-C that came while it was loaded is taken now.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def start_servers(self, *, database: bool = True, broker: bool = True) -> Servers:
        """Start those that are wanted, wait until they answer, and write their addresses to servers.json."""
        postgres = Postgres(self._data_dir, self.children.log_of(POSTGRES)) if database else None
        queue = Broker(self._data_dir) if broker else None
        for service in (postgres, queue):
            if service:
                self.start(service)
        servers = Servers(postgres.url if postgres else None, queue.url if queue else None)
        addresses = {"database_url": servers.database_url, "redis_url": servers.redis_url}
        write_private(self._addresses, json.dumps({name: url for name, url in addresses.items() if url}))
        return servers

    def start(self, service: Service) -> None:
        """Start the service and return once it is ready.

        Raises ServiceFailed, with the end of its log, where it dies three times or is not ready in time, and
        StopRequested where a stop is asked for meanwhile.
        """
        watched = _Watched(service)
        self._watched.append(watched)
        started, told = time.monotonic(), False
        self._tend(watched)
        while not (self._lives(watched) and service.is_ready()):
            waited = time.monotonic() - started
            if watched.ends >= START_ATTEMPTS or waited > service.start_seconds:
                raise ServiceFailed(self._failure(service.name, "doesn't start"))
            if waited > PATIENCE_SECONDS and not told:
                self._say(f"Waiting for {service.name} ... Log: {self.children.log_of(service.name)}")
                told = True
            self.pause(POLL_SECONDS)
        service.settle()

    def run(self, command: Command, seconds: float) -> None:
        """Run a command to its end. Raises ServiceFailed where it fails or takes too long."""
        child = self.children.spawn(command)
        deadline = time.monotonic() + seconds
        try:
            while child.exit_code() is None:
                if time.monotonic() > deadline:
                    raise ServiceFailed(self._failure(command.name, f"took more than {seconds:.0f} s"))
                self.pause(POLL_SECONDS)
        finally:
            child.stop()
        if child.exit_code():
            raise ServiceFailed(self._failure(command.name, "failed"))

    def pause(self, seconds: float) -> None:
        """Let time pass while starting again what has died. Raises StopRequested once a stop is asked for."""
        if self._stops_asked:
            raise StopRequested
        for watched in self._watched:
            self._tend(watched)
        time.sleep(seconds)

    def watch(self, starter: int | None = None) -> None:
        """Keep everything running until a stop is asked for, or the process that `starter` names has ended."""
        started = identity.start_time(starter) if starter else None
        with contextlib.suppress(StopRequested):
            while not starter or (started and identity.start_time(starter) == started):
                self.pause(0.25)

    def _lives(self, watched: _Watched) -> bool:
        return watched.child is not None and watched.child.exit_code() is None

    def _tend(self, watched: _Watched) -> None:
        """Note that a service has ended, or start it (again) when its time has come."""
        if self._lives(watched):
            return
        now = time.monotonic()
        if watched.child is not None:
            watched.ends = 1 if now - watched.child.started > STEADY_SECONDS else watched.ends + 1
            delay = min(FIRST_DELAY_SECONDS * 2 ** (watched.ends - 1), LONGEST_DELAY_SECONDS)
            self._say(
                f"{watched.service.name} has ended ({_told(watched.child.exit_code())}); "
                f"starting it again in {delay:.0f} s. Log: {self.children.log_of(watched.service.name)}"
            )
            watched.child, watched.start_at = None, now + delay
        elif now >= watched.start_at:
            self._spawn(watched)

    def _spawn(self, watched: _Watched) -> None:
        try:
            watched.child = self.children.spawn(watched.service.prepare())
        except (EmbeddedError, OSError) as error:
            if not watched.ends:  # the first start: there is no point in trying again
                raise
            watched.start_at = time.monotonic() + LONGEST_DELAY_SECONDS
            self._say(f"{watched.service.name} can't be started: {error}")

    def _stop_all(self) -> None:
        while self._watched:
            watched = self._watched.pop()
            if watched.child is not None:
                watched.child.stop(in_hurry=lambda: self._stops_asked > 1)

    def _failure(self, name: str, what: str) -> str:
        log = self.children.log_of(name)
        return f"{name} {what}. The end of {log}:\n{tail(log)}"


@contextlib.contextmanager
def embedded_servers(data_dir: Path) -> Iterator[Servers]:
    """Run Postgres and the broker of a data folder for as long as the block runs; for tests and tools.

    Must be entered in the main thread. A server that dies meanwhile is not started again.
    """
    with Supervisor(data_dir) as supervisor:
        yield supervisor.start_servers()


def _told(code: int | None) -> str:
    return f"signal {-code}" if code and code < 0 else f"exit code {code}"
