"""JSON by orjson, several times faster than the default on lists."""

from __future__ import annotations

import json
from typing import Any

import orjson
from flask.json.provider import JSONProvider
from flask.wrappers import Response


class OrjsonProvider(JSONProvider):
    """Flask's `jsonify`, `json.dumps` and `json.loads` over orjson; of the options only `indent` is honoured."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return _encoded(obj, indent=bool(kwargs.get("indent"))).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        body = _encoded(self._prepare_response_obj(args, kwargs), indent=False)
        return Response(body, mimetype="application/json")


def _encoded(obj: Any, *, indent: bool) -> bytes:
    try:
        return orjson.dumps(obj, option=orjson.OPT_INDENT_2 if indent else None)
    except TypeError:
        # orjson refuses lone surrogates and integers past 64 bits, which an error may have to repeat to its sender.
        return json.dumps(obj, ensure_ascii=False).encode("utf-8", "replace")
