"""The dashboard and the alerts of docs/monitoring ask for figures that there are."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from src.services.worker_pulse import leave_sign
from tests.integration.api.sending import CSV

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "docs" / "monitoring"
DASHBOARD = json.loads((MONITORING / "grafana_dashboard.json").read_text(encoding="utf-8"))
ALERTS = [
    rule
    for group in yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
# What Prometheus itself adds to each sample, and its own series.
ADDED, OWN = {"job", "instance"}, {"up"}
CHILDREN = ("lhs", "rhs", "expr", "args", "param", "vector_selector")


def expressions() -> list[Any]:
    found = [(f"{rule['alert']}", rule["expr"]) for rule in ALERTS]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            found.append((f"{panel['title']} {target['refId']}", target["expr"]))
    return [pytest.param(expression, id=name) for name, expression in found]


def parse(expression: str) -> Any:
    return promql_parser.parse(expression.replace("$__rate_interval", "5m"))


def nodes(expression: Any) -> Iterator[Any]:
    yield expression
    for name in CHILDREN:
        child = getattr(expression, name, None)
        for node in child if isinstance(child, list) else [child]:
            if node is not None and not isinstance(node, str):
                yield from nodes(node)


@pytest.fixture
def scraped(client: FlaskClient, auth_headers: dict[str, str]) -> dict[str, set[str]]:
    """The names of all samples, each with its labels, after a request and a task."""
    client.get("/health/live", buffered=True)
    client.post("/api/v1/imports", data=CSV, headers=auth_headers | {"Content-Type": "text/csv"})
    leave_sign()
    found: dict[str, set[str]] = defaultdict(set)
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            found[sample.name] |= set(sample.labels)
    return dict(found)


@pytest.mark.parametrize("expression", expressions())
def test_each_expression_is_promql_over_figures_that_exist(scraped: dict[str, set[str]], expression: str) -> None:
    parsed = list(nodes(parse(expression)))
    selectors = [node for node in parsed if isinstance(node, promql_parser.VectorSelector)]
    assert {selector.name for selector in selectors} - OWN == set(re.findall(r"indicators_\w+", expression))
    labels = set.union(*(scraped.get(selector.name, set()) for selector in selectors)) | ADDED
    for selector in selectors:
        assert selector.name in scraped.keys() | OWN
        for matcher in selector.matchers.matchers:
            assert matcher.name in scraped.get(selector.name, set()) | ADDED, (selector.name, matcher.name)
    # What is summed by, or named in a legend, is a label too.
    assert labels_of(expression) <= labels


def labels_of(expression: str) -> set[str]:
    return {label.strip() for found in re.findall(r"\bby \(([^)]*)\)", expression) for label in found.split(",")}


@pytest.mark.parametrize("panel", [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"], ids=str)
def test_a_panel_s_legend_names_labels_that_are_left(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= labels_of(target["expr"])
        assert target["datasource"]["uid"] == "${datasource}"


def test_the_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not taken & cells, panel["title"]
        taken |= cells


def test_every_figure_of_ours_is_looked_at_by_somebody(scraped: dict[str, set[str]]) -> None:
    asked = " ".join(param.values[0] for param in expressions())
    ours = {re.sub("_(bucket|count|sum|created)$", "", name) for name in scraped if name.startswith("indicators_")}
    assert len(ours) > 12
    assert {name for name in ours if name not in asked} == set()


def test_each_alert_says_what_is_wrong_and_the_runbook_what_to_do() -> None:
    runbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS) > 8
    for rule in ALERTS:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert f"`{rule['alert']}`" in runbook, rule["alert"]


def test_the_example_asks_where_the_figures_are(app: Flask) -> None:
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = config["scrape_configs"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert [(found["names"], found["port"]) for found in job["dns_sd_configs"]] == [(["web"], 7012)]
    assert compose["services"]["web"]["expose"] == ["7012"]
    assert "/metrics" in {rule.rule for rule in app.url_map.iter_rules()}  # Prometheus' own default
    assert config["rule_files"] == ["alerts.yml"]
    asked = {job for rule in ALERTS for job in re.findall(r'job="(\w+)"', rule["expr"])}
    assert asked == {job["job_name"]}
