from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from src.domain.dates import DateRules
from src.domain.rows import AtendimentoRow, ClienteRow, InvalidRow, atendimento_row, cliente_row, field_count_fault

RULES = DateRules.of(ZoneInfo("America/Sao_Paulo"), date(2026, 11, 28), date(2000, 1, 1))
GOOD = ["1868", "528921976", "Gabriel Pereira Bandoli", "BA - FEIRA DE SANTANA", "30/06/2021", "29/06/2021 12:57:19"]


def row_with(**changes):
    columns = ("id", "cliente", "angel", "polo", "limite", "visita")
    fields = dict(zip(columns, GOOD, strict=True)) | changes
    return list(fields.values())


def test_the_row_of_the_challenge_file_is_a_record():
    assert atendimento_row(GOOD, RULES) == AtendimentoRow(
        1868,
        528921976,
        "Gabriel Pereira Bandoli",
        "BA - FEIRA DE SANTANA",
        datetime(2021, 6, 30, 23, 59, 59),
        datetime(2021, 6, 29, 12, 57, 19),
    )


def test_names_are_trimmed_and_single_spaced():
    row = atendimento_row(row_with(angel="  Ana   Maria ", polo="SP  -\u00a0 CAMPINAS"), RULES)
    assert (row.angel, row.polo) == ("Ana Maria", "SP - CAMPINAS")


@pytest.mark.parametrize(
    "nome",
    [
        "\ufeffAna Maria",
        "A\u200bna Maria\u200b",
        "Ana\u200e Ma\u00adria",
        "Ana \u2060 Maria",
        "Ana\x07 Ma\x7fria",
        "Ana\r\nMaria",
        "Ana\x0bMaria\x85",
        "Ana\u2028Maria",
    ],
)
def test_what_can_not_be_seen_is_no_part_of_a_name(nome):
    assert atendimento_row(row_with(angel=nome), RULES).angel == "Ana Maria"
    assert cliente_row(["7", nome, "", nome]) == ClienteRow(7, "Ana Maria", None, "Ana Maria")


def test_a_name_of_nothing_that_can_be_seen_is_empty():
    with pytest.raises(InvalidRow, match="empty"):
        atendimento_row(row_with(angel="\u200b \ufeff"), RULES)


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({"id": "1" * 20}, "from 1 to 8999999999999999"),
        ({"cliente": "x"}, "from 1 to 8999999999999999"),
        ({"angel": "x" * 201}, "more than 200 characters"),
        ({"limite": "30/06/2100"}, "more than 10 years"),
        ({"visita": "30/06/1899"}, "before 2000-01-01"),
    ],
)
def test_the_reason_names_the_limit(changes, limit):
    with pytest.raises(InvalidRow, match=limit):
        atendimento_row(row_with(**changes), RULES)


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"id": ""}, "id_atendimento", "invalid_id"),
        ({"id": "0"}, "id_atendimento", "invalid_id"),
        ({"id": "-7"}, "id_atendimento", "invalid_id"),
        ({"id": "12.5"}, "id_atendimento", "invalid_id"),
        ({"id": "12 3"}, "id_atendimento", "invalid_id"),
        ({"id": "٣"}, "id_atendimento", "invalid_id"),
        ({"id": "1" * 20}, "id_atendimento", "invalid_id"),
        ({"id": "9" * 5000}, "id_atendimento", "invalid_id"),
        ({"cliente": "abc"}, "id_cliente", "invalid_id"),
        ({"angel": "   "}, "angel", "empty"),
        ({"polo": ""}, "polo", "empty"),
        ({"angel": "A" * 201}, "angel", "too_long"),
        ({"angel": "Ana\0Maria"}, "angel", "unreadable"),
        ({"polo": "SP - S\ufffdO PAULO"}, "polo", "unreadable"),
        ({"limite": ""}, "data_limite", "empty"),
        ({"limite": "-"}, "data_limite", "invalid_date"),
        ({"limite": "06/30/2021"}, "data_limite", "invalid_date"),
        ({"visita": "ontem"}, "data_de_atendimento", "invalid_date"),
        ({"visita": "30/06/2021 08:00 - 12:00"}, "data_de_atendimento", "invalid_date"),
        ({"limite": "01/01/1900"}, "data_limite", "implausible_date"),
        ({"limite": "30/06/2100"}, "data_limite", "implausible_date"),
        ({"visita": "1970-01-01"}, "data_de_atendimento", "implausible_date"),
        ({"visita": "30/06/2091"}, "data_de_atendimento", "implausible_date"),
    ],
)
def test_a_wrong_row_is_refused_with_the_column_at_fault(changes, column, code):
    with pytest.raises(InvalidRow) as refusal:
        atendimento_row(row_with(**changes), RULES)
    assert (refusal.value.fault.column, refusal.value.fault.code) == (column, code)
    assert refusal.value.fault.reason.endswith(".")


def test_leading_zeros_and_blanks_do_not_change_an_id():
    assert atendimento_row(row_with(id=" 0042 "), RULES).id == 42


