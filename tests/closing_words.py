"""The last lines of a run: which tests did not run and why, and behind them the names of those that failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

# Chosen so, not missing: `make faults` runs them.
BY_CHOICE = ("in `make faults`",)


def closing_lines(skipped: Iterable[tuple[str, str]], failed: Iterable[str]) -> list[str]:
    """Return the lines for the (test, reason) that did not run, one for each reason, and for the failed tests."""
    tests_of: dict[str, list[str]] = defaultdict(list)
    for test, reason in skipped:
        if reason not in BY_CHOICE:
            tests_of[reason].append(test)
    not_run = [
        f"NOT RUN ({len(tests)}): {reason}: {', '.join(sorted({test.partition('::')[0] for test in tests}))}"
        for reason, tests in sorted(tests_of.items())
    ]
    return [*not_run, *(f"FAILED {test}" for test in failed)]


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Write the lines behind all that pytest writes; in a worker of xdist there is nothing to say."""
    terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or hasattr(config, "workerinput"):
        return
    stats = terminal.stats
    skipped = [(report.nodeid, _reason(report)) for report in stats.get("skipped", [])]
    failed = [report.nodeid for kind in ("error", "failed") for report in stats.get(kind, [])]
    for line in closing_lines(skipped, dict.fromkeys(failed)):
        terminal.write_line(line)


def _reason(report: Any) -> str:
    """Return why the test was skipped: pytest keeps (file, line, "Skipped: reason")."""
    found = report.longrepr
    return str(found[2] if isinstance(found, tuple) else found).removeprefix("Skipped: ")
