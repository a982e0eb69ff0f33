"""Settings of the service, read once from the environment and refused at start where they are wrong.

Every secret may also come from a file named by `<NAME>_FILE`. Where `DATABASE_URL` or `REDIS_URL` is unset, the
addresses of the embedded servers are read from `DATA_DIR/run/servers.json`, which `flask up` writes while they run.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from environs import Env, EnvError
from marshmallow import ValidationError, validate
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from redis.connection import parse_url

SECRETS = ("DATABASE_URL", "REDIS_URL", "JWT_SECRET_KEY", "JWT_SECRET_KEY_PREVIOUS", "ADMIN_PASSWORD")
ADDRESSES = ("DATABASE_URL", "REDIS_URL")
A_DAY: Final = 24 * 3600
# Beyond this, sums of times leave the range of Python's or Postgres's: a sweep, or a login, would fail each time.
A_CENTURY_OF_DAYS: Final = 36_500
# Whole numbers: the default, and the least and the most that are taken.
NUMBERS: dict[str, tuple[int, int, int | None]] = {
    "PORT": (7012, 1, 65535),
    "ACCESS_TOKEN_SECONDS": (3600, 1, A_CENTURY_OF_DAYS * A_DAY),
    "SESSION_SECONDS": (14 * A_DAY, 1, A_CENTURY_OF_DAYS * A_DAY),
    "MAX_UPLOAD_BYTES": (2 * 1024**3, 1, None),
    "MAX_EXPANDED_BYTES": (20 * 1024**3, 1, None),
    "IMPORT_LEASE_SECONDS": (20, 5, A_DAY),
    "IMPORT_MAX_ATTEMPTS": (3, 1, None),
    "SWEEP_SECONDS": (15, 1, A_DAY),
    "FAILED_UPLOAD_DAYS": (7, 0, A_CENTURY_OF_DAYS),
    "IMPORT_HISTORY_DAYS": (30, 0, A_CENTURY_OF_DAYS),
    "STATEMENT_TIMEOUT_SECONDS": (30, 1, A_DAY),
    "RATE_LIMIT_READS": (120_000, 1, None),
    "RATE_LIMIT_WRITES": (60_000, 1, None),
    "RATE_LIMIT_UPLOADS": (600, 1, None),
    "RATE_LIMIT_LOGINS_BY_ADDRESS": (300, 1, None),
    "RATE_LIMIT_LOGINS_BY_NAME": (30, 1, None),
    "TRUSTED_PROXY_HOPS": (0, 0, 10),
    "WEB_WORKERS": (2, 1, None),
    "WEB_THREADS": (8, 1, None),
    "WORKER_CONCURRENCY": (2, 1, None),
}
# The years that the rollups count.
SINCE_WHEN = validate.Range(date(1900, 1, 1), date(2099, 12, 31), error="is not a day from 1900-01-01 to 2099-12-31.")
MIN_SECRET_BYTES = 32
MIN_DIFFERENT_CHARACTERS = 10  # a random text of 32 hexadecimal digits has fewer once in 10,000
# What examples and templates have where a secret should be; letters and digits only.
PLACEHOLDERS = (
    *("changeme", "changethis", "changeit", "replaceme", "replacethis", "placeholder"),
    *("yoursecret", "yourjwt", "yourkey", "yoursuper", "defaultsecret", "supersecretkey"),
)
HOW_TO_MAKE_ONE = "give a random text of 32 bytes or more (openssl rand -hex 32)."
PUBLIC_URL = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~\-]+)*", re.ASCII)
# As browsers send it: no path, no slash at the end. `*` is none: whoever may read must be named.
ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]+", re.ASCII)


class ConfigurationError(Exception):
    """The environment can't be used; the message names every variable at fault and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says. Sizes in bytes, durations in seconds."""

    data_dir: Path
    upload_dir: Path
    database_url: str | None
    redis_url: str | None
    embedded_database: bool
    embedded_broker: bool
    host: str
    port: int
    jwt_secret_key: str
    jwt_secret_key_previous: str | None
    access_token_seconds: int
    session_seconds: int
    admin_username: str | None
    admin_password: str | None
    timezone: ZoneInfo
    earliest_date: date
    open_registration: bool
    max_upload_bytes: int
    max_expanded_bytes: int
    import_lease_seconds: int
    import_max_attempts: int
    sweep_seconds: int
    failed_upload_days: int
    import_history_days: int
    statement_timeout_seconds: int
    rate_limit_reads: int
    rate_limit_writes: int
    rate_limit_uploads: int
    rate_limit_logins_by_address: int
    rate_limit_logins_by_name: int
    public_url: str | None
    cors_origins: tuple[str, ...]
    trusted_proxy_hops: int
    web_workers: int
    web_threads: int
    worker_concurrency: int

    @property
    def address(self) -> str:
        """Host and port as one text, as servers and URLs have them: an IPv6 address stands in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def load_settings(environ: dict[str, str] | None = None) -> Settings:
    """Return the settings that `environ` (default: the process's) gives, or raise ConfigurationError."""
    previous = dict(os.environ)
    try:
        if environ is not None:
            os.environ.clear()
            os.environ.update(environ)
        return _read()
    finally:
        if environ is not None:
            os.environ.clear()
            os.environ.update(previous)


def _read() -> Settings:
    env = Env(eager=False)
    wrong: dict[str, list[str]] = {}
    values = _plain_values(env)
    given = {name: _secret(name, wrong) for name in SECRETS}
    given["DATABASE_URL"] = _libpq_url(given["DATABASE_URL"], wrong)
    _check_redis_url(given["REDIS_URL"], wrong)
    try:
        env.seal()
    except EnvError as error:
        wrong.update(getattr(error, "error_messages", None) or {"environment": [str(error)]})
    data_dir: Path = values["data_dir"]
    secret = _jwt_secret(given["JWT_SECRET_KEY"], given["DATABASE_URL"], data_dir, wrong)
    if fault := _weakness(given["JWT_SECRET_KEY_PREVIOUS"]):
        wrong["JWT_SECRET_KEY_PREVIOUS"] = [fault]
    if wrong:
        raise ConfigurationError("; ".join(f"{name}: {' '.join(texts)}" for name, texts in sorted(wrong.items())))
    servers = embedded_servers_urls(data_dir)
    return Settings(
        database_url=given["DATABASE_URL"] or servers.get("database_url"),
        redis_url=given["REDIS_URL"] or servers.get("redis_url"),
        embedded_database=given["DATABASE_URL"] is None,
        embedded_broker=given["REDIS_URL"] is None,
        jwt_secret_key=secret,
        jwt_secret_key_previous=given["JWT_SECRET_KEY_PREVIOUS"],
        admin_password=given["ADMIN_PASSWORD"],
        timezone=ZoneInfo(values.pop("timezone")),
        **values,
    )


def _plain_values(env: Env) -> dict[str, Any]:
    """Return all settings but the secrets, by field. What is wrong with them is told by `env.seal()`."""
    data_dir = Path(env.str("DATA_DIR", "./var")).expanduser().absolute()
    upload_dir = env.str("UPLOAD_DIR", "")
    known = validate.OneOf(available_timezones(), error="is not a zone of the tz database, such as America/Sao_Paulo.")
    numbers = {
        name.lower(): env.int(name, default, validate=validate.Range(min=least, max=most))
        for name, (default, least, most) in NUMBERS.items()
    }
    return numbers | {
        "data_dir": data_dir,
        "upload_dir": Path(upload_dir).expanduser().absolute() if upload_dir else data_dir / "uploads",
        "host": env.str("HOST", "127.0.0.1"),
        "admin_username": env.str("ADMIN_USERNAME", None),
        "timezone": env.str("TIMEZONE", "America/Sao_Paulo", validate=known),
        "earliest_date": env.date("EARLIEST_DATE", date(2000, 1, 1), validate=SINCE_WHEN),
        "open_registration": env.bool("OPEN_REGISTRATION", False),
        "public_url": (env.str("PUBLIC_URL", "", validate=_check_public_url) or "").rstrip("/") or None,
        "cors_origins": tuple(env.list("CORS_ORIGINS", [], subcast=str.strip, validate=_check_origins) or ()),
    }


def _libpq_url(url: str | None, wrong: dict[str, list[str]]) -> str | None:
    """Return the URL as Postgres's own programs take it, whatever SQLAlchemy's dialect says."""
    url = url and re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)
    try:
        conninfo_to_dict(url or "")
    except ProgrammingError:  # its text may quote the password
        wrong["DATABASE_URL"] = ["is not a Postgres address, such as postgresql://user:password@host:5432/database."]
    return url