def test_what_is_empty_of_a_cliente_is_unknown():
    assert cliente_row(["7", "", " ", ""]) == ClienteRow(7, None, None, None)


@pytest.mark.parametrize("email", ["a@b.co", "maria.silva+x@sub.exemplo.com.br", "joão@exemplo.com"])
def test_an_email_address_is_taken(email):
    assert cliente_row(["7", "Maria", email, "11 99999-0000"]).email == email
    assert cliente_row(["7", "Maria", f" {email[0]}\u200b{email[1:]}\ufeff", ""]).email == email


@pytest.mark.parametrize("email", ["a", "a@b", "a@@b.co", "a b@c.co", "@c.co", "a@.co", "a@c..co", "x" * 250 + "@c.co"])
def test_what_is_no_email_address_is_refused(email):
    with pytest.raises(InvalidRow) as refusal:
        cliente_row(["7", "Maria", email, ""])
    assert refusal.value.fault.column == "email"


NOTHING = [
    "#N/D",
    "#N/A",
    "#REF!",
    "#VALOR!",
    "#DIV/0!",
    "NULL",
    "Null",
    "\\N",
    "-",
    "--",
    "–",
    "N/A",
    "n/d",
    "nan",
    "None",
]
NOTHING += ["(null)", "?", "..", "/ /", " \u200bNULL ", "#NOME?", "(em branco)"]


@pytest.mark.parametrize("word", NOTHING)
def test_a_word_for_nothing_is_no_name(word):
    for column in ("angel", "polo"):
        with pytest.raises(InvalidRow) as refusal:
            atendimento_row(row_with(**{column: word}), RULES)
        assert (refusal.value.fault.column, refusal.value.fault.code) == (column, "empty")
    assert cliente_row(["7", word, "", word]) == ClienteRow(7, None, None, None)


@pytest.mark.parametrize("nome", ["Ana Null", "Nonato", "D'Ávila", "'", "O", "5", "Nil", "A/C Maria", "#1 Motos"])
def test_a_name_that_resembles_a_word_for_nothing_is_one(nome):
    assert atendimento_row(row_with(angel=nome), RULES).angel == nome


@pytest.mark.parametrize("telefone", ["5,51199E+12", "5.51199E+12", "5E+12", "1,1e10"])
def test_a_telefone_that_a_spreadsheet_has_rounded_is_refused(telefone):
    with pytest.raises(InvalidRow, match="rounded by a spreadsheet") as refusal:
        cliente_row(["7", "Maria", "", telefone])
    assert (refusal.value.fault.column, refusal.value.fault.code) == ("telefone", "invalid_telefone")


@pytest.mark.parametrize("visit", ["NULL", "00/00/0000", "em aberto", "ontem"])
def test_what_is_no_visit_is_refused_with_what_to_do(visit):
    with pytest.raises(InvalidRow, match="leave it empty or write `-`"):
        atendimento_row(row_with(visita=visit), RULES)


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("a@b.co; c@d.co", "several addresses"),
        ("a@b.co,c@d.co", "several addresses"),
        ("a@b.co / c@d.co", "several addresses"),
        ("NULL", "leave it empty"),
        ("ana", "not an e-mail address"),
    ],
)
def test_the_reason_of_an_email_says_what_is_wrong_with_it(email, sentence):
    with pytest.raises(InvalidRow, match=sentence) as refusal:
        cliente_row(["7", "Maria", email, ""])
    assert refusal.value.fault.code == "invalid_email"


def test_what_can_not_be_seen_is_no_part_of_an_id():
    assert atendimento_row(row_with(id="\ufeff18\u200b68", cliente="\u200e5\u202c"), RULES)[:2] == (1868, 5)
    assert cliente_row(["\u200b7", "", "", ""]).id == 7


def test_one_field_is_one_field():
    assert field_count_fault(1, 6).reason == "The row has 1 field, the header has 6."
    assert field_count_fault(7, 6).reason == "The row has 7 fields, the header has 6."


@pytest.mark.parametrize(
    ("visit", "status", "said"),
    [
        ("29/06/2021", "done", "done"),
        ("-", "pending", "pending"),
        ("29/06/2021", " cancelled ", "cancelled"),
        ("", "cancelled", "cancelled"),
        ("29/06/2021", "", None),
    ],
)
def test_a_status_is_what_the_file_says(visit, status, said):
    assert atendimento_row([*row_with(visita=visit), status], RULES).status == said


@pytest.mark.parametrize(
    ("visit", "status", "code"),
    [
        ("29/06/2021", "concluído", "invalid_status"),
        ("29/06/2021", "Done", "invalid_status"),
        ("-", "done", "status_contradicts_visit"),
        ("29/06/2021", "pending", "status_contradicts_visit"),
    ],
)
def test_a_status_that_can_not_be_is_refused(visit, status, code):
    with pytest.raises(InvalidRow) as refusal:
        atendimento_row([*row_with(visita=visit), status], RULES)
    assert (refusal.value.fault.column, refusal.value.fault.code) == ("status", code)
