"""Holidays as data: filled once by a migration, edited by people, never computed at read time."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, Text
from sqlalchemy.orm import Mapped, mapped_column

from src.extensions import Base


class Holiday(Base):
    """A day off. Calendar `BR` holds the national ones, `BR-UF` those that the state adds."""

    __tablename__ = "holiday"

    calendar: Mapped[str] = mapped_column(Text, primary_key=True)
    date: Mapped[date] = mapped_column(Date, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
