"""Which names can be mistaken for others."""

from __future__ import annotations

import time

import pytest

from src.domain.look_alikes import look_alike_fault


@pytest.mark.parametrize(
    "name",
    [
        *("ana", "Ana.Souza_7-x", "josé.antônio", "João", "ÇÃO", "avó", "pingüim", "joa\u0303o"),
        *("ńandú", "Łukasz", "straße", "Ærø", "nguyễn", "иван", "МАРИЯ", "νίκος", "田中", "たなか", "أحمد"),
        *("ana@example.com", "ana+x@example.com.br", "josé@correio.com", "иван@example.com", "d'ávila@example.com"),
    ],
)
def test_names_in_one_alphabet_are_fine(name: str) -> None:
    assert look_alike_fault(name) is None


@pytest.mark.parametrize(
    "name",
    [
        *("\u0430dmin", "adm\u0456n", "\u0430dm\u0456n", "\u03b1dmin", "\u13aadmin", "admi\u0578", "\u05d0na"),  # mixed
        *("\u0430\u0441\u0435", "\u0441\u043e\u0440\u0430", "\u03bf\u03bf", "\ua4ee"),  # all of another alphabet
        *("\uff41\uff44\uff4d\uff49\uff4e", "admin\uff11", "\U0001d41admin", "\u24d0dmin", "admi\u207f", "\u00aana"),
        *("\u0131van", "\u0251dmin", "\u0261il", "\u1d00dmin", "ad\u1d0din", "\ua731ara", "\u01c3x"),  # Latin
        *("ad\u1160min", "\u3164", "ana\u200b", "ana\u00ad", "\u202eana", "ana\ufeff"),  # nobody sees them
        *("ana\u0660", "ana\u00b2", "ana\u2460", "ana\u0967"),  # digits
        *("\u0430na@example.com", "ana@ex\u0430mple.com", "ana@\uff45xample.com", "ana@example.c\u043em"),
    ],
)
def test_names_that_look_like_others_are_told_with_what_to_do(name: str) -> None:
    fault = look_alike_fault(name)
    assert fault
    assert fault.endswith((": use one.", ": use that letter.", ": write plain letters and digits."))


def test_a_long_name_takes_no_time() -> None:
    """A name has 64 characters, an e-mail 254; here a hundred times as many."""
    look_alike_fault("\u0430")
    began = time.process_time()
    for name in ("é" * 6_400, "и" * 25_400, "é@" * 10_000, "и." * 10_000 + "@"):
        look_alike_fault(name)
    assert time.process_time() - began < 20
