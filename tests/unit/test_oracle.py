from __future__ import annotations

import ast
import gzip
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from tests import oracle

HEADER = "id_atendimento;id_cliente;angel;polo;data_limite;data_de_atendimento"
ROW = "1868;528921976;Gabriel Pereira Bandoli;BA - FEIRA DE SANTANA;30/06/2021;29/06/2021 12:57:19"
RECORD = oracle.Record(
    id=1868,
    id_cliente=528921976,
    angel="Gabriel Pereira Bandoli",
    polo="BA - FEIRA DE SANTANA",
    data_limite=datetime(2021, 6, 30, 23, 59, 59),
    data_de_atendimento=datetime(2021, 6, 29, 12, 57, 19),
    status="done",
)


def read(*lines: str, encoding: str = "utf-8", end: str = "\n") -> oracle.Outcome:
    return oracle.read_bytes((end.join(lines) + end).encode(encoding))


def record(number: int, limit: str, visit: str, angel: str = "Ana", polo: str = "SP - SANTOS") -> str:
    return f"{number};7;{angel};{polo};{limit};{visit}"


def test_the_oracle_imports_nothing_of_the_service() -> None:
    tree = ast.parse(Path(oracle.__file__).read_text(encoding="utf-8"))
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    modules += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    assert not [module for module in modules if module.split(".")[0] == "src"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("29/06/2021 10:15:27", datetime(2021, 6, 29, 10, 15, 27)),
        ("29/06/2021 10:15", datetime(2021, 6, 29, 10, 15)),
        ("30/06/2021", datetime(2021, 6, 30)),
        ("2021-06-26 10:31:14", datetime(2021, 6, 26, 10, 31, 14)),
        ("2021-06-26 10:31", datetime(2021, 6, 26, 10, 31)),
        ("2021-06-26T10:31:14", datetime(2021, 6, 26, 10, 31, 14)),
        ("2021-06-26T13:31:14Z", datetime(2021, 6, 26, 10, 31, 14)),
        ("2021-06-26T23:31:14-05:00", datetime(2021, 6, 27, 1, 31, 14)),
        ("2021-06-26T23:31:14-0500", datetime(2021, 6, 27, 1, 31, 14)),
        ("2018-12-26T12:00:00+00:00", datetime(2018, 12, 26, 10, 0)),
        ("2021-06-26", datetime(2021, 6, 26)),
        ("27/06/21", datetime(2021, 6, 27)),
        ("05/10/20", datetime(2020, 10, 5)),
        ("05/10/19", datetime(2019, 10, 5)),
        ("29-06-2021 10:15", datetime(2021, 6, 29, 10, 15)),
        ("29.06.2021", datetime(2021, 6, 29)),
        ("2021/06/29", datetime(2021, 6, 29)),
        ("2021-06-30 15:00:00-03", datetime(2021, 6, 30, 15)),
        ("2021-06-30 15:00:00 UTC", datetime(2021, 6, 30, 12)),
        ("2021-06-30 15:00:00 +0000", datetime(2021, 6, 30, 12)),
        ("\u200e29/06/2021", datetime(2021, 6, 29)),
        ("27/06/21 10:15", datetime(2021, 6, 27, 10, 15)),
        ("27/06/21 10:15:09", datetime(2021, 6, 27, 10, 15, 9)),
        ("30/062021 09:28", datetime(2021, 6, 30, 9, 28)),
        ("3006/2021", datetime(2021, 6, 30)),
        ("28 /06 /2021 10:57:27", datetime(2021, 6, 28, 10, 57, 27)),
        ("  28/ 06/2021   10:57:27 ", datetime(2021, 6, 28, 10, 57, 27)),
        ("5/6/2021 9:05", datetime(2021, 6, 5, 9, 5)),
        ("-", None),
        ("", None),
        ("  ", None),
    ],
)
def test_visits_are_read_day_first_in_every_shape(text: str, expected: datetime | None) -> None:
    assert oracle.visit(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "06/29/2021",
        "31/02/2021",
        "29/02/2021",
        "30062021",
        "29/06/1899",
        "29/06/2100",
        "29/06/021",
        "29/06/2021 24:00",
        "29/06/2021 10:60",
        "29/06/2021 10:15:60",
        "29/06/2021 10",
        "2021-6-26",
        "30/06/2021 08:00 - 12:00",
        "2021-06-30 08:00 - 12:00",
        "2021-06-30 08:00+15",
        "30/06/2021 08:00Z",
        "05/10/69",
        "05/10/68",
        "1900-01-01",
        "ontem",
        "--",
        "29/06/2021 10:15 30",
        "2021-06-26T10:31:14+3:00",
        "2021-06-26T10:31:14-03::00",
        "2021-06-26T10:31:14-03:00:00",
        "²9/06/2021",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any value error rejects the row
        oracle.visit(text)


def test_a_deadline_that_is_a_date_alone_lasts_until_the_end_of_the_day() -> None:
    assert oracle.deadline("30/06/2021") == datetime(2021, 6, 30, 23, 59, 59)
    assert oracle.deadline("30/06/2021 18:00") == datetime(2021, 6, 30, 18, 0)
    for empty in ("", "-"):
        with pytest.raises(ValueError):  # noqa: PT011 - any value error rejects the row
            oracle.deadline(empty)


def test_the_row_of_the_description_is_one_record() -> None:
    assert read(HEADER, ROW).records == {1868: RECORD}


@pytest.mark.parametrize("delimiter", oracle.DELIMITERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_encodings_and_line_ends_make_no_difference(delimiter: str, encoding: str, end: str) -> None:
    row = ROW.replace("Gabriel", "Cecília").replace(";", delimiter)
    outcome = read(HEADER.replace(";", delimiter), row, encoding=encoding, end=end)
    assert outcome.records[1868].angel == "Cecília Pereira Bandoli"


def test_a_gzipped_file_is_read_and_a_broken_one_is_refused() -> None:
    packed = gzip.compress(f"{HEADER}\n{ROW}\n".encode())
    assert oracle.read_bytes(packed).records == {1868: RECORD}
    with pytest.raises(oracle.NotThisFile):
        oracle.read_bytes(packed[:-9])


def test_columns_may_be_renamed_reordered_and_more() -> None:
    outcome = read(
        "Polo,ID Atendimento,Observação,Data Limite,DATA-DE-ATENDIMENTO,Id_Cliente,ÂNGEL",
        'BA - FEIRA DE SANTANA,1868,"a, b",30/06/2021,29/06/2021 12:57:19,528921976,Gabriel Pereira Bandoli',
    )
    assert outcome.records == {1868: RECORD}


def test_lines_are_counted_through_blank_lines_and_quoted_line_breaks() -> None:
    outcome = read(HEADER, ROW, "", '2;7;"Ana', 'Lima";SP - SANTOS;30/06/2021;', "3;7;;SP - SANTOS;30/06/2021;", "4;7")
    assert outcome.records[2].angel == "Ana Lima"
    assert outcome.rejections == [oracle.Rejection(6, "angel"), oracle.Rejection(7, None)]
    assert outcome.read == 4


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("0;7;Ana;SP - SANTOS;30/06/2021;", "id_atendimento"),
        ("-1;7;Ana;SP - SANTOS;30/06/2021;", "id_atendimento"),
        ("1.0;7;Ana;SP - SANTOS;30/06/2021;", "id_atendimento"),
        ("9000000000000000;7;Ana;SP - SANTOS;30/06/2021;", "id_atendimento"),
        ("1;;Ana;SP - SANTOS;30/06/2021;", "id_cliente"),
        ("1;7;  ;SP - SANTOS;30/06/2021;", "angel"),
        ("1;7;\u200b;SP - SANTOS;30/06/2021;", "angel"),
        (f"1;7;{'x' * 201};SP - SANTOS;30/06/2021;", "angel"),
        ("1;7;Ana;;30/06/2021;", "polo"),
        ("1;7;Ana;SP - SANTOS;;", "data_limite"),
        ("1;7;NULL;SP - SANTOS;30/06/2021;", "angel"),
        ("1;7;Ana;SP - SANTOS;00/13/2021;", "data_limite"),
        ("1;7;Ana;SP - SANTOS;30/06/2021;00/13/2021", "data_de_atendimento"),
        ("1;7;Ana;SP - SANTOS;30/06/2021", None),
        ("1;7;Ana;SP - SANTOS;30/06/2021;;x", None),
        (";;0;;;", "id_atendimento"),
        ('1;7;"Ana \\"Nena\\" Lima";SP - SANTOS;30/06/2021;', None),
        ('1;7;"Ana" Lima;SP - SANTOS;30/06/2021;', None),
        ('1;7;"Ana;SP - SANTOS;30/06/2021;', None),
    ],
)
def test_a_wrong_row_is_rejected_at_its_first_column_at_fault(row: str, column: str | None) -> None:
    outcome = read(HEADER, row)
    assert outcome.rejections == [oracle.Rejection(2, column)]
    assert not outcome.records


