"""Whoever can write to the broker puts strange messages into the queue of tasks: nothing of theirs runs."""

from __future__ import annotations

import base64
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis

from src.config import Settings
from tests.e2e.running import Running, wait_for
from tests.e2e.test_worker_stop import file_of, imports, send, worker
from tests.integration.imports.conftest import Imports

__all__ = ["imports", "worker"]
pytestmark = pytest.mark.e2e
QUEUE = "imports"
JSON, PICKLE, YAML = "application/json", "application/x-python-serialize", "application/x-yaml"


class Touch:
    """What a stranger pickles: whoever reads it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def message(task: str, args: Any, kwargs: Any = None, **changes: Any) -> bytes:
    """Return a task's message as Celery writes it to Redis, but for the changes."""
    embedded = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    body = changes.pop("body", json.dumps([args, kwargs or {}, embedded]).encode())
    task_id = str(uuid4())
    headers = {
        "lang": "py",
        "task": task,
        "id": task_id,
        "root_id": task_id,
        "retries": 0,
        **changes.pop("headers", {}),
    }
    properties = {
        **{"correlation_id": task_id, "delivery_mode": 2, "delivery_tag": str(uuid4()), "priority": 0},
        **{"delivery_info": {"exchange": "", "routing_key": QUEUE}, "body_encoding": "base64"},
    }
    written = {"body": base64.b64encode(body).decode(), "content-encoding": "utf-8", "content-type": JSON}
    return json.dumps({**written, "headers": headers, "properties": properties, **changes}).encode()


def strange(touched: Path) -> list[bytes]:
    """Return messages of a stranger: code, tasks that are none of ours, ids that are none."""
    pickled = pickle.dumps([[Touch(touched)], {}, {}])
    shell = [["touch", str(touched)]]
    yaml = f"!!python/object/apply:os.system ['touch {touched}']".encode()
    return [
        message("imports.run", [], body=pickled, **{"content-type": PICKLE, "content-encoding": "binary"}),
        message("imports.run", [], body=yaml, **{"content-type": YAML}),
        message("imports.run", [], body=b"\xff\xfe{{{"),
        *(
            message(task, shell)
            for task in ("os.system", "subprocess.run", "builtins.exec", "src.cli.users.create", "")
        ),
        message("celery.starmap", [{"task": "subprocess.run", "args": [], "kwargs": {}}, [shell]]),
        message("celery.backend_cleanup", []),
        *(
            message("imports.run", args)
            for args in ([], [None], ["x"], [-1], [0], [10**30], [{}], [[1]], [True], [1.5], [1, 2])
        ),
        message("imports.run", ["1; drop table import"]),
        message("imports.run", [999_999_999], {"import_id": 1, "mode": "x"}),
        message("imports.run", {"not": "a list"}),
        message("imports.sweep", [1]),
        message("worker.pulse", ["x"]),
    ]


def test_no_message_of_a_stranger_runs_anything_or_stops_the_worker(
    imports: Imports, settings: Settings, worker: Callable[[str], Running], tmp_path: Path
) -> None:
    running = worker("attacked")
    assert settings.redis_url
    queue = redis.Redis.from_url(settings.redis_url)
    touched = tmp_path / "touched"
    messages = strange(touched)
    for each in messages:
        queue.lpush(QUEUE, each)
    import_id = send(imports, file_of(100))
    wait_for(lambda: imports.row(import_id)["status"] == "completed")
    wait_for(lambda: queue.llen(QUEUE) == 0 and queue.hlen("unacked") == 0)
    assert not touched.exists()
    assert running._process.poll() is None
    assert imports.row(import_id)["attempts"] == 1
    with imports.app.app_context():
        assert imports.connection.execute("select count(*) from import").fetchone() == (1,)
        assert imports.connection.execute("select count(*) from atendimento").fetchone() == (100,)
    # Each that is no task of ours left a line.
    said = running.output()
    assert said.count("unregistered") >= 5 or said.count("KeyError") >= 5
    assert "ContentDisallowed" in said or "content type" in said.lower() or "pickle" in said.lower()
