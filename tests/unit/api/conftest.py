"""An application without database and broker."""

from __future__ import annotations

import pytest
from flask import Flask

from src.app import create_app
from src.config import load_settings


@pytest.fixture
def offline_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(load_settings({"DATA_DIR": str(tmp_path_factory.mktemp("offline"))}))