def test_a_bad_byte_rejects_its_line_and_garbles_no_other() -> None:
    text = f"{HEADER}\n1;7;Jos\u00e9;P;1/7/2021;\n2;7;X;P;1/7/2021;\n3;7;Jo\u00e3o;P;1/7/2021;\n"
    outcome = oracle.read_bytes(text.encode().replace(b"X", b"\xe9"))
    assert outcome.rejections == [oracle.Rejection(3, "angel")]
    assert [record.angel for record in outcome.records.values()] == ["José", "João"]


@pytest.mark.parametrize("encoding", ["cp850", "mac-roman"])
def test_other_encodings_are_no_text(encoding: str) -> None:
    with pytest.raises(oracle.NotThisFile):
        read(HEADER, "1;7;João Conceição;SP - SÃO PAULO;1/7/2021;", encoding=encoding)


@pytest.mark.parametrize("tail", ["", ";", ";;;; "])
def test_empty_fields_behind_the_last_column_are_not_counted(tail: str) -> None:
    assert read(HEADER + ";;", ROW + tail, ";;;;;;;;;", "\x1a").records == {1868: RECORD}
    assert read(HEADER + ";obs;x", ROW + tail).records == {1868: RECORD}


def test_what_can_t_be_seen_is_no_part_of_a_name() -> None:
    assert (
        read(HEADER, record(1, "1/7/2021", "-", angel="\ufeffAn\u200ba\x07 \u00ad Lima")).records[1].angel == "Ana Lima"
    )


