"""gunicorn's own lines, in the shape of all others."""

from __future__ import annotations

from typing import Any

from gunicorn import glogging


class Logger(glogging.Logger):  # type: ignore[misc]
    """Hands everything to the root's handler (src/logs.py). The line of each request is ours (src/api/watch.py)."""

    def setup(self, cfg: Any) -> None:
        """Give gunicorn's loggers no handlers of their own."""
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True
