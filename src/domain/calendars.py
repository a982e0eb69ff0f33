"""The calendars that an answer may be counted by."""

from __future__ import annotations

from typing import Final

UFS: Final = (
    *("AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO"),
    *("MA", "MG", "MS", "MT", "PA", "PB", "PE", "PI", "PR"),
    *("RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO"),
)
DEFAULT_CALENDAR: Final = "BR"

# Each calendar, and those whose holidays it takes from the table: a state adds its own to the national ones.
CALENDARS: Final[dict[str, tuple[str, ...]]] = {
    "BR": ("BR",),
    "weekdays": (),
    **{f"BR-{uf}": ("BR", f"BR-{uf}") for uf in UFS},
}