def test_a_file_of_refused_rows_is_read_without_its_apostrophes() -> None:
    rows = ["1;7;'=1+1;''-2;1/7/2021;-;2;x", "2;7;'Ana;-5;1/7/2021;-;3;x"]
    found = read(f"{HEADER};line;reason", *rows).records
    assert [(each.angel, each.polo) for each in found.values()] == [("=1+1", "'-2"), ("'Ana", "-5")]
    assert read(HEADER, "1;7;'=1+1;x;1/7/2021;-").records[1].angel == "'=1+1"


def test_the_last_good_line_of_an_id_wins_and_every_row_is_counted_once() -> None:
    outcome = read(
        HEADER,
        record(1, "30/06/2021", "-"),
        record(2, "30/06/2021", "-"),
        record(1, "30/06/2021", "29/06/2021"),
        record(1, "nunca", "29/06/2021"),
    )
    assert outcome.records[1].attended
    assert (outcome.read, len(outcome.records), outcome.superseded, outcome.rejected) == (4, 2, 1, 1)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \n\n", b"\x89PNG\0\0", b"a;b\n1;2\n"])
def test_what_can_t_be_this_file_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(oracle.NotThisFile):
        oracle.read_bytes(content)


def test_a_header_alone_is_a_file_without_rows() -> None:
    assert oracle.read_bytes(HEADER.encode()) == oracle.Outcome()


def test_the_indicators_of_a_week_are_those_of_the_sum_on_paper() -> None:
    records = read(
        HEADER,
        record(1, "01/04/2021", "01/04/2021 23:59:59"),
        record(2, "31/03/2021", "01/04/2021 00:00"),
        record(3, "05/04/2021", "05/04/2021 11:59:59", polo="BA - ILHÉUS"),
        record(4, "05/04/2021", "-"),
        record(5, "09/04/2021", "10/04/2021", angel="Bia"),
        record(6, "30/04/2021", "12/04/2021", angel="Bia"),
    ).records.values()
    period = oracle.Period(date(2021, 4, 1), date(2021, 4, 10))
    good_friday = {date(2021, 4, 2)}
    assert period.business_days(good_friday) == 6
    assert oracle.productivity(records, period, good_friday) == {
        "Ana": oracle.Productivity(total=3, active_days=2, productivity=Fraction(1, 2)),
        "Bia": oracle.Productivity(total=1, active_days=1, productivity=Fraction(1, 6)),
    }
    assert oracle.sla_by_angel(records, period)["Ana"] == oracle.Sla(
        total=3, on_time=2, late=1, sla=Fraction(2, 3), avg_margin_hours=Fraction(12 * 3600 - 1, 3 * 3600)
    )
    assert oracle.sla_by_polo(records, period)["BA - ILHÉUS"].avg_margin_hours == 12
    assert oracle.sla_by_angel(records, period)["Bia"].sla == 0


def test_productivity_without_a_business_day_is_none() -> None:
    records = read(HEADER, record(1, "30/06/2021", "12/06/2021")).records.values()
    weekend = oracle.Period(date(2021, 6, 12), date(2021, 6, 13))
    assert oracle.productivity(records, weekend, ())["Ana"].productivity is None


def test_a_period_is_open_to_the_first_and_last_visit() -> None:
    lines = record(1, "30/06/2021", "12/06/2021"), record(2, "30/06/2021", "20/06/2021"), record(3, "1/7/2021", "-")
    records = list(read(HEADER, *lines).records.values())
    assert oracle.period_of(records) == oracle.Period(date(2021, 6, 12), date(2021, 6, 20))
    assert oracle.period_of(records, end_date=date(2021, 7, 1)) == oracle.Period(date(2021, 6, 12), date(2021, 7, 1))
    assert oracle.period_of([]) is None
    assert RECORD.margin == timedelta(hours=35, minutes=2, seconds=40)


def test_a_file_with_month_first_dates_alone_is_none() -> None:
    with pytest.raises(oracle.NotThisFile):
        read(HEADER, record(1, "06/29/2021", "-"), record(2, "06/05/2021", "-"))
    assert read(HEADER, record(1, "06/29/2021", "-"), record(2, "29/06/2021", "-")).rejected == 1


def test_a_status_is_read_if_there_is_a_column_of_it() -> None:
    header = f"{HEADER};status"
    rows = [f"{record(1, '30/06/2021', '29/06/2021')};cancelled", f"{record(2, '30/06/2021', '-')};done"]
    outcome = read(header, *rows)
    assert (outcome.records[1].status, outcome.records[1].attended) == ("cancelled", False)
    assert outcome.rejections == [oracle.Rejection(3, "status")]