def _check_redis_url(url: str | None, wrong: dict[str, list[str]]) -> None:
    try:
        parse_url(url or "redis://")  # type: ignore[no-untyped-call]
    except ValueError as error:
        wrong["REDIS_URL"] = [str(error)]


def _check_public_url(url: str) -> None:
    if url and not PUBLIC_URL.fullmatch(url.rstrip("/")):
        raise ValidationError("is no address: give https://host or https://host:port, and a path if there is one.")


def _check_origins(origins: list[str]) -> None:
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise ValidationError(
                f"{origin!r} is not an origin: give https://host or https://host:port, separated by commas."
            )


def _secret(name: str, wrong: dict[str, list[str]]) -> str | None:
    """Return the secret from `NAME`, else from the file that `NAME_FILE` names, else None; empty counts as unset.

    Not an empty address: it was meant for another server than the one that the next place names.
    """
    path = os.environ.get(f"{name}_FILE")
    if empty := _empty_address(name):
        wrong[empty] = [
            "is set, but empty: give the server's address, or unset it for another place or the embedded one."
        ]
        return None
    if os.environ.get(name) or not path:
        return os.environ.get(name) or None
    try:
        found = Path(path).read_text(encoding="utf-8").strip()
        if not found and name in ADDRESSES:
            wrong[f"{name}_FILE"] = [
                f"names a file that is empty: write the server's address to it, or unset {name}_FILE."
            ]
        return found or None
    except OSError as error:
        wrong[f"{name}_FILE"] = [f"can't be read: {error.strerror}."]
    except UnicodeDecodeError:
        wrong[f"{name}_FILE"] = ["is no text in UTF-8: write what is random in hexadecimal digits."]
    return None


