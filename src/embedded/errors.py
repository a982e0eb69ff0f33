"""What can go wrong with the embedded servers; each message is a sentence for the person at the console."""

from __future__ import annotations


class EmbeddedError(Exception):
    """The embedded servers can't be run."""


class AlreadyRunning(EmbeddedError):
    """Another supervisor holds this data folder."""


class ServiceFailed(EmbeddedError):
    """A service does not come up; the message ends with the last lines of its log."""


class Unusable(EmbeddedError):
    """This machine, this folder or this account can't run the server."""


class StopRequested(Exception):
    """Ctrl-C or SIGTERM came while something was being waited for."""
