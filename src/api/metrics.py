"""GET /metrics: what the processes of this server have counted, and what database and broker know, for Prometheus.

nginx does not let it out. It is no call of the API, so the document leaves it out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import accumulate

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from src.api.guard import open_to_all
from src.domain.imports import STATUSES
from src.metrics_folder import VARIABLE
from src.services.statistics import DatabaseStatistics, QueueStatistics, database_statistics, queue_statistics

DURATION_BUCKETS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)


def register_metrics(app: Flask) -> None:
    """Answer at /metrics."""
    app.add_url_rule("/metrics", "metrics", show_metrics)


@open_to_all
def show_metrics() -> Response:
    """Return all figures in Prometheus' text format."""
    text = generate_latest(_processes()) + generate_latest(_service())
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _processes() -> CollectorRegistry:
    if VARIABLE not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _service() -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Service())
    return registry


class _Service(Collector):
    """What is asked at each scrape, because the truth is not in this process."""

    def collect(self) -> Iterator[Metric]:
        database, queue = database_statistics(DURATION_BUCKETS), queue_statistics()
        yield GaugeMetricFamily("indicators_database_up", "Whether the database answers.", int(database is not None))
        yield GaugeMetricFamily("indicators_broker_up", "Whether the broker answers.", int(queue is not None))
        if database:
            yield from _of_database(database)
        if queue:
            yield from _of_queue(queue)


def _of_database(found: DatabaseStatistics) -> Iterator[Metric]:
    imports = found.imports
    by_status = GaugeMetricFamily("indicators_imports", "Imports by status.", labels=["status"])
    for status in dict.fromkeys((*STATUSES, *imports.by_status)):
        by_status.add_metric([status], imports.by_status.get(status, 0))
    yield by_status
    rows = CounterMetricFamily(
        "indicators_import_rows", "What became of the rows of completed imports.", labels=["outcome"]
    )
    for outcome, count in found.rows.items():
        rows.add_metric([outcome], count)
    yield rows
    yield _durations(found)
    yield CounterMetricFamily(
        "indicators_import_interruptions",
        "Attempts at an import that were lost: the lease expired, or the database failed.",
        imports.interruptions,
    )
    yield GaugeMetricFamily(
        "indicators_import_leases_expired", "Running imports whose worker is silent.", imports.leases_expired
    )
    yield GaugeMetricFamily(
        "indicators_import_leases_held", "Running imports whose worker gives signs of life.", imports.leases_held
    )
    yield GaugeMetricFamily(
        "indicators_import_queue_age_seconds", "How long the oldest queued import waits.", imports.queue_age_seconds
    )
    records = GaugeMetricFamily(
        "indicators_records", "Records by kind: exact up to 10,000, estimated beyond.", labels=["kind"]
    )
    for noun, count in found.records.items():
        records.add_metric([noun], count)
    yield records


def _durations(found: DatabaseStatistics) -> Metric:
    names = [*(f"{bound:.1f}" for bound in DURATION_BUCKETS), "+Inf"]
    buckets = list(zip(names, accumulate(found.durations), strict=True))
    text = "From the first start of a completed import to its end."
    return HistogramMetricFamily("indicators_import_duration_seconds", text, buckets, found.duration_seconds)


def _of_queue(found: QueueStatistics) -> Iterator[Metric]:
    yield GaugeMetricFamily("indicators_broker_queue_tasks", "Tasks that wait in the broker.", found.waiting_tasks)
    if found.worker_silence_seconds is not None:
        yield GaugeMetricFamily(
            "indicators_worker_silence_seconds",
            "How long ago a worker took a task off the queue.",
            found.worker_silence_seconds,
        )