def _empty_address(name: str) -> str | None:
    """Return the variable that is set and holds no address where there should be one, or None."""
    if name not in ADDRESSES:
        return None
    return next((each for each in (name, f"{name}_FILE") if not os.environ.get(each, "set").strip()), None)


def embedded_servers_urls(data_dir: Path) -> dict[str, str]:
    """Return the addresses that `flask up` has written, by the names of their settings; none while it does not run."""
    try:
        found = json.loads((data_dir / "run" / "servers.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: value for name, value in found.items() if name in ("database_url", "redis_url") and value}


def _jwt_secret(given: str | None, database_url: str | None, data_dir: Path, wrong: dict[str, list[str]]) -> str:
    """Return the signing key. Only beside the embedded servers is a missing one made, once, and kept (mode 600)."""
    if given is None and database_url is None:
        try:
            return kept_secret(data_dir / "jwt_secret_key", 48)
        except OSError as error:
            wrong["DATA_DIR"] = [f"can't be used: {error.filename or data_dir}: {error.strerror}."]
    elif given is None:
        wrong["JWT_SECRET_KEY"] = [f"is required with a DATABASE_URL: {HOW_TO_MAKE_ONE}"]
    elif fault := _weakness(given):
        wrong["JWT_SECRET_KEY"] = [fault]
    return given or ""


def _weakness(secret: str | None) -> str | None:
    """Return what is wrong with a signing key that was given, or None."""
    if secret is None:
        return None
    if len(secret.encode()) < MIN_SECRET_BYTES:
        return f"is too short: {HOW_TO_MAKE_ONE}"
    plain = "".join(character for character in secret.lower() if character.isalnum())
    # In two copies of a text, one after the other, the text begins a third time only if it is a piece repeated.
    repeated = (plain * 2).find(plain, 1) < len(plain)
    if repeated or len(set(secret)) < MIN_DIFFERENT_CHARACTERS or any(word in plain for word in PLACEHOLDERS):
        return f"is easily guessed, or taken from an example: {HOW_TO_MAKE_ONE}"
    return None


def kept_secret(path: Path, size: int = 24) -> str:
    """Return the secret that the file holds; the first call makes it, of `size` random bytes (mode 600)."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and linked: a process that is killed here leaves no half a secret, and of two the first wins.
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as file:
            file.write(secrets.token_urlsafe(size))
            file.flush()
            os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text(encoding="ascii").strip()
