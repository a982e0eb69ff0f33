"""The addresses of the older APIs: all of /api/v1 under /v1 too, with the words that those clients use."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask

from src.api.blueprints import Blueprint

PREFIX = "/v1"
WORDS = {
    "/health/ready": "/v1/health",
    "/metrics": "/v1/metrics",
    "/echo": "/v1/echo",
    "/v1/atendimento/import_csv": "/v1/services/batch",
    "/v1/clientes/import_csv": "/v1/customers/batch",
}
NOUNS = {"/v1/atendimento": "/v1/services", "/v1/clientes": "/v1/customers"}


def register_aliases(app: Flask, blueprints: Iterable[Blueprint]) -> None:
    """Answer at the old addresses as at the new ones; the document leaves them out. Must come after all the others."""
    for blueprint in blueprints:
        app.register_blueprint(blueprint, url_prefix=PREFIX, name=f"v1_{blueprint.name}")
    for rule in list(app.url_map.iter_rules()):
        if alias := _alias(rule.rule):
            view = app.view_functions[rule.endpoint]
            app.add_url_rule(alias, f"{rule.endpoint}_alias", view, methods=rule.methods)


def _alias(path: str) -> str | None:
    if path in WORDS:
        return WORDS[path]
    for noun, old in NOUNS.items():
        if path == noun or path.startswith(f"{noun}/"):
            return old + path.removeprefix(noun)
    return None
