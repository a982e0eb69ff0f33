"""How passwords are kept."""

from __future__ import annotations

from argon2 import extract_parameters
from argon2.low_level import Type

from src.services.passwords import HASH_OF_NOBODY, HASHER


def test_passwords_are_kept_as_argon2id_with_the_agreed_costs() -> None:
    found = extract_parameters(HASHER.hash("x"))
    assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (Type.ID, 19456, 2, 1)


def test_the_hash_for_unknown_names_costs_the_same_to_check() -> None:
    assert not HASHER.check_needs_rehash(HASH_OF_NOBODY)
