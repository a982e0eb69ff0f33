"""A small file, what sends it, and where it goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import redis
from werkzeug.test import TestResponse

from src.config import Settings

URL = "/api/v1/imports"
HEADER = "id_atendimento;id_cliente;angel;polo;data_limite;data_de_atendimento"
CSV = f"{HEADER}\n1;2;Ana;SP - SAO PAULO;30/06/2021;29/06/2021 10:00:00\n".encode()

Send = Callable[..., TestResponse]


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def queued(settings: Settings) -> int:
    assert settings.redis_url
    return redis.Redis.from_url(settings.redis_url).llen("imports")  # type: ignore[return-value]
