"""The addresses of the older APIs: all of /api/v1 under /v1 too, with the words that those clients use."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask

from src.api.blueprints import Blueprint
from src.api.echo import echo, echo_back
from src.api.health import health, ready

PREFIX = "/v1"
WORDS = {"/v1/atendimento/import_csv": "/v1/services/batch", "/v1/clientes/import_csv": "/v1/customers/batch"}
NOUNS = {"/v1/atendimento": "/v1/services", "/v1/clientes": "/v1/customers"}


def register_aliases(app: Flask, blueprints: Iterable[Blueprint]) -> None:
    """Answer at the old addresses as at the new ones; the document leaves them out."""
    for blueprint in blueprints:
        app.register_blueprint(blueprint, url_prefix=PREFIX, name=f"v1_{blueprint.name}")
    app.add_url_rule(f"{PREFIX}/health", f"{health.name}.{ready.__name__}", methods=["GET"])
    app.add_url_rule(f"{PREFIX}/echo", f"{echo.name}.{echo_back.__name__}", methods=["POST"])
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
