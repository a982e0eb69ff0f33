"""What a request costs: requests a second that wrk gets out of the whole service, beside a trivial answer's."""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from benchmarks.client import BASE, Json
from benchmarks.errors import Inexact, Unusable
from benchmarks.service import Service

SCRIPT: Final = Path(__file__).with_name("requests.lua")
NO_WRK = "Requests are not measured: wrk is not there (Debian: apt-get install wrk)."
WARM_UP_SECONDS, CONNECTIONS = 1, 8
PAGE = 50
# As deep as the challenge file goes; in a smaller table, near its end.
DEEP = 1_000_000
MONTH = "start_date=2021-03-01&end_date=2021-03-31"
DIFFERENT = 500
FLOOR = "trivial JSON"


@dataclass(frozen=True, slots=True)
class HttpFigures:
    """Medians over the rounds: requests a second, and milliseconds that 50 and 99 of 100 requests stay below."""

    name: str
    per_second: float
    ratio: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class _Round:
    per_second: float
    p50_ms: float
    p99_ms: float


def wrk_is_there() -> bool:
    """Tell whether requests can be measured."""
    return shutil.which("wrk") is not None


def measure_http(service: Service, folder: Path, rounds: int, seconds: int) -> list[HttpFigures]:
    """Measure each kind of request, those that write last. They take turns, so that all meet the same machine.

    Raises Inexact where an answer is no success, Unusable without wrk.
    """
    if not wrk_is_there():
        raise Unusable(NO_WRK)
    kinds = _kinds(service)
    files = {name: folder / f"{name}.requests" for name in kinds}
    for name, lines in kinds.items():
        files[name].write_text("\n".join(lines) + "\n", encoding="utf-8")
        _run(service, files[name], WARM_UP_SECONDS)
    taken = [{name: _run(service, file, seconds) for name, file in files.items()} for _ in range(rounds)]
    medians = {name: _median([each[name] for each in taken]) for name in kinds}
    floor = medians[FLOOR].per_second
    return [
        HttpFigures(name, found.per_second, found.per_second / floor, found.p50_ms, found.p99_ms)
        for name, found in medians.items()
    ]


def _median(rounds: list[_Round]) -> _Round:
    """Return the median of each figure."""
    return _Round(*(statistics.median(figures) for figures in zip(*map(astuple, rounds), strict=True)))


def _kinds(service: Service) -> dict[str, list[str]]:
    """Return the requests of each kind as lines of the script's file; all but the floor's need the token."""
    total = service.client.get("/atendimento/total")["total"]
    deep = service.client.get("/atendimento", offset=max(0, min(DEEP, total - 2 * PAGE) - PAGE), limit=PAGE)
    records = [*service.client.get("/atendimento", limit=DIFFERENT)["data"], *deep["data"]]
    angels = sorted({record["angel"] for record in records})
    return {
        FLOOR: ["GET\t/health/live"],
        "get by id": [f"GET\t{BASE}/atendimento/{record['id']}" for record in records],
        "page of 50": [f"GET\t{BASE}/atendimento?limit={PAGE}"],
        "page of 50, deep": [f"GET\t{deep['next']}"],
        "angel and month": [f"GET\t{BASE}/atendimento?angel={quote(angel)}&{MONTH}" for angel in angels],
        "create": [f"POST\t{BASE}/atendimento\t{_new(record)}" for record in records],
    }


def _new(record: Json) -> str:
    """Return the body that makes another record of the same cliente, angel and polo on the same day."""
    fields = ("id_cliente", "angel", "polo", "data_limite", "data_de_atendimento")
    return json.dumps({name: record[name] for name in fields})


def _run(service: Service, requests: Path, seconds: int) -> _Round:
    """Let wrk send the file's requests for some seconds."""
    load = ["-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "10s", "--latency"]
    done = subprocess.run(
        ["wrk", *load, "-s", str(SCRIPT), service.client.url, "--", str(requests)],
        env=os.environ | {"BENCHMARK_TOKEN": service.client.token},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or re.search("Non-2xx|Socket errors", done.stdout):
        raise Inexact(f"Not every request of {requests.stem} had a success:\n{done.stdout}{done.stderr}")
    return _Round(
        float(_figure(r"Requests/sec:\s+([\d.]+)", done.stdout)),
        _milliseconds(_figure(r"(?m)^\s+50%\s+(\S+)", done.stdout)),
        _milliseconds(_figure(r"(?m)^\s+99%\s+(\S+)", done.stdout)),
    )


def _figure(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    if not found:
        raise Unusable(f"wrk says what is not understood:\n{said}")
    return found[1]


def _milliseconds(text: str) -> float:
    """Return milliseconds for wrk's `1.23ms`, `456.00us` or `1.20s`."""
    found = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text)
    assert found, text
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[found[2]]
