"""Rollups: additive counts of attended records, kept by the triggers on `atendimento` and written by nobody else.

`margin_seconds` sums deadline minus visit. Keys start with the time, so that a range of days is one piece of the index.
A row may stand at zero after its last record left; readers skip those.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Date, Integer, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from src.extensions import Base

# Room on each page lets most updates of a count stay on it (HOT).
STORAGE = {"postgresql_with": {"fillfactor": 80}}


class _Counts:
    total: Mapped[int] = mapped_column(Integer)
    on_time: Mapped[int] = mapped_column(Integer)
    margin_seconds: Mapped[int] = mapped_column(BigInteger)


class _Day(_Counts):
    day: Mapped[date] = mapped_column(Date)


class _Month(_Counts):
    month: Mapped[date] = mapped_column(Date)
    active_days: Mapped[int] = mapped_column(Integer)


class _ToDate(_Counts):
    day: Mapped[date] = mapped_column(Date)
    active_days: Mapped[int] = mapped_column(Integer)


class AngelDay(_Day, Base):
    """One row per day and angel."""

    __tablename__ = "angel_day"
    __table_args__ = (PrimaryKeyConstraint("day", "angel_id"), STORAGE)
    angel_id: Mapped[int] = mapped_column(Integer)


class AngelMonth(_Month, Base):
    """One row per month (its first day) and angel; `active_days` counts the days with a total above zero."""

    __tablename__ = "angel_month"
    __table_args__ = (PrimaryKeyConstraint("month", "angel_id"), STORAGE)
    angel_id: Mapped[int] = mapped_column(Integer)


class AngelToDate(_ToDate, Base):
    """Counts of an angel from 1 January to the day, which is a mark: the 15th or the last of a month.

    One row per mark and angel, from the angel's first visit of the year to December.
    """

    __tablename__ = "angel_to_date"
    __table_args__ = (PrimaryKeyConstraint("day", "angel_id"), STORAGE)
    angel_id: Mapped[int] = mapped_column(Integer)


class PoloDay(_Day, Base):
    """One row per day and polo."""

    __tablename__ = "polo_day"
    __table_args__ = (PrimaryKeyConstraint("day", "polo_id"), STORAGE)
    polo_id: Mapped[int] = mapped_column(Integer)


class PoloMonth(_Month, Base):
    """One row per month (its first day) and polo; `active_days` counts the days with a total above zero."""

    __tablename__ = "polo_month"
    __table_args__ = (PrimaryKeyConstraint("month", "polo_id"), STORAGE)
    polo_id: Mapped[int] = mapped_column(Integer)


class PoloToDate(_ToDate, Base):
    """Counts of a polo from 1 January to the day, which is a mark: the 15th or the last of a month.

    One row per mark and polo, from the polo's first visit of the year to December.
    """

    __tablename__ = "polo_to_date"
    __table_args__ = (PrimaryKeyConstraint("day", "polo_id"), STORAGE)
    polo_id: Mapped[int] = mapped_column(Integer)
