"""The registry of problems."""

from __future__ import annotations

import re

from src import errors
from src.api.problems import REGISTRY


def test_every_error_of_the_domain_has_a_status_and_a_slug_of_its_own() -> None:
    known = {
        found
        for found in vars(errors).values()
        if isinstance(found, type) and issubclass(found, errors.DomainError) and found is not errors.DomainError
    }
    assert known == set(REGISTRY)
    slugs = [problem.slug for problem in REGISTRY.values()]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in slugs)
    assert all(400 <= problem.status < 600 for problem in REGISTRY.values())
