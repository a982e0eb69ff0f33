"""For processes whose coverage says nothing new: measuring makes Python half as slow again."""

from __future__ import annotations

# Over what tells a Python process, where the tests are measured, to measure itself.
UNMEASURED = {"COVERAGE_PROCESS_CONFIG": ""}
