"""The application: settings, then extensions, then blueprints, then commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flask import Flask

from src import extensions
from src.api import register_api
from src.api.json import OrjsonProvider
from src.cache import configure_cache
from src.cli import register_commands
from src.config import ConfigurationError, Settings, load_settings
from src.database import connect, trust_or_ping
from src.logs import configure_logs, log_in_one_line
from src.metrics import watch_pool
from src.queue import configure_queue

MIGRATIONS = Path(__file__).parent.parent / "migrations"
POOL_OVERFLOW = 2
MAX_BODY_BYTES = 1024**2  # of any request but an upload, which has its own limit
# No route reads a form but the uploads, which parse theirs as it comes (src/api/uploads.py).
MAX_FORM_BYTES = 64 * 1024
MAX_FORM_PARTS = 20

celery = extensions.celery


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application for `settings` (default: the environment's). Needs neither database nor broker."""
    settings = settings or load_settings()
    configure_logs(settings)
    app = Flask(__name__, static_folder=None)
    app.json = OrjsonProvider(app)
    app.config.update(_flask_config(settings))
    extensions.db.init_app(app)
    extensions.alembic.init_app(app)
    extensions.jwt.init_app(app)
    configure_queue(app, settings)
    configure_cache(app, settings)
    register_api(app, settings)
    register_commands(app)
    with app.app_context():
        watch_pool(extensions.db.engine, settings.web_threads + POOL_OVERFLOW)
    return app


def _flask_config(settings: Settings) -> dict[str, object]:
    return {
        "SETTINGS": settings,
        "MAX_CONTENT_LENGTH": MAX_BODY_BYTES,
        "MAX_FORM_MEMORY_SIZE": MAX_FORM_BYTES,
        "MAX_FORM_PARTS": MAX_FORM_PARTS,
        "SQLALCHEMY_DATABASE_URI": "postgresql+psycopg://",
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "creator": lambda: connect(settings),
            # The connection used last is given first: it has the statements prepared.
            "pool_use_lifo": True,
            "pool_events": [(trust_or_ping, "checkout")],
            "pool_size": settings.web_threads,
            "max_overflow": POOL_OVERFLOW,
            "pool_timeout": 10,
            # What a statement was given may be a password's hash, or somebody's e-mail: no error shall quote it.
            "hide_parameters": True,
        },
        "ALEMBIC": {"script_location": str(MIGRATIONS)},
        # None holds the locks of the one before it, and an index may be built outside of any.
        "ALEMBIC_CONTEXT": {"transaction_per_migration": True, "include_name": _is_in_the_models},
        "JWT_SECRET_KEY": settings.jwt_secret_key,
        "JWT_ALGORITHM": "HS256",
        "JWT_TOKEN_LOCATION": ["headers"],
        "JWT_COOKIE_CSRF_PROTECT": False,
        "JWT_ACCESS_TOKEN_EXPIRES": settings.access_token_seconds,
        "JWT_ENCODE_ISSUER": "indicators",
        "JWT_DECODE_ISSUER": "indicators",
        "JWT_ENCODE_AUDIENCE": "indicators",
        "JWT_DECODE_AUDIENCE": "indicators",
        # For a server whose clock is behind another's; when a token ends is looked at exactly (services/tokens.py).
        "JWT_DECODE_LEEWAY": 30,
        "API_TITLE": "Indicators API",
        "API_VERSION": "1.0.0",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/",
    }


def _is_in_the_models(name: str | None, kind: str, _: object) -> bool:
    """Say whether a table is one that the models describe: the sweep adds partitions of the audit log."""
    return kind != "table" or not str(name).startswith("audit_log_")


def _app_or_exit() -> Flask:
    try:
        return create_app()
    except ConfigurationError as error:
        log_in_one_line("configuration_wrong", f"The configuration is wrong. {error}")
        sys.exit(1)


app = _app_or_exit()


if __name__ == "__main__":
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:src.gunicorn_conf", "src.app:app"]
    os.execv(sys.executable, gunicorn)  # noqa: S606 - no shell is wanted
