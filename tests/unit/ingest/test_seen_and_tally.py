"""What a first load remembers while it reads, against plain dictionaries and sets."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date, timedelta
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.ingest import seen as seen_module
from src.ingest import tally as tally_module
from src.ingest.binary import copy_rows
from src.ingest.columns import DAY_SECONDS
from src.ingest.seen import MAPPED_IDS, SeenIds
from src.ingest.tally import DayCounts, DistinctIds, months_of, to_date_of

EPOCH = date(2000, 1, 1)
ids = st.one_of(st.integers(1, 50), st.integers(MAPPED_IDS - 3, MAPPED_IDS + 3), st.integers(1, 10**18 - 1))


@given(st.lists(st.lists(ids, max_size=20), max_size=8))
def test_every_id_that_came_before_is_found(batches):
    seen, before = SeenIds(), set()
    for batch in batches:
        expected = []
        for id_ in batch:
            expected.append(id_ in before)
            before.add(id_)
        assert seen.repeated(np.array(batch, np.int64)).tolist() == expected
    assert seen.exact
    assert seen.repeats == sum(map(len, batches)) - len(before)


def test_more_large_ids_than_it_may_hold_are_admitted(monkeypatch):
    monkeypatch.setattr(seen_module, "LISTED_IDS", 10)
    seen = SeenIds()
    seen.repeated(np.arange(MAPPED_IDS, MAPPED_IDS + 9))
    assert seen.exact
    seen.repeated(np.arange(MAPPED_IDS + 20, MAPPED_IDS + 29))
    assert not seen.exact


rows = st.lists(
    st.tuples(st.integers(1, 5), st.integers(-3_000_000_000, 3_000_000_000), st.integers(-(10**6), 10**6)), max_size=40
)


@given(st.lists(rows, max_size=6))
def test_groups_are_those_of_a_dictionary(batches):
    tally_module._MERGE_AT, before = 30, tally_module._MERGE_AT
    try:
        counts, expected = DayCounts(), defaultdict(lambda: [0, 0, 0])
        for batch in batches:
            columns = [np.array(column, np.int64) for column in zip(*batch, strict=True)] or [np.empty(0, np.int64)] * 3
            counts.add(*columns)
            for key, visit, margin in batch:
                group = expected[(visit // DAY_SECONDS, key)]
                group[0] += 1
                group[1] += margin >= 0
                group[2] += margin
        found = {(day, key): sums for day, key, *sums in zip(*(c.tolist() for c in counts.take()), strict=True)}
    finally:
        tally_module._MERGE_AT = before
    assert found == dict(expected)
    assert list(found) == sorted(found)


@given(rows)
def test_months_are_the_sums_of_their_days(visits):
    counts = DayCounts()
    counts.add(*([np.array(column, np.int64) for column in zip(*visits, strict=True)] or [np.empty(0, np.int64)] * 3))
    expected = defaultdict(lambda: [0, 0, 0, set()])
    for key, visit, margin in visits:
        day = date(2000, 1, 1) + timedelta(days=visit // DAY_SECONDS)
        month = expected[((day.replace(day=1) - date(2000, 1, 1)).days, key)]
        month[0] += 1
        month[1] += margin >= 0
        month[2] += margin
        month[3].add(day)
    found = zip(*(column.tolist() for column in months_of(*counts.take())), strict=True)
    assert {(month, key): sums for month, key, *sums in found} == {
        group: [*sums, len(days)] for group, (*sums, days) in expected.items()
    }


@given(
    st.dictionaries(st.tuples(st.dates(date(1999, 11, 1), date(2002, 3, 1)), st.integers(1, 3)), st.integers(1, 9)),
    st.integers(1, 12),
)
def test_counts_to_date_are_those_from_new_year_to_each_mark(days, at_once):
    entries = sorted(days)
    columns = [[(day - EPOCH).days for day, _ in entries], [key for _, key in entries]]
    counts = [days[entry] for entry in entries]
    columns += [counts, [count - 1 for count in counts], [-1000 * count for count in counts]]
    with patch.object(tally_module, "_PIECE", at_once):
        pieces = list(to_date_of(*(np.array(column, np.int64) for column in columns)))
    expected = {}
    for year, key in sorted({(day.year, key) for day, key in entries}):
        for month in range(1, 13):
            for mark in (date(year, month, 15), date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)):
                until = [days[day, k] for day, k in entries if k == key and date(year, 1, 1) <= day <= mark]
                if until:
                    sums = (sum(until), sum(until) - len(until), -1000 * sum(until), len(until))
                    expected[mark, key] = sums
    rows = []
    for piece in pieces:
        found = zip(*(column.tolist() for column in piece), strict=True)
        in_piece = [(EPOCH + timedelta(days=day), key, *sums) for day, key, *sums in found]
        assert in_piece == sorted(in_piece)
        rows += in_piece
    assert len(rows) == len(expected)
    assert {row[:2]: row[2:] for row in rows} == expected
    assert len(pieces) == math.ceil(len({(day.year, key) for day, key in entries}) / at_once)


@given(st.lists(st.lists(st.integers(1, 60), max_size=30), max_size=6))
def test_distinct_ids_are_those_of_a_set(batches):
    distinct = DistinctIds()
    for batch in batches:
        distinct.add(np.array(batch, np.int64))
    assert distinct.take().tolist() == sorted({id_ for batch in batches for id_ in batch})


def test_counters_are_full_beyond_their_bound_and_empty_once_taken(monkeypatch):
    monkeypatch.setattr(tally_module, "_MERGE_AT", 10)
    monkeypatch.setattr(tally_module, "MAX_GROUPS", 50)
    monkeypatch.setattr(tally_module, "MAX_CLIENTES", 50)
    counts, distinct = DayCounts(), DistinctIds()
    many = np.arange(1, 200, dtype=np.int64)
    assert not counts.full
    assert not distinct.full
    counts.add(many, many * 0, many)
    distinct.add(many)
    assert counts.full
    assert distinct.full
    assert len(counts.take()[0]) == len(distinct.take()) == 199
    assert not counts.full
    assert not distinct.full
    assert len(counts.take()[0]) == len(distinct.take()) == 0


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_copied_rows_have_the_length_of_their_types(rows):
    numbers = np.arange(rows, dtype=np.int64)
    assert len(copy_rows("qis", numbers, numbers, b"done")) == rows * (2 + 12 + 8 + 8)
    assert len(copy_rows("qq", numbers, None)) == rows * (2 + 12 + 4)
