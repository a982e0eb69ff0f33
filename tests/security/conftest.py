"""Every test starts from empty tables, an empty queue and an empty upload folder, as the integration tests do."""

from __future__ import annotations

from tests.integration.conftest import clean  # noqa: F401
