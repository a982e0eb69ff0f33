"""What the supervisor asks of a thing it runs, and the plain kind that is a program and no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from src.embedded.processes import Command


class Service(Protocol):
    """Something that is started, watched and stopped."""

    @property
    def name(self) -> str:
        """Its name in logs, records and on the console."""

    @property
    def start_seconds(self) -> float:
        """How long it may take until it is ready."""

    def prepare(self) -> Command:
        """Make ready what a start needs, and return the program to start. Called before every start."""

    def is_ready(self) -> bool:
        """Whether it does its work by now. May take some seconds; called in the main thread."""

    def settle(self) -> None:
        """Take note that the first start is over: from now on others know its address."""


@dataclass(frozen=True, slots=True)
class Program:
    """A service that is just a program, ready when `probe` says so (default: at once)."""

    command: Command
    probe: Callable[[], bool] = lambda: True
    start_seconds: float = 60

    @property
    def name(self) -> str:
        """The command's name."""
        return self.command.name

    def prepare(self) -> Command:
        """Return the command."""
        return self.command

    def is_ready(self) -> bool:
        """Whether the probe says so."""
        return self.probe()

    def settle(self) -> None:
        """There is nothing to do."""
