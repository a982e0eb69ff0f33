"""Rule 7: the status of a record."""

from __future__ import annotations

from datetime import datetime

import pytest

from src.domain.status import StatusContradictsVisit, status_after, status_of

VISIT = datetime(2021, 6, 29)


@pytest.mark.parametrize(
    ("visit", "said", "status"),
    [
        (VISIT, None, "done"),
        (None, None, "pending"),
        (VISIT, "done", "done"),
        (None, "pending", "pending"),
        (VISIT, "cancelled", "cancelled"),
        (None, "cancelled", "cancelled"),
    ],
)
def test_unsaid_it_follows_the_visit(visit: datetime | None, said: str | None, status: str) -> None:
    assert status_of(visit, said) == status


@pytest.mark.parametrize(("visit", "said"), [(None, "done"), (VISIT, "pending")])
def test_it_may_not_contradict_the_visit(visit: datetime | None, said: str) -> None:
    with pytest.raises(StatusContradictsVisit, match="data_de_atendimento"):
        status_of(visit, said)


def test_a_cancelled_record_stays_so_until_its_visit_changes_or_it_is_said() -> None:
    assert status_after("cancelled", VISIT, None, visit_changed=False) == "cancelled"
    assert status_after("cancelled", VISIT, None, visit_changed=True) == "done"
    assert status_after("cancelled", None, "pending", visit_changed=False) == "pending"
    assert status_after("done", None, None, visit_changed=True) == "pending"
