"""What each web process counts about itself, for Prometheus.

Under gunicorn the figures are in files that all its workers share a folder of (src/metrics_folder.py); elsewhere they
are this process's alone. What the database knows is not counted here but asked when it is wanted (src/api/metrics.py).
"""

from __future__ import annotations

from functools import cache
from weakref import WeakSet

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_requests = Counter(
    "indicators_http_requests_total", "Requests answered, by the route's template.", ["method", "route", "status"]
)
_seconds = Histogram(
    "indicators_http_request_duration_seconds",
    "From a request's arrival to the last byte of its answer.",
    ["method", "route"],
    buckets=LATENCY_BUCKETS,
)
requests_in_flight = Gauge("indicators_http_requests_in_flight", "Requests under way.", multiprocess_mode="livesum")
_pool_in_use = Gauge(
    "indicators_database_pool_in_use", "Connections of the pools that are in use.", multiprocess_mode="livesum"
)
_pool_limit = Gauge(
    "indicators_database_pool_limit", "Connections that the pools may open.", multiprocess_mode="livesum"
)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answered request."""
    requests, latency = _children(method if method in METHODS else "other", route, status)
    requests.inc()
    latency.observe(seconds)


@cache
def _children(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Return the two series of a kind of request; found once, since labels() costs as much as counting."""
    return _requests.labels(method, route, str(status)), _seconds.labels(method, route)


def watch_pool(engine: Engine, limit: int) -> None:
    """Count the connections of the engine's pool that are in use, of `limit` at most once it has opened one."""

    counted: WeakSet[ConnectionPoolEntry] = WeakSet()

    def given(_connection: object, entry: ConnectionPoolEntry, _proxy: object) -> None:
        counted.add(entry)
        _pool_in_use.inc()

    def back(_connection: object, entry: ConnectionPoolEntry) -> None:
        # One that could not be opened comes back too, without ever having been given out.
        if entry in counted:
            counted.remove(entry)
            _pool_in_use.dec()

    # Not now: this may be gunicorn's master, which serves nothing and forks the processes that do.
    event.listen(engine, "connect", lambda *_: _pool_limit.set(limit))
    event.listen(engine, "checkout", given)
    event.listen(engine, "checkin", back)
