from __future__ import annotations

import csv
import hashlib
import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from src.cli.sample_data import sample_data
from src.services.sample_data import SampleSummary, Variation, write_sample
from src.services.sample_data.mess import FAULTS
from tests import oracle

MESSY = Variation(bad_per_million=60_000, duplicates=150)
# One batch is 65,536 rows: this crosses its border.
TWO_BATCHES = 66_000
PERIODS = [(None, None), (date(2020, 8, 13), date(2021, 4, 17)), (date(2021, 2, 1), date(2021, 2, 28))]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def assert_key_is_right(summary: SampleSummary, path: Path) -> None:
    """Compare the generator's own count with the oracle's reading of the file."""
    outcome = oracle.read_file(path)
    records = list(outcome.records.values())
    attended = [record for record in records if record.attended]
    assert (outcome.read, outcome.rejected, outcome.superseded) == (
        summary.rows,
        summary.rejected,
        summary.superseded,
    )
    assert len(attended) == summary.attended
    assert len(records) - len(attended) == summary.pending
    assert sum(record.on_time for record in attended) == summary.on_time
    assert summary.good == summary.attended + summary.pending + summary.superseded
    assert [(bad.line, bad.column) for bad in outcome.rejections] == [
        (bad.line, bad.column) for bad in summary.rejections
    ]
    assert (min(outcome.records), max(outcome.records)) == (summary.first_id, summary.last_id)


def test_equal_arguments_give_equal_bytes_on_every_python_and_every_machine(tmp_path: Path) -> None:
    out, clientes = tmp_path / "out.csv", tmp_path / "clientes.csv"
    write_sample(out, 5_000, clientes_path=clientes)
    assert sha256(out) == "982ab7280418803595f3458792c6e3b77a0a4f5b3e31e3ea5aea1be3fe7fa543"
    assert sha256(clientes) == "b389fc317431b53331a0cbd695ef78b39b260c71a4c2398caff2aba812ac5f99"


def test_another_seed_gives_another_file(tmp_path: Path) -> None:
    write_sample(tmp_path / "a.csv", 100)
    write_sample(tmp_path / "b.csv", 100, seed=7)
    assert sha256(tmp_path / "a.csv") != sha256(tmp_path / "b.csv")


@pytest.mark.parametrize(
    ("rows", "variation"), [(1, Variation()), (4_000, MESSY), (TWO_BATCHES, Variation(duplicates=70))]
)
def test_the_answer_key_is_what_the_oracle_reads(tmp_path: Path, rows: int, variation: Variation) -> None:
    summary = write_sample(tmp_path / "out.csv", rows, variation=variation)
    assert_key_is_right(summary, tmp_path / "out.csv")


@pytest.mark.parametrize(("start", "end"), PERIODS)
def test_the_tallies_are_what_the_oracle_counts(tmp_path: Path, start: date | None, end: date | None) -> None:
    path = tmp_path / "out.csv"
    summary = write_sample(path, 4_000, variation=MESSY)
    records = oracle.read_file(path).records.values()
    period = oracle.period_of(records, start, end)
    assert period is not None
    productivity = oracle.productivity(records, period, holidays=())
    angels, polos = oracle.sla_by_angel(records, period), oracle.sla_by_polo(records, period)
    for tallies, expected in ((summary.by_angel, angels), (summary.by_polo, polos)):
        found = tallies.between(start, end)
        assert {name: (tally.total, tally.on_time) for name, tally in found.items()} == {
            name: (sla.total, sla.on_time) for name, sla in expected.items()
        }
        assert {name: tally.margin_seconds for name, tally in found.items()} == {
            name: sla.avg_margin_hours * 3600 * sla.total for name, sla in expected.items()
        }
    assert {name: tally.active_days for name, tally in summary.by_angel.between(start, end).items()} == {
        name: row.active_days for name, row in productivity.items()
    }


