"""Loading a file of atendimentos: straight into the empty table, else through staging and a merge of what differs."""

from __future__ import annotations

from typing import Any

import psycopg

from src.ingest.atendimentos import CANCELLED_CODE, AtendimentoReader, Batch, Rows
from src.ingest.layout import Layout
from src.ingest.nomes import Nomes
from src.ingest.seen import SeenIds
from src.ingest.tally import DayCounts, DistinctIds
from src.repositories import first_load, staging
from src.services.insert_records import insert_new_records
from src.services.load import Load, StageInstead, ahead
from src.services.loaded_ids import without_unknown_ids
from src.services.unit_of_work import load_transaction

# Late rows are merged after the swap, while readers wait; a file with more of them goes through staging.
MAX_LATE_ROWS = 100_000


def load_atendimentos(load: Load) -> Layout:
    """Load the file and count its rows; the caller commits. Raises InvalidFile or StageInstead."""
    if load.plan.straight and not load.claim.dry_run and _is_empty(load):
        staging.pass_merge_gate(load.connection)
        if not first_load.is_possible(load.connection):
            raise StageInstead  # somebody else's first load has just ended; start again without holding the gate
        return _fill_empty_table(load)
    return _stage_and_merge(load)


def _is_empty(load: Load) -> bool:
    """Look in a transaction apart: who has read the table and waits at the gate would be waited for by its holder."""
    with load_transaction(load.connect) as apart:
        return first_load.is_possible(apart)


def _stage_and_merge(load: Load) -> Layout:
    connection, claim, rows = load.connection, load.claim, load.rows
    layout, blocks = load.open_file()
    reader = AtendimentoReader(layout, load.rules, Nomes("angel"), Nomes("polo"))
    seen = SeenIds()
    staging.open_own_schema(connection, claim.id)
    staging.create_staging(connection)
    with load.step("stage"):
        for read in ahead(reader.batches(blocks)):
            batch = without_unknown_ids(connection, read)
            seen.repeated(batch.rows["id"])
            staging.stage(connection, batch.rows)
            load.note(batch.rows_read, batch.rejections, batch.consumed)
        load.rejected.require_few()
        staging.stage_nomes(connection, reader.angels.numbers, reader.polos.numbers)
    if seen.repeats or not seen.exact:
        with load.step("supersede"):
            rows.superseded = staging.supersede(connection)
    with load.step("compare"):
        rows.inserted, rows.updated = staging.compare(connection, claim.mode)
    rows.unchanged = rows.read - rows.rejected - rows.superseded - rows.inserted - rows.updated
    if not claim.dry_run and (rows.inserted or rows.updated):
        with load.step("merge"):
            staging.merge(connection, claim.id, rows.updated)
        if rows.inserted:
            insert_new_records(load)
    staging.drop_own_schema(connection, claim.id)
    return layout


class _Tally:
    """What a first load learns about its rows while it reads them."""

    def __init__(self) -> None:
        self.clientes = DistinctIds()
        self.angel_days = DayCounts()
        self.polo_days = DayCounts()
        self.angels: set[int] = set()
        self.polos: set[int] = set()

    def add(self, rows: Rows) -> None:
        self.clientes.add(rows["id_cliente"])
        self.angels |= first_load.used(rows["angel"])
        self.polos |= first_load.used(rows["polo"])
        attended = rows[rows["has_visit"] & (rows["status"] != CANCELLED_CODE)]
        visits = attended["data_de_atendimento"]
        margins = attended["data_limite"] - visits
        self.angel_days.add(attended["angel"], visits, margins)
        self.polo_days.add(attended["polo"], visits, margins)

    def spill(self, beside: first_load.FirstLoad) -> None:
        """Give what has become too much for memory to the database."""
        if self.clientes.full:
            beside.spill_clientes(self.clientes.take())
        if self.angel_days.full or self.polo_days.full:
            beside.spill_days(self.angel_days.take(), self.polo_days.take())


def _fill_empty_table(load: Load) -> Layout:
    connection, claim = load.connection, load.claim
    layout, blocks = load.open_file()
    angels, polos = _known_nomes(connection, "angel"), _known_nomes(connection, "polo")
    known = (set(angels.numbers.values()), set(polos.numbers.values()))
    reader = AtendimentoReader(layout, load.rules, angels, polos)
    staging.plan_for_sets(connection)
    staging.open_own_schema(connection, claim.id)
    beside = first_load.FirstLoad(connection, claim.id)
    tally, seen, late = _Tally(), SeenIds(), _LateRows(load)
    with load.step("copy"):
        for read in ahead(reader.batches(blocks)):
            batch = without_unknown_ids(connection, read)
            first = late.put_aside(batch, seen)
            beside.add_records(first)
            tally.add(first)
            tally.spill(beside)
            load.rows.inserted += len(first)
            load.note(batch.rows_read, batch.rejections, batch.consumed)
        load.rejected.require_few()
    load.rows.superseded = seen.repeats
    with load.step("nomes"):
        first_load.add_nomes(connection, "angel", _made(angels, tally.angels - known[0]))
        first_load.add_nomes(connection, "polo", _made(polos, tally.polos - known[1]))
    with load.step("clientes"):
        beside.add_clientes(tally.clientes.take())
    with load.step("rollups"):
        beside.add_rollups(tally.angel_days.take(), tally.polo_days.take())
    with load.step("indexes"):
        beside.add_indexes()
    with load.step("swap"):
        beside.add_foreign_keys()
        _take_place(beside)
    if seen.repeats:
        with load.step("late"):
            late.merge(angels, polos)
    staging.drop_own_schema(connection, claim.id)
    return layout


def _known_nomes(connection: psycopg.Connection[Any], table: str) -> Nomes:
    return Nomes(table, first_load.known_nomes(connection, table), first_load.last_id(connection, table))


class _LateRows:
    """Rows that repeat an id of the file. They go through staging, over the first row of their id, at the end."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._created = False

    def put_aside(self, batch: Batch, seen: SeenIds) -> Rows:
        """Stage the batch's repeats and return its other rows."""
        repeated = seen.repeated(batch.rows["id"])
        if not seen.exact or seen.repeats > MAX_LATE_ROWS:
            raise StageInstead
        if not repeated.any():
            return batch.rows
        if not self._created:
            staging.create_staging(self._load.connection)
            self._created = True
        staging.stage(self._load.connection, batch.rows[repeated])
        return batch.rows[~repeated]

    def merge(self, angels: Nomes, polos: Nomes) -> None:
        """Merge what was put aside into the records; it was counted as superseded before."""
        connection, claim = self._load.connection, self._load.claim
        staging.stage_nomes(connection, angels.numbers, polos.numbers)
        # A cancelled row before it is of the same file: unlike a stored record, it does not stay cancelled.
        staging.say_status(connection)
        staging.supersede(connection)
        inserted, updated = staging.compare(connection, "upsert")
        first_load.note_overwritten(connection)
        staging.merge(connection, claim.id, updated)
        if inserted:
            staging.gather(connection)
            staging.insert(connection, claim.id)
        first_load.forget_overwritten(connection)


def _made(nomes: Nomes, numbers: set[int]) -> list[tuple[int, str]]:
    return [(number, nome) for nome, number in nomes.numbers.items() if number in numbers]


def _take_place(beside: first_load.FirstLoad) -> None:
    try:
        beside.take_place()
    except psycopg.errors.LockNotAvailable as error:
        raise StageInstead from error
