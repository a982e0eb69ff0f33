"""For processes whose coverage says nothing new: measuring makes Python half as slow again."""

from __future__ import annotations

from collections.abc import Mapping


def unmeasured(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what tells a Python process to measure its coverage."""
    return {name: value for name, value in environment.items() if name != "COVERAGE_PROCESS_CONFIG"}
