"""The service in containers as a new operator meets it: built, up, used, hurt, backed up, restored, and gone."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

from src.services.sample_data.write import write_sample
from tests.containers.service import Service, is_json
from tests.e2e.running import wait_for

HEADER = "id_atendimento;id_cliente;angel;polo;data_limite;data_de_atendimento\n"
# Two of Ana's three visits are on time: the last day counts to its end, a minute later is late.
ROWS = (
    "1;11;Ana;SP - SANTOS;30/06/2021;30/06/2021 23:59:59\n"
    "2;12;Ana;SP - SANTOS;30/06/2021;01/07/2021 00:00\n"
    "3;13;Ana;BA - SALVADOR;2021-06-30 12:00;2021-06-30 11:59\n"
    "4;14;Bia;BA - SALVADOR;30/06/2021;-\n"
)
MANY = 300_000


def sla_of_angels(service: Service) -> Any:
    return service.admin.get("/indicators/sla/angel?start_date=2021-06-01&end_date=2021-07-31")["data"]


def test_it_is_ready_through_nginx_and_every_service_is_healthy(service: Service) -> None:
    assert service.admin.raw("GET", "/health/ready").status == 200
    listed = service.compose("ps", "--all", "--format", "json").stdout.splitlines()
    states = {each["Service"]: (each["State"], each["Health"] or each["ExitCode"]) for each in map(json.loads, listed)}
    running = dict.fromkeys(("nginx", "web", "celery_worker", "beat", "database", "redis"), ("running", "healthy"))
    assert states == running | {"migrate": ("exited", 0), "secrets": ("exited", 0)}


def test_it_is_published_on_this_machine_alone(service: Service) -> None:
    listed = service.compose("ps", "--format", "json").stdout.splitlines()
    ports = [port for each in map(json.loads, listed) for port in each["Publishers"] or [] if port["PublishedPort"]]
    assert {port["URL"] for port in ports} == {"127.0.0.1"}
    assert {each["TargetPort"] for each in ports} == {80}


def test_an_upload_gives_the_indicator_counted_by_hand(service: Service) -> None:
    ended = service.import_file((HEADER + ROWS).encode())
    assert ended["status"] == "completed"
    assert ended["rows"]["inserted"] == 4
    row = sla_of_angels(service)[0]
    assert (row["angel"], row["total"], row["on_time"], row["late"]) == ("Ana", 3, 2, 1)


def test_a_file_of_the_host_is_imported_by_the_command(service: Service) -> None:
    file = f"{HEADER}5;15;Caio;SP - SANTOS;30/06/2021;29/06/2021\n"
    command = ("exec", "-T", "celery_worker", "flask", "--app", "src.app", "import", "/dev/stdin")
    done = service.compose(*command, input=file)
    assert "inserted" in done.stdout
    assert service.admin.get("/atendimento?angel=Caio")["data"][0]["id"] == 5


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(service: Service, tmp_path: Any) -> None:
    file = tmp_path / "many.csv"
    write_sample(file, MANY)
    before = service.admin.get("/atendimento/total")["total"]
    sent = service.admin.upload(file.read_bytes(), "")
    import_id = sent.json["id"]
    wait_for(lambda: service.admin.get(f"/imports/{import_id}")["progress"] > 0.1)
    service.compose("kill", "--signal", "SIGKILL", "celery_worker")
    service.compose("up", "--detach", "--no-recreate", "celery_worker")
    ended = service.ended(import_id)
    rows = ended["rows"]
    assert ended["status"] == "completed"
    assert rows["read"] == sum(count for name, count in rows.items() if name != "read")
    assert service.admin.get("/atendimento/total")["total"] == before + rows["inserted"]
    service.compose("exec", "-T", "web", "flask", "--app", "src.app", "verify")


def test_requests_are_answered_at_once_while_redis_is_gone(service: Service) -> None:
    """Its name is gone too: the look-up hangs on some engines, which no connect timeout covers."""
    expected = sla_of_angels(service)
    service.compose("stop", "redis")
    try:
        seconds = []
        for _ in range(20):
            start = time.monotonic()
            assert sla_of_angels(service) == expected
            seconds.append(time.monotonic() - start)
    finally:
        service.compose("start", "redis")
    # An answer that waits takes 5 s or more, as many look-ups as it makes.
    assert statistics.median(seconds) < 2, seconds
    assert sum(seconds) < 60, seconds
    service.compose("up", "--detach", "--wait", "--wait-timeout", "120")


def test_a_backup_restores_all_of_it_into_another_database(service: Service) -> None:
    total = service.admin.get("/atendimento/total")["total"]
    service.compose("run", "--rm", "-T", "backup")
    dump = next((service.folder / "backups").glob("*.dump"))
    database = ("exec", "-T", "database")
    service.compose(*database, "createdb", "--username", "indicators", "restored")
    url = (service.folder / "secrets" / "app" / "database_url").read_text().strip()
    other = url.removesuffix("/indicators") + "/restored"
    service.compose("run", "--rm", "-T", "--env", f"DATABASE_URL={other}", "backup", "restore", dump.name)
    count = "select count(*) from atendimento where deleted_at is null"
    psql = ("psql", "--username", "indicators", "--dbname", "restored", "-XAtc", count)
    assert int(service.compose(*database, *psql).stdout) == total


def test_an_empty_address_does_not_lead_a_restore_to_the_live_database(service: Service) -> None:
    dump = next((service.folder / "backups").glob("*.dump"))
    command = ("run", "--rm", "-T", "--env", "DATABASE_URL=", "backup", "restore", dump.name)
    done = service.compose(*command, check=False)
    assert done.returncode != 0
    assert "DATABASE_URL" in done.stderr


def test_every_line_of_the_log_is_json(service: Service) -> None:
    stopped = ("web", "celery_worker", "beat")
    service.compose("stop", *stopped)
    lines = {name: service.log_lines(name) for name in (*stopped, "migrate")}
    service.compose("start", *stopped)
    assert all(lines.values())
    assert [(name, line) for name, written in lines.items() for line in written if not is_json(line)] == []


def test_up_and_wait_fails_while_nginx_can_not_start(service: Service) -> None:
    service.compose("up", "--detach", "--wait", "--wait-timeout", "120")
    broken = service.folder / "broken.yml"
    broken.write_text('services: {nginx: {command: ["sh", "-c", "sleep 1; exit 1"]}}')
    waiting = ("up", "--detach", "--wait", "--wait-timeout", "40", "--no-deps", "nginx")
    done = service.compose("-f", str(broken), *waiting, check=False)
    assert done.returncode != 0, done.stderr
    service.compose("up", "--detach", "--wait", "--wait-timeout", "120")
    assert service.admin.raw("GET", "/health/ready").status == 200
