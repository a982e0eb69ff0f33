"""What each indicator is about and the fields of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Group = Literal["angel", "polo"]

# Names of older clients for the same fields; their productivity was total by avg_time.
SORT_ALIASES: Final = {"total_sla": "on_time", "avg_time": "avg_margin_hours"}
PRODUCTIVITY_SORT_ALIASES: Final = {"total_sla": "total", "avg_time": "productivity"}
# Fields that are shares of a whole, which a workbook shows in percent.
RATIOS: Final = frozenset({"sla"})
_SLA_FIELDS: Final = ("total", "on_time", "late", "sla", "avg_margin_hours")
_SLA_COUNTS: Final = ("total", "on_time", "margin_seconds")


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator: one row per angel or polo; its rows can be sorted by each of its fields.

    `counts` are the sums of records that the fields are worked out from.
    """

    name: str
    group: Group
    fields: tuple[str, ...]
    counts: tuple[str, ...]


PRODUCTIVITY: Final = Indicator(
    "productivity", "angel", ("angel", "total", "active_days", "productivity"), ("total", "active_days")
)
SLA_ANGEL: Final = Indicator("sla_angel", "angel", ("angel", *_SLA_FIELDS), _SLA_COUNTS)
SLA_POLO: Final = Indicator("sla_polo", "polo", ("polo", *_SLA_FIELDS), _SLA_COUNTS)
