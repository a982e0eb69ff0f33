"""The HTTP API: its blueprints, and the addresses they answer at."""

from __future__ import annotations

from flask import Flask

from src.api.aliases import register_aliases
from src.api.api_keys import api_keys
from src.api.atendimentos import atendimentos
from src.api.audit import audit
from src.api.auth import auth
from src.api.blueprints import Blueprint, register_ids
from src.api.catalogues import angels, clientes, polos
from src.api.docs import swagger_ui
from src.api.echo import echo
from src.api.headers import believe_proxies, register_headers
from src.api.health import health
from src.api.imports import imports
from src.api.indicators import indicators
from src.api.indicators import records as records_blueprint
from src.api.links import register_redirects
from src.api.long_requests import register_long_requests
from src.api.metrics import register_metrics
from src.api.openapi import complete_document, register_openapi
from src.api.problems import register_problems
from src.api.rate_limits import register_rate_limits
from src.api.request_id import register_request_id
from src.api.users import users
from src.api.watch import register_watch
from src.config import Settings
from src.extensions import api

PREFIX = "/api/v1"
BLUEPRINTS: tuple[Blueprint, ...] = (
    auth,
    users,
    api_keys,
    imports,
    indicators,
    records_blueprint,
    atendimentos,
    clientes,
    angels,
    polos,
    audit,
)


def register_api(app: Flask, settings: Settings) -> None:
    """Bind everything that answers over HTTP to `app`."""
    believe_proxies(app, settings)
    # Many clients end an address with one, and none means anything else by it.
    app.url_map.strict_slashes = False
    register_watch(app)
    register_request_id(app)
    register_headers(app, settings)
    register_redirects(app)
    register_rate_limits(app, settings)
    register_long_requests(app, settings)
    register_openapi(app)
    register_ids(app)
    register_problems(app)
    api.register_blueprint(health)
    api.register_blueprint(echo)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint, url_prefix=PREFIX)
    complete_document()
    register_metrics(app)
    register_aliases(app, BLUEPRINTS)
    app.register_blueprint(swagger_ui)
