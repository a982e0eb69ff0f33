"""Images that stand for those of the registry, which may be out of reach: the same programs, from Debian's packages."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shlex import quote

import pytest

from tests.containers.debian import KEYRING, SUITE, mirror
from tests.containers.engine import Engine

ENTRYPOINT = Path(__file__).with_name("postgres_entrypoint.sh")
# So that programs in the containers trust what this machine trusts, a mirror of PyPI with a certificate of its own too.
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PYTHON = "python3.13"
PYTHON_HOOKS = (
    f"ln -s /usr/bin/{PYTHON} $1/usr/local/bin/python",
    f"ln -s /usr/bin/{PYTHON} $1/usr/local/bin/python3",
    f"copy-in {quote(str(CERTIFICATES))} /etc/ssl/certs",
)
# The ids are those of the official images.
SERVER_HOOKS = (
    "chroot $1 groupmod --non-unique --gid 999 postgres",
    "chroot $1 usermod --non-unique --uid 999 --gid 999 postgres",
    "chroot $1 useradd --uid 101 --non-unique --no-create-home nginx",
    "rm -rf $1/var/lib/postgresql && mkdir -p $1/var/lib/postgresql $1/data $1/var/cache/nginx",
    "chroot $1 chown 999:999 /var/lib/postgresql /data",
    f"copy-in {quote(str(ENTRYPOINT))} /usr/local/bin",
    "chmod 755 $1/usr/local/bin/postgres_entrypoint.sh",
)
SERVERS = {
    "postgres": (
        "ENV PATH=/usr/lib/postgresql/18/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "ENV PGDATA=/var/lib/postgresql/18/docker",
        'ENTRYPOINT ["postgres_entrypoint.sh"]',
        "VOLUME /var/lib/postgresql",
    ),
    "redis": ("WORKDIR /data",),
    "nginx": (),
}


def make_stand_ins(engine: Engine, names: dict[str, str]) -> None:
    """Give the engine an image under each of `names`: python, postgres, redis and nginx to their full names."""
    python = _system(engine.folder / "python.tar", (PYTHON, f"{PYTHON}-venv", "ca-certificates"), PYTHON_HOOKS)
    engine.run("import", str(python), names["python"])
    packages = ("postgresql-18", "redis-server", "nginx", "wget", "ca-certificates")
    servers = _system(engine.folder / "servers.tar", packages, SERVER_HOOKS)
    for name, changes in SERVERS.items():
        options = [word for change in changes for word in ("--change", change)]
        engine.run("import", *options, str(servers), names[name])


def _system(archive: Path, packages: tuple[str, ...], hooks: tuple[str, ...]) -> Path:
    """Write a minimal Debian with `packages` to `archive`; skip where the packages can't be had."""
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--keyring={KEYRING}", f"--include={','.join(packages)}"]
    command += ['--aptopt=Acquire::Check-Valid-Until "false"', "--dpkgopt=path-exclude=/usr/share/doc/*"]
    command += ["--dpkgopt=path-exclude=/usr/share/man/*", *(f"--customize-hook={hook}" for hook in hooks)]
    done = subprocess.run([*command, SUITE, str(archive), mirror()], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"containers: mmdebstrap failed: {done.stderr.strip()[-800:]}")
    return archive
