"""Ports: free ones are found, and kept from run to run."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from src.embedded.ports import CANDIDATES, bind_error, free_port, kept_port


def listen(port: int = 0) -> socket.socket:
    server = socket.create_server(("127.0.0.1", port))
    return server


def test_a_port_that_someone_listens_on_is_not_free() -> None:
    with listen() as server:
        error = bind_error("127.0.0.1", server.getsockname()[1])
    assert error is not None
    assert "in use" in str(error)


def test_a_port_taken_on_one_address_is_not_free_on_all() -> None:
    with listen() as server:
        assert bind_error("0.0.0.0", server.getsockname()[1])


def test_a_host_that_is_not_this_machine_has_no_free_port() -> None:
    assert bind_error("192.0.2.1", free_port())


def test_a_free_port_lies_below_those_of_outgoing_connections() -> None:
    assert free_port() in CANDIDATES


def test_the_kept_port_stays_while_it_is_free(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = kept_port(file, "postgres")
    other = kept_port(file, "broker")
    assert first != other
    assert kept_port(file, "postgres") == first
    assert kept_port(file, "broker") == other


def test_another_port_is_kept_when_the_kept_one_was_taken(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = kept_port(file, "postgres")
    with listen(first):
        second = kept_port(file, "postgres")
    assert second != first
    assert kept_port(file, "postgres") == second


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"postgres": "x"}', '{"postgres": 70000}'])
def test_a_damaged_file_of_ports_is_made_anew(tmp_path: Path, content: str) -> None:
    file = tmp_path / "ports.json"
    file.write_text(content)
    port = kept_port(file, "postgres")
    assert json.loads(file.read_text()) == {"postgres": port}
