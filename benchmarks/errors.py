"""Why a benchmark gives no figures."""

from __future__ import annotations


class Unusable(Exception):
    """It can't run here; the message says why."""


class Inexact(Exception):
    """Something was counted wrong; a time for a wrong answer is worth nothing."""
