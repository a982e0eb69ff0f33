"""`flask users`: what an operator does at a shell."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Run a command with this on its standard input: `run("create", "ana", typed="password\\n")`."""
    return lambda *arguments, typed="": app.test_cli_runner().invoke(args=["users", *arguments], input=typed)


def status(client: FlaskClient, name: str, password: str) -> int:
    return client.post("/api/v1/auth/login", json={"username": name, "password": password}).status_code


def test_a_user_is_made_listed_given_another_password_and_kept_out(run: Run, client: FlaskClient) -> None:
    made = run("create", " ana ", "--email", "ana@example.com", "--role", "operator", typed="four words of hers\n")
    assert (made.exit_code, made.output) == (0, "User ana created, id 1, role operator.\n")
    assert status(client, "ana", "four words of hers") == 200
    listed = run("list").output
    assert "ana@example.com" in listed
    assert "operator" in listed
    assert "argon2" not in listed
    changed = run("set-password", "ANA", typed="four other words\n")
    assert (changed.exit_code, "all its sessions have ended" in changed.output) == (0, True)
    assert [status(client, "ana", text) for text in ("four words of hers", "four other words")] == [401, 200]
    assert run("disable", "ana").output == "User ana is disabled.\n"
    assert status(client, "ana", "four other words") == 401
    assert run("disable", "ana", "--undo").exit_code == 0
    assert status(client, "ana", "four other words") == 200


@pytest.mark.parametrize(
    ("arguments", "typed", "sentence"),
    [
        (["create", "ana"], "short\n", "A password must have 8 to 128 characters."),
        (["create", "ana"], "", "A password must have 8 to 128 characters."),
        (["create", "a b"], "four words\n", "Letters, digits"),
        (["create", "ana", "--email", "x"], "four words\n", "email"),
        (["set-password", "nobody"], "four words\n", "There is no user nobody."),
        (["disable", "nobody"], "", "There is no user nobody."),
    ],
)
def test_what_can_t_be_is_told_in_a_sentence(run: Run, arguments: list[str], typed: str, sentence: str) -> None:
    result = run(*arguments, typed=typed)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert sentence in result.output


def test_a_name_that_is_taken_and_the_last_admin_are_told_too(run: Run) -> None:
    assert run("create", "ana", "--role", "admin", typed="four words of hers\n").exit_code == 0
    taken = run("create", "Ana", typed="four words of hers\n")
    assert (taken.exit_code, taken.output) == (1, "Error: Another user has this username.\n")
    last = run("disable", "ana")
    assert (last.exit_code, last.output) == (
        1,
        "Error: This is the last admin who can log in: create another one first.\n",
    )
