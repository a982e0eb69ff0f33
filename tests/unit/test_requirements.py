"""Everything that is installed is pinned with hashes, and agrees with what is asked for at the top."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.compose import ROOT, dockerfile

LOCKS = {"requirements.in": "requirements.txt", "requirements-dev.in": "requirements-dev.txt"}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
MACHINES = ("x86_64", "aarch64")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def asked(name: str) -> dict[str, Requirement]:
    """Return the requirements of an input, and of those that it includes."""
    found: dict[str, Requirement] = {}
    for line in text(name).splitlines():
        if line.startswith("-r "):
            found |= asked(line.split()[1])
        elif line and not line.startswith(("#", "-c ")):
            requirement = Requirement(line)
            found[canonicalize_name(requirement.name)] = requirement
    return found


def locked(name: str) -> list[tuple[Requirement, list[str]]]:
    """Return each requirement of a lock with its hashes."""
    joined = text(name).replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    split = [re.split(r"\s+--hash=", line.strip()) for line in lines]
    return [(Requirement(first), hashes) for first, *hashes in split]


def version_of(requirement: Requirement) -> str:
    (only,) = requirement.specifier
    assert only.operator == "==", requirement
    return only.version


def applies(requirement: Requirement, python: str, machine: str, extra: str = "") -> bool:
    environment = {
        **{"python_version": python, "python_full_version": f"{python}.5", "platform_machine": machine},
        **{"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "extra": extra},
        **{"implementation_name": "cpython", "platform_python_implementation": "CPython"},
    }
    return requirement.marker is None or requirement.marker.evaluate(environment)


@pytest.mark.parametrize("lock", LOCKS.values())
def test_every_requirement_is_pinned_with_the_hashes_of_its_files(lock: str) -> None:
    found = locked(lock)
    assert len(found) > 40
    for requirement, hashes in found:
        assert version_of(requirement)
        assert not requirement.url
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), requirement


@pytest.mark.parametrize(("input_", "lock"), LOCKS.items())
def test_the_lock_has_just_the_versions_that_are_asked_for(input_: str, lock: str) -> None:
    versions = {canonicalize_name(each.name): version_of(each) for each, _ in locked(lock)}
    wanted = {name: version_of(requirement) for name, requirement in asked(input_).items()}
    assert {name: versions.get(name) for name in wanted} == wanted, "run `make lock`"


def test_the_tests_run_with_what_the_service_is_installed_with() -> None:
    service = {str(requirement): hashes for requirement, hashes in locked("requirements.txt")}
    dev = {str(requirement): hashes for requirement, hashes in locked("requirements-dev.txt")}
    assert {name: dev.get(name) for name in service} == service, "run `make lock`"


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", LOCKS.values())
def test_what_a_requirement_needs_itself_is_in_the_lock(lock: str, python: str, machine: str) -> None:
    """As the installed packages tell it, for every Python and kind of machine that is supported."""
    pinned = {
        canonicalize_name(each.name): version_of(each) for each, _ in locked(lock) if applies(each, python, machine)
    }
    extras = {name: requirement.extras for name, requirement in asked("requirements-dev.in").items()}
    looked_at = 0
    for name in pinned:
        try:
            needs = [Requirement(each) for each in requires(name) or ()]
        except PackageNotFoundError:
            continue  # of another Python
        looked_at += 1
        for need in needs:
            if any(applies(need, python, machine, extra) for extra in ("", *extras.get(name, ()))):
                found = pinned.get(canonicalize_name(need.name))
                assert found, f"{name} needs {need}: run `make lock`"
                assert need.specifier.contains(found, prereleases=True), f"{name} needs {need}, pinned is {found}"
    assert looked_at > 40


@pytest.mark.parametrize("lock", LOCKS.values())
def test_packages_with_parts_for_each_machine_have_a_hash_for_every_python_and_machine(lock: str) -> None:
    """Two machines, four Pythons, and the source: fewer hashes would be those of one machine's files."""
    hashes = {canonicalize_name(each.name): found for each, found in locked(lock)}
    for name in ("numpy", "orjson", "psycopg-binary", "markupsafe", "sqlalchemy"):
        assert len(set(hashes[name])) > len(PYTHONS) * len(MACHINES), name


@pytest.mark.parametrize("name", [*LOCKS, *LOCKS.values()])
def test_no_registry_and_no_folder_of_a_machine_is_in_a_file(name: str) -> None:
    found = text(name)
    assert "://" not in found
    assert not re.search(r"^--(?!hash)|^-[fie] |file:|/opt/|/tmp/|\.local", found, re.MULTILINE)


def test_whatever_installs_them_asks_for_the_hashes() -> None:
    makefile = text("Makefile")
    installs = re.findall(r"^.*\$\(PIP_INSTALL\).*$", makefile, re.MULTILINE)
    assert len(installs) == 2
    assert re.search(r"^PIP_INSTALL := .* --require-hashes$", makefile, re.MULTILINE)
    run = [rest for word, rest in dockerfile() if word == "RUN" and "pip install" in rest]
    assert len(run) == 1
    assert "--require-hashes" in run[0]
