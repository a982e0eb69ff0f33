"""The encoding is decided once for a file, by what is in all of it."""

from __future__ import annotations

import gzip
import io

import pytest

from src.domain.charsets import codec_of
from src.ingest.encoding import find_encoding
from src.ingest.source import MAX_LINE_BYTES, InvalidFile
from tests.unit.ingest.reading import GOOD, HEADER, read

JOAO = "2;3;João Conceição;SP - SÃO PAULO;30/06/2021;-\n"
BAD = b"7;3;Jo\xe3o;P;30/06/2021;-\n"  # cp1252 in the middle of a file of UTF-8


def faults(reading) -> list[tuple]:
    return [(r.line, r.column, r.code) for r in reading.rejections]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("block_bytes", [100, 2**20])
@pytest.mark.parametrize("before", [0, 500])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_bad_byte_rejects_its_line_and_garbles_no_name(mark, block_bytes, before, pack) -> None:
    data = mark + (HEADER + GOOD * before).encode() + BAD + (GOOD + JOAO).encode()
    reading = read(pack(data), block_bytes=block_bytes)
    assert faults(reading) == [(before + 2, "angel", "unreadable")]
    assert [row[3] for row in reading.rows[-2:]] == ["Gabriel Pereira Bandoli", "João Conceição"]
    assert "UTF-8" in reading.rejections[0].reason


def test_the_only_letter_of_utf8_may_come_last() -> None:
    reading = read((HEADER + GOOD).encode() + BAD * 3 + (GOOD * 60_000 + JOAO).encode(), block_bytes=2**20)
    assert faults(reading) == [(line, "angel", "unreadable") for line in (3, 4, 5)]
    assert reading.rows[-1][3] == "João Conceição"


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_file_that_is_cut_garbles_no_name(cut: int) -> None:
    header = "id_atendimento;id_cliente;polo;data_limite;data_de_atendimento;angel\n"
    rows = "1;3;P;30/06/2021;-;José\n2;3;P;30/06/2021;-;Conceição"
    reading = read((header + rows).encode()[:-cut])
    last = "Conceição".encode()[:-cut]
    assert reading.rows[0][3] == "José"
    if cut in (2, 4):  # in the middle of a letter
        assert faults(reading) == [(3, "angel", "unreadable")]
    else:
        assert [row[3] for row in reading.rows[1:]] == [last.decode()]


def test_a_bad_byte_in_a_column_that_is_not_read_rejects_its_line_alone() -> None:
    header = HEADER.replace("\n", ";obs\n")
    rows = b"1;3;Jo\xc3\xa3o;P;30/06/2021;-;ok\n2;3;Ana;P;30/06/2021;-;n\xe3o\n"
    reading = read(header.encode() + rows)
    assert faults(reading) == [(3, None, "unreadable")]
    assert [row[1] for row in reading.rows] == [1]


def test_a_bad_byte_in_a_name_of_the_header_that_is_not_read_is_no_fault() -> None:
    header = HEADER.encode().replace(b"\n", b";observa\xe7\xe3o\n")
    reading = read(header + JOAO.replace("\n", ";x\n").encode())
    assert [row[3] for row in reading.rows] == ["João Conceição"]


@pytest.mark.parametrize("block_bytes", [64, 2**20])
def test_a_bad_byte_in_a_record_of_several_lines_rejects_all_of_it(block_bytes: int) -> None:
    data = (HEADER + JOAO).encode() + b'7;3;"Ana\nJo\xe3o\nLima";P;30/06/2021;-\n' + GOOD.encode()
    reading = read(data, block_bytes=block_bytes)
    assert faults(reading) == [(3, "angel", "unreadable")]
    assert [row[0] for row in reading.rows] == [2, 6]


def test_bytes_that_are_no_letters_make_no_long_line_a_short_one() -> None:
    data = (HEADER + JOAO).encode() + b"7;3;Ana" + b"\xa0" * (2 * MAX_LINE_BYTES) + b";P;30/06/2021;-\n" + GOOD.encode()
    reading = read(data, block_bytes=100_000)
    assert faults(reading) == [(3, None, "line_too_long")]
    assert [row[0] for row in reading.rows] == [2, 4]


NAMES = ["João Conceição", "José", "D’Ávila", "MÜLLER", "Nª 3º andar", "“Nena”", "Sant’Ana…", "AÇÃO", "JOSé", "Š"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("block_bytes", [80, 2**20])
def test_cp1252_is_read_where_no_letter_is_utf8(name: str, block_bytes: int) -> None:
    text = HEADER + GOOD * 30 + f"2;3;{name};SP;30/06/2021;-\n"
    assert read(text.encode("cp1252"), block_bytes=block_bytes).rows[-1][3] == name


@pytest.mark.parametrize("encoding", ["cp850", "mac-roman"])
@pytest.mark.parametrize(
    "names",
    [
        ("João", "José"),
        ("Conceição",),
        ("Luís Antônio",),
        ("SÃO JOSÉ",),
        ("MARIA DA CONCEIÇÃO",),
        ("GUARUJÁ", "CUIABÁ", "ITAÚ", "ARAXÁ", "ARAÇATUBA"),
        ("Júlia Gonçalves", "Mário", "Zoë"),
        ("Ana",) * 50_000 + ("Araújo",),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_only_dos_or_an_old_mac_explains_fails_the_file(encoding: str, names: tuple[str, ...], pack) -> None:
    text = HEADER + "".join(f"{n};3;{name};SP;30/06/2021;-\n" for n, name in enumerate(names, 1))
    with pytest.raises(InvalidFile, match="Save it as CSV UTF-8"):
        read(pack(text.encode(encoding)))
    assert [row[3] for row in read(pack(text.encode(encoding)), encoding=encoding).rows] == list(names)


def test_nothing_but_ascii_is_utf8_and_the_file_is_left_at_its_start() -> None:
    file = io.BytesIO((HEADER + GOOD).encode())
    assert find_encoding(file, 2**40) == "utf-8"
    assert file.tell() == 0


def test_a_damaged_gzip_is_no_text_of_any_encoding() -> None:
    with pytest.raises(InvalidFile, match="gzip"):
        find_encoding(io.BytesIO(gzip.compress(GOOD.encode() * 9000)[:-50]), 2**40)


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("utf-8", "utf-8"),
        ("UTF8", "utf-8"),
        ('"utf-8"', "utf-8"),
        ("us-ascii", "utf-8"),
        ("ISO-8859-1", "cp1252"),
        ("latin1", "cp1252"),
        ("Windows-1252", "cp1252"),
        ("ibm850", "cp850"),
        ("macintosh", "mac-roman"),
        ("x-mac-roman", "mac-roman"),
        ("UTF-16LE", "utf-16-le"),
        ("shift_jis", None),
        ("base64", None),
        ("utf-7", None),
        ("../x", None),
        ("", None),
        ("a\0b", None),
        ("x" * 10_000, None),
    ],
)
def test_a_charset_has_one_codec_by_any_of_its_names(charset: str, codec: str | None) -> None:
    assert codec_of(charset) == codec


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-16-le", "iso8859-15"])
def test_a_named_encoding_is_used_and_a_mark_overrules_it(encoding: str) -> None:
    text = HEADER + JOAO
    assert read(text.encode(encoding), encoding=encoding).rows[0][3] == "João Conceição"
    assert read(text.encode("utf-8-sig"), encoding=encoding).rows[0][3] == "João Conceição"
