"""The files that the benchmark imports, and the one that the floor copies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from src.services.sample_data import SampleSummary, Variation, write_sample

CHANGED_PERCENT = 10
NEW_ROWS = 5_000
# The file of many new rows has this many times as many rows as a table that holds few.
MANY_TIMES = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """A file and the answer key of what is in it."""

    path: Path
    summary: SampleSummary


class Files:
    """Sample files of one size, written into `folder` when they are first asked for."""

    def __init__(self, folder: Path, rows: int) -> None:
        self._folder, self._rows = folder, rows
        self._plain: Sample | None = None

    @property
    def plain(self) -> Sample:
        """The file, mess included."""
        if self._plain is None:
            self._plain = self._write("plain.csv", Variation())
        return self._plain

    def changed(self) -> Sample:
        """The same file with a tenth of the visits moved."""
        return self._write("changed.csv", Variation(changed_percent=CHANGED_PERCENT))

    def new(self, round_: int) -> Sample:
        """Some new rows for the same angels and polos; other ids each round."""
        first_id = self.plain.summary.last_id + 1 + round_ * NEW_ROWS * 2
        return self._write("new.csv", Variation(first_id=first_id, population=self._rows), rows=NEW_ROWS)

    def few(self) -> Sample:
        """A tenth of the file's rows, with the first ids."""
        return self._write("few.csv", Variation(population=self._rows), rows=max(1, self._rows // MANY_TIMES))

    def another(self) -> Sample:
        """As many rows again, all of them new, for the same angels and polos."""
        first_id = self.plain.summary.last_id + 1
        return self._write("another.csv", Variation(first_id=first_id, population=self._rows))

    def clean(self) -> Path:
        """The file without its mess, since COPY takes no ragged row; its size differs by less than a thousandth."""
        return self._write("clean.csv", Variation(), mess=False).path

    def _write(self, name: str, variation: Variation, *, rows: int | None = None, mess: bool = True) -> Sample:
        path = self._folder / name
        return Sample(path, write_sample(path, rows or self._rows, mess=mess, variation=variation))
