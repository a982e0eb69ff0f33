"""Every address under /api/v1 is one under /v1 too, in the words of the older clients as well."""

from __future__ import annotations

import pytest
from flask import Flask

WORDS = {"atendimento": "services", "clientes": "customers"}


@pytest.fixture
def addresses(offline_app: Flask) -> dict[str, set[str]]:
    """The methods of each address."""
    found: dict[str, set[str]] = {}
    for rule in offline_app.url_map.iter_rules():
        found.setdefault(rule.rule, set()).update(rule.methods or ())
    return found


def test_every_address_answers_under_v1_too(addresses: dict[str, set[str]]) -> None:
    own = [address for address in addresses if address.startswith("/api/v1/")]
    assert len(own) > 25
    for address in own:
        assert addresses[address] == addresses[address.removeprefix("/api")], address


def test_services_are_atendimentos_and_customers_clientes(addresses: dict[str, set[str]]) -> None:
    for noun, old in WORDS.items():
        own = [address for address in addresses if address.startswith((f"/v1/{noun}/", f"/v1/{noun}"))]
        assert len(own) > 3
        for address in own:
            alias = address.replace(f"/v1/{noun}", f"/v1/{old}").replace("/import_csv", "/batch")
            assert addresses[address] == addresses[alias], address


@pytest.mark.parametrize(
    "address",
    [
        "auth/login",
        "customers",
        "customers/total",
        "customers/batch",
        "services",
        "services/total",
        "services/batch",
        "indicators/productivity",
        "indicators/sla/angel",
        "indicators/sla/polo",
        "health",
        "metrics",
        "echo",
    ],
)
def test_the_addresses_of_the_older_clients(addresses: dict[str, set[str]], address: str) -> None:
    assert f"/v1/{address}" in addresses
