"""Who may do what: the role in the caller's token against the right that a route declares."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

from flask import request
from flask_jwt_extended import get_jwt, get_jwt_identity, verify_jwt_in_request
from flask_smorest import Blueprint
from werkzeug.exceptions import Forbidden

from src.api.problems import unknown_parameters
from src.errors import RepeatedParameter

Right = Literal["read", "write", "import", "admin"]
View = Callable[..., Any]

RIGHTS: dict[str, frozenset[Right]] = {
    "viewer": frozenset({"read"}),
    "operator": frozenset({"read", "write", "import"}),
    "admin": frozenset({"read", "write", "import", "admin"}),
}


def requires(right: Right) -> Callable[[View], View]:
    """Let only callers whose role has `right` into the view: 401 without a valid token, 403 without the right.

    Goes right under `route`, above `arguments`, so that nothing of a stranger's request is looked at. A query
    parameter that the view's arguments don't declare is then refused with 400.
    """

    def decorate(view: View) -> View:
        known = _query_parameters(view)

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            verify_jwt_in_request()
            role = get_jwt().get("role", "")
            if right not in RIGHTS.get(role, frozenset()):
                raise Forbidden(f"This needs the right to {right}, which the role {role or 'none'} lacks.")
            _refuse_unknown(known)
            return view(*args, **kwargs)

        documented = Blueprint.doc(
            security=[{"bearer": []}],
            responses={400: "BAD_REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN"},
            **{"x-required-right": right},
        )
        return documented(guarded)  # type: ignore[no-any-return]

    return decorate


def open_to_all(view: View) -> View:
    """Let anybody into the view, also without a token; unknown query parameters are refused here too."""
    known = _query_parameters(view)

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        _refuse_unknown(known)
        return view(*args, **kwargs)

    return Blueprint.doc(security=[], responses={400: "BAD_REQUEST"})(guarded)  # type: ignore[no-any-return]


def caller_id() -> int:
    """Return the id of the user whose token `requires` has let in."""
    return int(get_jwt_identity())


def _query_parameters(view: View) -> frozenset[str]:
    """Return the names that the view's `arguments(..., location="query")` read from the query string."""
    declared = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    schemas = [place["schema"] for place in declared if place["in"] == "query"]
    return frozenset(
        field.data_key or name
        for schema in schemas
        for name, field in (schema() if isinstance(schema, type) else schema).fields.items()
    )


def _refuse_unknown(known: frozenset[str]) -> None:
    if unknown := sorted(set(request.args) - known):
        raise unknown_parameters(unknown)
    # None of ours is a list: all but the first would go unheard.
    if repeated := sorted(name for name, values in request.args.lists() if len(values) > 1):
        sentence = f"Given more than once: {', '.join(repeated)}."
        raise RepeatedParameter(sentence, {name: ["Give it once."] for name in repeated})
