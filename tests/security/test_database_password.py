"""The database's password is proven to the server, never sent to it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from src.config import Settings
from src.database import connect
from src.embedded.postgres import Postgres

SECRET = b"of the database"
# What a server may ask for: the password in clear, its MD5 with a salt; or it lets in without asking.
ASKS = {"clear": b"R\0\0\0\x08\0\0\0\x03", "md5": b"R\0\0\0\x0c\0\0\0\x05salt", "nothing": b"R\0\0\0\x08\0\0\0\0"}


@contextmanager
def impostor(asks: bytes, port: int = 0) -> Iterator[tuple[int, list[bytes]]]:
    """Listen as a Postgres that asks for this; give the port and what clients say to it."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", port)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, asks, heard), daemon=True)
        thread.start()
        yield listener.getsockname()[1], heard
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def _serve(listener: socket.socket, asks: bytes, heard: list[bytes]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            client.settimeout(10)
            with suppress(OSError):
                _talk(client, asks, heard)


def _talk(client: socket.socket, asks: bytes, heard: list[bytes]) -> None:
    while message := client.recv(4096):
        heard.append(message)
        if message[:1] == b"p":  # what may be a password
            return
        if message[4:8] in (b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"):  # asks for TLS, or GSS
            client.sendall(b"N")
        else:
            client.sendall(asks)


@pytest.mark.parametrize("asks", ASKS)
def test_a_server_that_asks_for_the_password_in_clear_is_not_told_it(settings: Settings, asks: str) -> None:
    with impostor(ASKS[asks]) as (port, heard):
        url = f"postgresql://indicators:{SECRET.decode().replace(' ', '%20')}@127.0.0.1:{port}/indicators"
        with pytest.raises(psycopg.OperationalError, match="scram-sha-256"):
            connect(replace(settings, database_url=url, embedded_database=False))
    assert any(b"indicators" in message for message in heard)
    assert not [message for message in heard if message[:1] == b"p"]
    assert SECRET not in b"".join(heard)


def test_whoever_takes_the_embedded_server_s_port_is_not_told_the_password(tmp_path: Path) -> None:
    server = Postgres(tmp_path, tmp_path / "log")
    (tmp_path / "postgres_password").write_text(SECRET.decode().replace(" ", ""))
    with impostor(ASKS["clear"]) as (port, heard):
        server._port = port
        assert server.is_ready() is False
    assert any(b"indicators" in message for message in heard)
    assert not [message for message in heard if message[:1] == b"p"]


@pytest.mark.parametrize(("method", "told"), [("password", SECRET + b"\0"), ("md5", b"md5")])
def test_another_method_can_be_asked_for_in_the_address(settings: Settings, method: str, told: bytes) -> None:
    with impostor(ASKS["clear" if method == "password" else "md5"]) as (port, heard):
        url = f"postgresql://u:{SECRET.decode().replace(' ', '%20')}@127.0.0.1:{port}/db?require_auth={method}"
        url += "&connect_timeout=2"
        with pytest.raises(psycopg.OperationalError):
            connect(replace(settings, database_url=url, embedded_database=False))
    (answer,) = [message for message in heard if message[:1] == b"p"][:1]
    assert told in answer


def test_the_real_server_lets_in(settings: Settings) -> None:
    with connect(settings) as connection:
        used = connection.execute("select rolpassword from pg_authid where rolname = current_user").fetchone()
    assert used
    assert used[0].startswith("SCRAM-SHA-256$")
