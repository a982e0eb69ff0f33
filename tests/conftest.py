"""Real servers for the tests that need them: Postgres, built by the migrations, and a broker for each xdist worker."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import hypothesis
import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from src.config import Settings, load_settings
from src.embedded.supervisor import Servers, embedded_servers
from src.extensions import alembic, db
from src.models import User
from src.services.passwords import hash_password
from src.services.sessions import open_session
from src.services.tokens import access_token
from src.services.unit_of_work import unit_of_work
from tests.closing_words import pytest_unconfigure as pytest_unconfigure  # a hook

# The machines are shared: a slow example says nothing about the code.
hypothesis.settings.register_profile("shared machine", deadline=None)
hypothesis.settings.load_profile("shared machine")

SECRET = "a secret of the tests, 32 bytes long"

# Importing src.app makes an application of the environment, which must not be the developer's own.
for _name in (
    "DATABASE_URL",
    "REDIS_URL",
    "JWT_SECRET_KEY",
    "JWT_SECRET_KEY_PREVIOUS",
    "UPLOAD_DIR",
    "MAX_UPLOAD_BYTES",
):
    os.environ.pop(_name, None)
_data_dir = tempfile.TemporaryDirectory(prefix="indicators-test-")
os.environ["DATA_DIR"] = _data_dir.name


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Postgres and the broker, empty, for as long as this worker of xdist lives."""
    with embedded_servers(tmp_path_factory.mktemp("servers")) as running:
        assert running.database_url
        # Nobody needs a test's data after a power cut.
        with psycopg.connect(running.database_url, autocommit=True) as connection:
            connection.execute("alter system set fsync = off")
            connection.execute("select pg_reload_conf()")
        yield running


@pytest.fixture(scope="session")
def environment(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment that a process of the service needs to use the test's servers."""
    assert servers.database_url
    assert servers.redis_url
    return {
        "DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "JWT_SECRET_KEY": SECRET,
        "ADMIN_USERNAME": "admin",
        "ADMIN_PASSWORD": "the admin's password",
    }


@pytest.fixture(scope="session")
def settings(environment: dict[str, str]) -> Settings:
    # The zone's file and the like are found through the rest of the environment.
    return load_settings({**os.environ, **environment})


@pytest.fixture(scope="session")
def app(settings: Settings) -> Flask:
    """The application over a database that the migrations have built."""
    from src.app import create_app

    app = create_app(settings)
    with app.app_context():
        alembic.upgrade()
    return app


@pytest.fixture
def app_with(app: Flask) -> Iterator[Callable[..., Flask]]:
    """Make `app` have other settings until the test ends: `app_with(max_upload_bytes=10)`."""
    original = app.config["SETTINGS"]

    def change(**changes: object) -> Flask:
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], **changes)
        return app

    yield change
    app.config["SETTINGS"] = original


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def make_user(app: Flask) -> Callable[..., int]:
    """Make a user, unless there is one of that name, and return its id: `make_user("ana", "operator")`.

    Its password is its name, twice with a blank in between, or "none" where nobody logs in (hashing takes its time).
    """

    def make(username: str, role: str, *, email: str | None = None, with_password: bool = False) -> int:
        password_hash = hash_password(f"{username} {username}") if with_password else "none"
        values = {"username": username, "email": email, "password_hash": password_hash, "role": role}
        with app.app_context():
            db.session.execute(insert(User).values(values).on_conflict_do_nothing())
            user_id = db.session.scalar(select(User.id).where(User.username == username))
            db.session.commit()
        assert user_id is not None
        return user_id

    return make


@pytest.fixture
def headers_of(app: Flask) -> Callable[[int], dict[str, str]]:
    """Open a session for the user of that id and return the headers that let it in."""

    def open_for(user_id: int) -> dict[str, str]:
        with app.app_context():
            with unit_of_work() as session:
                opened = open_session(session, user_id)
            token, _ = access_token(opened)
        return {"Authorization": f"Bearer {token}"}

    return open_for


@pytest.fixture
def headers_for(
    make_user: Callable[..., int], headers_of: Callable[[int], dict[str, str]]
) -> Callable[[str], dict[str, str]]:
    """Make a user of a role and return the headers that let it in."""
    return lambda role: headers_of(make_user(f"the {role}", role))


@pytest.fixture
def auth_headers(headers_for: Callable[[str], dict[str, str]]) -> dict[str, str]:
    """The headers of an admin."""
    return headers_for("admin")


@pytest.fixture
def upload_folder(settings: Settings) -> Path:
    return settings.upload_dir
