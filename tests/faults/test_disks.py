"""Senders that vanish, and disks that are full: small ones, mounted for the purpose, which only root may."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.running import wait_for
from tests.faults.conftest import LONG, in_the_long_form
from tests.faults.service import Service
from tests.faults.world import FILE, ROWS, STORED, World

MB = 1024**2


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Give a disk of that size; skips the test where none can be mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "small", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"No small disk can be mounted here: {getattr(error, 'stderr', None) or error}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Fill the disk but for less than a page, and return the file to remove."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (MB, 4096):
            try:
                while file.write(b"\1" * size) == size:
                    pass
            except OSError:
                continue
    return ballast


@pytest.mark.parametrize("multipart", [False, True])
def test_of_a_sender_that_vanishes_no_import_and_no_file_stays(
    service: Service, world: World, multipart: bool, tried: Callable[[str, int, str], None]
) -> None:
    world.put("filled")
    times = 20 if LONG else 2
    kind = "multipart/form-data; boundary=edge" if multipart else "text/csv"
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' if multipart else b""
    for number in range(times):
        sent = head + FILE[: len(FILE) * (number + 1) // (times + 1)]
        with socket.create_connection(("127.0.0.1", service.port)) as sender:
            token = world.client.token()
            sender.sendall(
                f"POST /api/v1/imports HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Type: {kind}\r\nContent-Length: {len(FILE) + 500}\r\n\r\n".encode()
            )
            sender.sendall(sent)
    wait_for(lambda: list((service.folder / "uploads").iterdir()) == [])
    assert world.client.get("/imports")["data"] == []
    assert world.records() == world.before["filled"][0]
    form = "multipart" if multipart else "bare body"
    tried(f"sender vanishes in the middle of an upload ({form})", times, "no import and no file stays")


@in_the_long_form
def test_a_full_disk_for_uploads_is_told_and_recovers(
    service: Service, world: World, tmp_path: Path, tried: Callable[[str, int, str], None]
) -> None:
    world.put("filled")
    with small_disk(tmp_path / "uploads", 8) as disk, service.given(UPLOAD_DIR=str(disk)):
        ballast = fill(disk)
        refused = world.client.upload(FILE)
        assert refused.status == 507, refused
        assert "full" in refused.json["detail"]
        assert os.listdir(disk) == ["ballast"]
        assert world.answers() == world.before["filled"][1]
        ballast.unlink()
        world.import_file(FILE)
        assert world.records() == world.after["filled"][0]
    tried("disk for uploads full", 1, "507 with the reason, reads went on, the next upload was imported")


@in_the_long_form
@pytest.mark.parametrize("all_on_it", [False, True])
def test_a_full_disk_for_the_database_is_told_and_recovers(
    all_on_it: bool, tmp_path: Path, tried: Callable[[str, int, str], None]
) -> None:
    """On the small disk is Postgres alone, or also the broker, the logs and beat's file."""
    with (
        small_disk(tmp_path / "small", 300) as disk,
        Service((disk if all_on_it else tmp_path) / "data", UPLOAD_DIR=str(tmp_path / "uploads")) as service,
    ):
        if not all_on_it:
            move_database(service, disk)
        world = World(service)
        world.import_file(STORED)
        before, answers = world.records(), world.answers()
        ballast = fill(disk)
        import_id = world.client.upload(FILE).json["id"]
        over = time.monotonic() + 60
        while world.row(import_id)["status"] != "failed" and time.monotonic() < over:
            assert world.answers() == answers
            service.tend()
            time.sleep(0.5)
        row = world.row(import_id)
        assert world.records() == before
        if not all_on_it:  # else nobody can be told of the next attempt
            assert (row["status"], row["attempts"]) == ("failed", 3)
            assert "disk is full" in row["error"]
        ballast.unlink()
        while all_on_it and world.row(import_id)["status"] != "completed":
            assert time.monotonic() < over + 60
            service.tend()
            time.sleep(0.5)
        row = world.import_file(FILE)
        assert row["rows_inserted"] + row["rows_updated"] + row["rows_unchanged"] == ROWS
        world.verify()
    what = "database, broker and logs" if all_on_it else "database"
    end = "the import waited and completed" if all_on_it else "import failed with the reason, the next completed"
    tried(f"disk of the {what} full", 1, f"reads went on; {end} once there was room")


def move_database(service: Service, disk: Path) -> None:
    """Put the folder of Postgres onto the disk."""
    service.stop("postgres")
    folder = service.folder / "postgres"
    subprocess.run(["cp", "-a", str(folder), str(disk / "postgres")], check=True)
    folder.rename(service.folder / "postgres-before")
    folder.symlink_to(disk / "postgres")
    service.start("postgres")
