"""JSON in and out."""

from __future__ import annotations

import pytest
from flask import Flask

from src.api.json import OrjsonProvider


@pytest.fixture
def provider() -> OrjsonProvider:
    return OrjsonProvider(Flask(__name__))


def test_text_goes_out_as_utf_8(provider: OrjsonProvider) -> None:
    assert provider.response({"polo": "SP - SÃO PAULO"}).data == '{"polo":"SP - SÃO PAULO"}'.encode()


@pytest.mark.parametrize(("value", "text"), [("\ud800", '"?"'), (2**70, str(2**70))])
def test_what_orjson_refuses_still_goes_out(provider: OrjsonProvider, value: object, text: str) -> None:
    assert provider.dumps(value) == text


def test_what_is_no_json_is_still_refused(provider: OrjsonProvider) -> None:
    with pytest.raises(TypeError):
        provider.dumps(object())


def test_what_comes_in_is_read_strictly(provider: OrjsonProvider) -> None:
    assert provider.loads(b'{"a": [1, null]}') == {"a": [1, None]}
    for wrong in (b"", b"{", b"NaN", b"\xff"):
        with pytest.raises(ValueError, match=r"."):
            provider.loads(wrong)