def test_a_file_has_every_fault(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_sample(path, 4_000, variation=MESSY)
    text = path.read_bytes()
    missing = [fault for fault in FAULTS if fault[2].strip() and fault[2] not in text]
    assert not missing
    assert re.search(rb"^\d+;\d+;;", text, re.MULTILINE)
    assert re.search(rb"^\d+;\d+;[^;]+;;", text, re.MULTILINE)
    assert b"\n\n" in text
    assert b'"' in text


def test_a_file_has_every_shape_of_a_date(tmp_path: Path) -> None:
    write_sample(tmp_path / "out.csv", 20_000, mess=False)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    shapes = {re.sub(r"\d", "9", row["data_de_atendimento"]) for row in rows}
    assert shapes >= {
        "99/99/9999 99:99:99",
        "99/99/9999 99:99",
        "99/99/9999",
        "9999-99-99 99:99:99",
        "9999-99-99",
        "9999-99-99T99:99:99",
        "99/99/99",
        "99/999999 99:99",
        "99 /99 /9999 99:99:99",
        "-",
        "",
    }
    common = sum(bool(re.fullmatch(r"\d\d/\d\d/\d{4}", row["data_limite"])) for row in rows)
    assert common > 0.93 * len(rows)


def test_without_mess_no_row_is_bad_or_odd(tmp_path: Path) -> None:
    summary = write_sample(tmp_path / "out.csv", 5_000, mess=False)
    text = (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert summary.rejected == 0
    assert '"' not in text
    assert "\n\n" not in text
    assert text.count(";") == 5 * 5_001


def test_the_changed_file_differs_in_the_visits_of_a_tenth_of_the_rows_alone(tmp_path: Path) -> None:
    write_sample(tmp_path / "plain.csv", 5_000)
    summary = write_sample(tmp_path / "changed.csv", 5_000, variation=Variation(changed_percent=10))
    assert_key_is_right(summary, tmp_path / "changed.csv")
    plain = (tmp_path / "plain.csv").read_text(encoding="utf-8").splitlines()
    changed = (tmp_path / "changed.csv").read_text(encoding="utf-8").splitlines()
    different = [(a, b) for a, b in zip(plain, changed, strict=True) if a != b]
    assert len(different) == summary.changed
    assert 400 < summary.changed < 600
    assert all(a.rpartition(";")[0] == b.rpartition(";")[0] for a, b in different)


def test_new_rows_are_about_the_angels_and_polos_of_the_file_before(tmp_path: Path) -> None:
    before = write_sample(tmp_path / "before.csv", 20_000)
    variation = Variation(first_id=before.last_id + 1, population=20_000)
    after = write_sample(tmp_path / "after.csv", 1_000, variation=variation)
    assert_key_is_right(after, tmp_path / "after.csv")
    assert after.first_id == before.last_id + 1
    assert after.by_angel.between().keys() <= before.by_angel.between().keys()
    assert after.by_polo.between().keys() <= before.by_polo.between().keys()


def test_every_cliente_of_a_good_row_is_in_the_clientes_file_with_an_email_of_its_own(tmp_path: Path) -> None:
    path, clientes = tmp_path / "out.csv", tmp_path / "clientes.csv"
    summary = write_sample(path, 5_000, clientes_path=clientes)
    with clientes.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert list(rows[0]) == ["id_cliente", "nome", "email", "telefone"]
    found = {record.id_cliente for record in oracle.read_file(path).records.values()}
    assert sorted(int(row["id_cliente"]) for row in rows) == sorted(found)
    assert len({row["email"] for row in rows}) == len(rows) == summary.clientes
    assert all(100_000_000 <= number < 1_000_000_000 for number in found)


def test_arguments_that_no_file_can_have_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one row"):
        write_sample(tmp_path / "out.csv", 0)
    with pytest.raises(ValueError, match="half"):
        write_sample(tmp_path / "out.csv", 10, variation=Variation(duplicates=6))


def test_the_command_writes_both_files_and_says_so_in_a_line(tmp_path: Path) -> None:
    out, clientes = tmp_path / "out.csv", tmp_path / "clientes.csv"
    result = CliRunner().invoke(sample_data, [str(out), "--rows", "500", "--clientes", str(clientes)])
    assert result.exit_code == 0
    assert result.output.count("\n") == 1
    assert "500 rows" in result.output
    write_sample(tmp_path / "same.csv", 500)
    assert sha256(out) == sha256(tmp_path / "same.csv")
    assert clientes.exists()


def test_the_command_refuses_standard_output_and_an_unwritable_place(tmp_path: Path) -> None:
    piped = CliRunner().invoke(sample_data, ["-"])
    assert piped.exit_code == 2
    assert "standard output" in piped.output
    lost = CliRunner().invoke(sample_data, [str(tmp_path / "nowhere" / "out.csv")])
    assert lost.exit_code == 1
    assert "can't be written" in lost.output


def test_the_command_does_not_write_one_file_over_the_other(tmp_path: Path) -> None:
    same = str(tmp_path / "nowhere" / ".." / "out.csv")
    result = CliRunner().invoke(sample_data, [str(tmp_path / "out.csv"), "--clientes", same])
    assert result.exit_code == 2
    assert "a file of their own" in result.output
    assert list(tmp_path.iterdir()) == []
