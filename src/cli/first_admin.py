"""Who the first admin is."""

from __future__ import annotations

from pathlib import Path

from src.config import Settings, kept_secret

DEMO_USER = "admin"


def first_admin(settings: Settings) -> tuple[str, str] | None:
    """Return the name and password of the first admin: those given, or, beside our own database, made and kept ones."""
    if settings.admin_username and settings.admin_password:
        return settings.admin_username, settings.admin_password
    if not settings.embedded_database:
        return None
    password = settings.admin_password or kept_secret(_demo_password(settings), 9)
    return settings.admin_username or DEMO_USER, password


def password_source(settings: Settings) -> str:
    """Return where the first admin's password is to be found."""
    return "ADMIN_PASSWORD" if settings.admin_password else str(_demo_password(settings))


def _demo_password(settings: Settings) -> Path:
    return settings.data_dir / "demo_password"
