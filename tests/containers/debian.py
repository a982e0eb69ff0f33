"""Programs from the packages of a newer Debian than the machine's, fetched and unpacked without installing them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

SUITE = "forky"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIRROR = re.compile(r"https?://\S+/debian/?(?=\s|$)")


def mirror() -> str:
    """Return the address of the archive that this machine's own apt uses; skip where it has none."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)"]
    listed = subprocess.run(asked, capture_output=True, text=True, check=False)
    found = MIRROR.search(listed.stdout)
    if not found or not KEYRING.exists():
        pytest.skip("containers: no Debian archive among this machine's package sources")
    return found[0]


def program(folder: Path, package: str) -> Path:
    """Return the plugin that the package holds, unpacked below `folder`."""
    unpacked = folder / package
    if not unpacked.exists():
        _apt_get(folder, "update")
        _apt_get(folder, "download", package)
        archive = next(folder.glob(f"{package}_*.deb"))
        subprocess.run(["dpkg-deb", "-x", archive, unpacked], check=True)
    return next(unpacked.rglob(f"cli-plugins/{package}"))


def _apt_get(folder: Path, *command: str) -> None:
    """Run apt-get with state, cache and sources of its own below `folder`."""
    for part in ("parts", "lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    source = f"deb [signed-by={KEYRING}] {mirror()} {SUITE} main\n"
    (folder / "parts" / "newer.list").write_text(source)
    options = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": folder / "parts",
        "Dir::State::Lists": folder / "lists",
        "Dir::State::Status": folder / "status",
        "Dir::Cache": folder / "cache",
        # The Release file of a suite in the making is often past its date.
        "Acquire::Check-Valid-Until": "false",
        "APT::Sandbox::User": "root",
    }
    given = [f"-o{name}={value}" for name, value in options.items()]
    done = subprocess.run(["apt-get", "-q", *given, *command], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"containers: apt-get {' '.join(command)} failed: {done.stderr.strip()[-500:]}")
