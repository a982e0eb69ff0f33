from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from src.domain.rows import AtendimentoRow, ClienteRow, InvalidRow, atendimento_row, cliente_row

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
GOOD = ["1868", "528921976", "Gabriel Pereira Bandoli", "BA - FEIRA DE SANTANA", "30/06/2021", "29/06/2021 12:57:19"]


def row_with(**changes):
    columns = ("id", "cliente", "angel", "polo", "limite", "visita")
    fields = dict(zip(columns, GOOD, strict=True)) | changes
    return list(fields.values())


def test_the_row_of_the_challenge_file_is_a_record():
    assert atendimento_row(GOOD, SAO_PAULO) == AtendimentoRow(
        1868,
        528921976,
        "Gabriel Pereira Bandoli",
        "BA - FEIRA DE SANTANA",
        datetime(2021, 6, 30, 23, 59, 59),
        datetime(2021, 6, 29, 12, 57, 19),
    )


def test_names_are_trimmed_and_single_spaced():
    row = atendimento_row(row_with(angel="  Ana   Maria ", polo="SP  -\u00a0 CAMPINAS"), SAO_PAULO)
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
    assert atendimento_row(row_with(angel=nome), SAO_PAULO).angel == "Ana Maria"
    assert cliente_row(["7", nome, "", nome]) == ClienteRow(7, "Ana Maria", None, "Ana Maria")


def test_a_name_of_nothing_that_can_be_seen_is_empty():
    with pytest.raises(InvalidRow, match="empty"):
        atendimento_row(row_with(angel="\u200b \ufeff"), SAO_PAULO)


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({"id": "1" * 20}, "from 1 to 8999999999999999"),
        ({"cliente": "x"}, "from 1 to 8999999999999999"),
        ({"angel": "x" * 201}, "more than 200 characters"),
        ({"limite": "30/06/2100"}, "1900 to 2099"),
        ({"visita": "30/06/1899"}, "1900 to 2099"),
    ],
)
def test_the_reason_names_the_limit(changes, limit):
    with pytest.raises(InvalidRow, match=limit):
        atendimento_row(row_with(**changes), SAO_PAULO)


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
    ],
)
def test_a_wrong_row_is_refused_with_the_column_at_fault(changes, column, code):
    with pytest.raises(InvalidRow) as refusal:
        atendimento_row(row_with(**changes), SAO_PAULO)
    assert (refusal.value.fault.column, refusal.value.fault.code) == (column, code)
    assert refusal.value.fault.reason.endswith(".")


def test_leading_zeros_and_blanks_do_not_change_an_id():
    assert atendimento_row(row_with(id=" 0042 "), SAO_PAULO).id == 42


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
