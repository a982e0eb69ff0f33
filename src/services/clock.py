"""The operation's own day, and what it makes of dates."""

from __future__ import annotations

from datetime import date, datetime

from flask import current_app

from src.domain.dates import DateRules


def local_today() -> date:
    """Return the day that it is now in the configured zone."""
    return datetime.now(current_app.config["SETTINGS"].timezone).date()


def date_rules() -> DateRules:
    """Return the rules by which dates are read now."""
    settings = current_app.config["SETTINGS"]
    return DateRules.of(settings.timezone, local_today(), settings.earliest_date)
