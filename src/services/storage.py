"""Where uploads wait for their import: a folder, behind an interface that an object store could have."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from flask import current_app

from src.errors import StorageFull, UploadTooLarge

HEAD_BYTES = 8192
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Upload:
    """A file being received: hashed, counted and kept on disk as it comes, never in memory.

    `head` holds its first bytes, `charset` the codec that the sender says reads it. Writing more than `max_bytes`
    raises UploadTooLarge, a full disk StorageFull.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.size = 0
        self.head = b""
        self.charset: str | None = None
        self._max_bytes = max_bytes
        self._hash = hashlib.sha256()
        self._path = path
        self._file = path.open("xb", buffering=0)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Append `data`, all of it."""
        self.size += len(data)
        if self.size > self._max_bytes:
            raise UploadTooLarge(f"The file is larger than the limit of {self._max_bytes} bytes.")
        if len(self.head) < HEAD_BYTES:
            self.head += bytes(data[: HEAD_BYTES - len(self.head)])
        self._hash.update(data)
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        return len(data)

    @property
    def sha256(self) -> str:
        """The digest of what has been written, in hex."""
        return self._hash.hexdigest()

    def keep(self) -> str:
        """Make the file last through a power cut and return the key to open it by."""
        os.fsync(self._file.fileno())
        key = self._path.stem
        self._path.rename(self._path.with_name(key))
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return key

    def close(self) -> None:
        """Close the file, and remove it unless it was kept."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class UploadFolder:
    """Uploads in a folder, each under a key that says nothing about it."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self._root = root
        self._max_bytes = max_bytes

    @contextmanager
    def receive(self) -> Iterator[Upload]:
        """Give a new upload to write to; it is gone after the block unless `keep` was called in it."""
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            upload = Upload(self._root / f"{uuid.uuid4().hex}.part", self._max_bytes)
            try:
                yield upload
            finally:
                upload.close()
        except OSError as error:
            if error.errno in NO_ROOM:
                raise StorageFull("The disk that keeps uploads is full. Nothing of the file was kept.") from error
            raise

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give an empty folder on the disk of the uploads; it is gone after the block.

        /tmp is memory in a container. Raises StorageFull.
        """
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._root, ignore_cleanup_errors=True) as folder:
                yield Path(folder)
        except OSError as error:
            if error.errno in NO_ROOM:
                raise StorageFull("The disk that keeps uploads is full.") from error
            raise

    def path(self, key: str) -> Path:
        """Return where the upload is in this folder, whether it is there or not."""
        return self._root / key

    def open(self, key: str) -> BinaryIO:
        """Open the upload to read its bytes as they came, or raise FileNotFoundError."""
        return self.path(key).open("rb")

    def remove(self, key: str) -> None:
        """Remove the upload; one that is gone already is fine."""
        with suppress(FileNotFoundError):
            self.path(key).unlink()

    def older_than(self, seconds: float) -> list[str]:
        """Return the keys of the uploads, begun ones among them, that were last written longer ago than that."""
        try:
            before = self._now() - seconds
            with os.scandir(self._root) as entries:
                return [entry.name for entry in entries if entry.is_file() and entry.stat().st_mtime < before]
        except FileNotFoundError:
            return []
        except OSError as error:
            if error.errno in NO_ROOM:
                return []
            raise

    def _now(self) -> float:
        """Return the time by the folder's clock: by another one, this machine's, a fresh upload might look old."""
        with tempfile.TemporaryFile(dir=self._root) as probe:
            return os.fstat(probe.fileno()).st_mtime


def uploads() -> UploadFolder:
    """Return the store of the current application."""
    settings = current_app.config["SETTINGS"]
    return UploadFolder(settings.upload_dir, settings.max_upload_bytes)
