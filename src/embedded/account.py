"""Which user runs Postgres. It refuses to be root, so root has to find someone who can use its files."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from src.embedded.errors import Unusable
from src.embedded.launch import UNREACHABLE
from src.embedded.processes import Account, Command, launched

USERS = ("postgres", "nobody")
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
PROBE_SECONDS = 30


def prepare_folder(folder: Path) -> Account:
    """Make the server's folder (mode 700) if there is none, and return the account it belongs to."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return Account()
    if folder.stat().st_uid == 0:
        user = _unprivileged_user()
        os.chown(folder, user.pw_uid, user.pw_gid)
    owner = folder.stat()
    return Account(owner.st_uid, owner.st_gid)


def usable(account: Account, folder: Path, binaries: Path, spare: Path) -> tuple[Account, Path]:
    """Return the account with what it needs to enter `folder` and to run the programs, and where these are.

    For root that is, by preference: nothing; the capability to pass closed folders, which leaves all modes
    and owners as they are; a copy of the programs in `spare`; the capability to ignore modes, the only one
    of the two that containers usually have. Raises Unusable where none of them will do.
    """
    if account.uid is None:
        return account, binaries
    code, trouble = _probe(account, folder, binaries)
    if code == 0:
        return account, binaries
    searching = replace(account, capability=CAP_DAC_READ_SEARCH)
    if _probe(searching, folder, binaries)[0] == 0:
        return searching, binaries
    if code != UNREACHABLE and _probe(account, folder, copy := readable_copy(binaries, spare))[0] == 0:
        return account, copy
    overriding = replace(account, capability=CAP_DAC_OVERRIDE)
    if _probe(overriding, folder, binaries)[0] == 0:
        return overriding, binaries
    raise Unusable(
        f"Postgres refuses to run as root, and the user {account.uid} can't use {folder} ({trouble}). "
        "Run as an ordinary user, or choose a folder that every user may enter with DATA_DIR."
    )


def _probe(account: Account, folder: Path, binaries: Path) -> tuple[int, str]:
    """Return the exit code and output of `initdb --version`, which also checks that it can run `postgres`."""
    command = Command("probe", [str(binaries / "initdb"), "--version"], folder, account=account)
    done = subprocess.run(  # noqa: S603 - our own programs
        launched(command), capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
    )
    return done.returncode, done.stderr.strip()


def readable_copy(binaries: Path, spare: Path) -> Path:
    """Copy the programs and their libraries to where everyone may read them; return the new bin folder."""
    package, libraries = binaries.parents[1], binaries.parents[2] / f"{binaries.parents[1].name}.libs"
    target = spare / package.name / binaries.parent.name / binaries.name
    if not spare.exists():
        new = spare.with_name(f"{spare.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(binaries.parent, new / package.name / binaries.parent.name)
        if libraries.exists():
            shutil.copytree(libraries, new / libraries.name)
        for path in (new, *new.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
        new.rename(spare)
    return target


def _unprivileged_user() -> pwd.struct_passwd:
    for name in USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unusable(f"Postgres refuses to run as root, and none of the users {', '.join(USERS)} exists.")
