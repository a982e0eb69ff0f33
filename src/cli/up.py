"""`flask up`: the whole service on one machine, with the servers it lacks, until Ctrl-C."""

from __future__ import annotations

import errno
import os
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import click

from src.cli.first_admin import first_admin
from src.config import ConfigurationError, Settings, load_settings
from src.embedded.errors import EmbeddedError, ServiceFailed, StopRequested
from src.embedded.ports import bind_error
from src.embedded.processes import Command
from src.embedded.service import Program
from src.embedded.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]
APP, CONF = "src.app", "python:src.gunicorn_conf"
MIGRATION_SECONDS, ADMIN_SECONDS, DEMO_SECONDS = 1800, 60, 24 * 3600
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - what to connect to instead


@click.command("up")
@click.option("--sample", is_flag=True, help="Import a sample file over HTTP and show the indicators.")
@click.option(
    "--sample-rows",
    type=click.IntRange(min=1),
    default=100_000,
    envvar="SAMPLE_ROWS",
    show_default=True,
    show_envvar=True,
    help="How many rows the sample file has.",
)
@click.option("--while", "starter", type=int, metavar="PID", help="Also stop when this process has ended.")
def up(sample: bool, sample_rows: int, starter: int | None) -> None:
    """Run the web server, the worker, the scheduler and the servers they need, until Ctrl-C."""
    try:
        settings = load_settings()
        supervisor = Supervisor(settings.data_dir, _say)
        with supervisor.stopping_on_signals(), supervisor:
            with suppress(StopRequested):
                _start(supervisor, settings, sample_rows if sample else None)
                supervisor.watch(starter)
            _say("Stopping ...")
    except (ConfigurationError, EmbeddedError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'The system refuses'}: {error.strerror}") from None
    _say("Stopped.")


def _start(supervisor: Supervisor, settings: Settings, sample_rows: int | None) -> None:
    """Start one after the other. The order is also, reversed, that of stopping."""
    _refuse_taken_port(settings)
    admin = first_admin(settings)
    if sample_rows and not admin:
        raise EmbeddedError("--sample needs ADMIN_USERNAME and ADMIN_PASSWORD where DATABASE_URL is set.")
    _say("Starting ...")
    servers = supervisor.start_servers(database=settings.embedded_database, broker=settings.embedded_broker)
    env = _environment(settings, servers.database_url, servers.redis_url, admin)
    supervisor.run(_flask("migrations", env, "db", "upgrade"), MIGRATION_SECONDS)
    if admin:
        supervisor.run(_flask("admin", env, "users", "ensure-admin"), ADMIN_SECONDS)
    for program in (_worker(settings, env), _beat(settings, env), _web(settings, env)):
        supervisor.start(program)
    _announce(settings)
    if sample_rows:
        _show_sample(supervisor, settings, env, sample_rows)
    _tell_login(settings, admin)


def _refuse_taken_port(settings: Settings) -> None:
    error = bind_error(settings.host, settings.port)
    if error:
        raise EmbeddedError(
            f"PORT {settings.port} on HOST {settings.host} can't be used: {error.strerror}. "
            f"Choose another one, e.g. {_another(settings, error)}."
        )


def _another(settings: Settings, error: OSError) -> str:
    if error.errno not in (errno.EADDRINUSE, errno.EACCES):
        return "HOST=127.0.0.1"
    return f"PORT={settings.port + 1 if 1023 < settings.port < 65535 else 7012}"  # those below are root's


def _environment(
    settings: Settings, database_url: str | None, redis_url: str | None, admin: tuple[str, str] | None
) -> dict[str, str]:
    """Return what the children see: everything that was given, with what we found out, and with absolute paths."""
    found = {
        "DATABASE_URL": database_url or settings.database_url,
        "REDIS_URL": redis_url or settings.redis_url,
        "JWT_SECRET_KEY": settings.jwt_secret_key,
        "JWT_SECRET_KEY_PREVIOUS": settings.jwt_secret_key_previous,
        "ADMIN_USERNAME": admin[0] if admin else None,
        "ADMIN_PASSWORD": admin[1] if admin else None,
        "DATA_DIR": str(settings.data_dir),
        "UPLOAD_DIR": str(settings.upload_dir),
        "HOST": settings.host,
        "PORT": str(settings.port),
        "PYTHONUNBUFFERED": "1",
    }
    # The demo is open to whoever reaches it, unless it is told not to be.
    demo = {"OPEN_REGISTRATION": "true"} if settings.embedded_database else {}
    return {**demo, **os.environ, **{name: value for name, value in found.items() if value is not None}}


def _python(name: str, env: dict[str, str], *arguments: str, seconds: float = 10) -> Command:
    return Command(name, [sys.executable, "-m", *arguments], ROOT, env=env, stop_seconds=seconds)


def _flask(name: str, env: dict[str, str], *arguments: str) -> Command:
    return _python(name, env, "flask", "--app", APP, *arguments)


def _worker(settings: Settings, env: dict[str, str]) -> Program:
    # SIGTERM would wait for imports to end; SIGQUIT gives them back, and the next worker takes them.
    env = {**env, "REMAP_SIGTERM": "SIGQUIT"}
    options = ("--concurrency", str(settings.worker_concurrency), "--prefetch-multiplier", "1", "--loglevel", "INFO")
    return Program(_python("worker", env, "celery", "--quiet", "-A", f"{APP}.celery", "worker", *options, seconds=20))


def _beat(settings: Settings, env: dict[str, str]) -> Program:
    schedule = settings.data_dir / "run" / "celerybeat-schedule"
    options = ("--schedule", str(schedule), "--pidfile", "", "--loglevel", "INFO")
    return Program(_python("beat", env, "celery", "--quiet", "-A", f"{APP}.celery", "beat", *options))


def _web(settings: Settings, env: dict[str, str]) -> Program:
    # A deploy may wait longer for uploads that are under way; who presses Ctrl-C does not want to.
    command = _python("web", env, "gunicorn", "-c", CONF, "--graceful-timeout", "8", f"{APP}:app", seconds=12)
    return Program(command, lambda: _answers(f"{_url(settings)}/health/live"), start_seconds=90)


def _url(settings: Settings) -> str:
    return f"http://{replace(settings, host=ANYWHERE.get(settings.host, settings.host)).address}"


def _answers(url: str) -> bool:
    # No proxy: one that is set for the machine knows nothing of 127.0.0.1.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=3) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _show_sample(supervisor: Supervisor, settings: Settings, env: dict[str, str], rows: int) -> None:
    """Run the demo as a child, so that Ctrl-C ends it too; its failure leaves the service running."""
    folder = str(settings.data_dir / "sample")
    arguments = ("src.cli.demo", _url(settings), folder, str(rows))
    command = _python("sample", env, *arguments, seconds=2)
    try:
        supervisor.run(replace(command, to_console=True), DEMO_SECONDS)
    except ServiceFailed:
        _say("The sample was not imported; the service is running nevertheless.")


def _announce(settings: Settings) -> None:
    _say(f"Serving on {_url(settings)} (logs: {settings.data_dir / 'log'})")


def _tell_login(settings: Settings, admin: tuple[str, str] | None) -> None:
    _say(f"API: {_url(settings)}/api/v1    Documentation: {_url(settings)}/docs")
    if admin:
        password = "as given in ADMIN_PASSWORD" if settings.admin_password else admin[1]
        _say(f"Log in as: {admin[0]}    Password: {password}")
    _say("Ctrl-C stops everything.")


def _say(line: str) -> None:
    click.echo(line)
