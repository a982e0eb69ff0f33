"""The domain in plain Python: what records there are after any sequence of operations. Shares nothing with `src`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from tests.oracle import Outcome, Record


@dataclass(frozen=True)
class Stored:
    """A record as it is kept. `write` is the number of the operation that has written it last."""

    id_cliente: int
    angel: str
    polo: str
    data_limite: datetime
    data_de_atendimento: datetime | None
    status: str
    write: int
    deleted: bool = False

    @property
    def attended(self) -> bool:
        return self.status == "done" and not self.deleted


@dataclass
class Written:
    """What an import has done: how many records it wrote, and what those it changed were before."""

    records: int
    before: dict[int, Stored]
    new: set[int]


class Model:
    """All records by id, and all imports that can be undone by id."""

    def __init__(self) -> None:
        self.records: dict[int, Stored] = {}
        self.imports: dict[int, Written] = {}
        self._writes = 0

    def live(self) -> dict[int, Stored]:
        """Return the records that are not deleted."""
        return {each: record for each, record in self.records.items() if not record.deleted}

    def create(self, number: int, record: Stored) -> None:
        self.records[number] = replace(record, write=self._next())

    def change(self, number: int, **values: object) -> None:
        """Give a record other values; a cancelled one stays so until its visit changes."""
        stored = self.records[number]
        visit = values.get("data_de_atendimento", stored.data_de_atendimento)
        stays = stored.status == "cancelled" and visit == stored.data_de_atendimento
        status = "cancelled" if stays else "done" if visit else "pending"
        self.records[number] = replace(stored, **{"status": status, **values}, write=self._next())

    def delete(self, number: int) -> None:
        self.records[number] = replace(self.records[number], deleted=True, write=self._next())

    def import_(self, import_id: int | None, outcome: Outcome, mode: str) -> dict[str, int]:
        """Take a file in, or only count where `import_id` is None (a dry run); return its counts but the zeros."""
        counts = Counter(read=outcome.read, superseded=outcome.superseded, rejected=outcome.rejected)
        write, written = self._next(), Written(0, {}, set())
        changed: dict[int, Stored] = {}
        for number, record in outcome.records.items():
            stored = self.records.get(number)
            after = _taken(record, stored, write)
            if stored and (mode == "insert" or (not stored.deleted and _same(stored, after))):
                counts["unchanged"] += 1
                continue
            counts["updated" if stored else "inserted"] += 1
            changed[number] = after
            if stored:
                written.before[number] = stored
            else:
                written.new.add(number)
        if import_id is not None:
            self.records |= changed
            written.records = write
            self.imports[import_id] = written
        return {name: count for name, count in counts.items() if count}

    def undo(self, import_id: int) -> bool:
        """Take an import back, or return False where something that it wrote was changed since."""
        written = self.imports[import_id]
        touched = written.new | set(written.before)
        if any(self.records[number].write != written.records for number in touched):
            return False
        for number in written.new:
            del self.records[number]
        self.records |= written.before
        del self.imports[import_id]
        return True

    def sla(self) -> dict[str, tuple[int, int]]:
        """Return how many visits each polo has, and how many of them were on time."""
        found: dict[str, tuple[int, int]] = {}
        for record in self.records.values():
            if record.attended and record.data_de_atendimento is not None:
                total, on_time = found.get(record.polo, (0, 0))
                found[record.polo] = total + 1, on_time + (record.data_de_atendimento <= record.data_limite)
        return found

    def _next(self) -> int:
        self._writes += 1
        return self._writes


def _taken(record: Record, stored: Stored | None, write: int) -> Stored:
    visit = record.data_de_atendimento
    stays = stored is not None and stored.status == "cancelled" and stored.data_de_atendimento == visit
    status = "cancelled" if stays else "done" if visit else "pending"
    values = (record.id_cliente, record.angel, record.polo, record.data_limite, visit)
    return Stored(*values, status=status, write=write)


def _same(stored: Stored, after: Stored) -> bool:
    return replace(after, write=stored.write, status=stored.status) == stored
