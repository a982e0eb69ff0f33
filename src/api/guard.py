"""Who may do what: the role that the caller has now against the right that a route declares."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

from flask import g, request

from src.api.blueprints import Blueprint
from src.api.rate_limits import limit_caller, limit_key
from src.errors import EmptyParameter, NotAllowed, NotAuthenticated, RepeatedParameter, UnknownParameter
from src.services.callers import Caller, caller_of_key, caller_of_token, hash_of

Right = Literal["account", "read", "write", "import", "admin", "manage users", "manage keys"]
View = Callable[..., Any]
NO_VALUE = "Give a value, or leave the parameter out."

RIGHTS: dict[str, frozenset[Right]] = {
    "viewer": frozenset({"account", "read"}),
    "operator": frozenset({"account", "read", "write", "import"}),
    "admin": frozenset({"account", "read", "write", "import", "admin", "manage users", "manage keys"}),
}
# The rights that an API key has none of, whatever its role, and why.
NOT_OF_KEYS: dict[Right, str] = {
    "account": "This is about a user's own login; an API key has none.",
    # A key that has leaked could otherwise make itself a password, a role or another key before it is revoked.
    "manage users": "Users, passwords and roles are changed by an admin who is logged in, not by an API key.",
    "manage keys": "API keys are made and revoked by an admin who is logged in, not by another key.",
}
KEY_HEADER = "X-API-Key"
HOW_TO = "Send an access token, `Authorization: Bearer <token>`, or an API key, `X-API-Key: <key>`."


def roles_with(right: Right) -> list[str]:
    """Return the roles that have the right."""
    return [role for role, rights in RIGHTS.items() if right in rights]


def requires(right: Right) -> Callable[[View], View]:
    """Let only callers whose role has `right` into the view: 401 without a good token or key, 403 without the right.

    Goes right under `route`, above `arguments`, so that nothing of a stranger's request is looked at. A query
    parameter that the view's arguments don't declare, or that has no value or several, is then refused with 400.
    """

    def decorate(view: View) -> View:
        known = _query_parameters(view)

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            g.caller = found = _authenticated()
            limit_caller(f"{found.user_id}/{found.api_key_id}", right)
            _refuse_without(right, found)
            _check_query(known)
            return view(*args, **kwargs)

        guarded.required_right = right  # type: ignore[attr-defined]
        documented = Blueprint.doc(
            security=[{"bearer": []}] if right in NOT_OF_KEYS else [{"bearer": []}, {"apiKey": []}],
            responses={400: "BAD_REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 429: "TOO_MANY_REQUESTS"},
            **{"x-required-right": right},
        )
        return documented(guarded)  # type: ignore[no-any-return]

    return decorate


def open_to_all(view: View) -> View:
    """Let anybody into the view, also without a token; the query string is checked here too."""
    known = _query_parameters(view)

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        _check_query(known)
        return view(*args, **kwargs)

    guarded.required_right = None  # type: ignore[attr-defined]
    return Blueprint.doc(security=[], responses={400: "BAD_REQUEST"})(guarded)  # type: ignore[no-any-return]


def bearer_token() -> str | None:
    """Return the token of `Authorization: Bearer <token>`; None if there is none, or another scheme.

    The scheme in any case, and one blank or more (RFC 9110, 11.4).
    """
    scheme, _, token = request.headers.get("Authorization", "").strip(" ").partition(" ")
    return token.lstrip(" ") or None if scheme.lower() == "bearer" else None


def _authenticated() -> Caller:
    """Return who asks. With both a token and an API key it is the token that counts."""
    if token := bearer_token():
        return caller_of_token(token)
    if key := request.headers.get(KEY_HEADER, "").strip(" "):
        return limit_key(hash_of(key), lambda: caller_of_key(key))
    raise NotAuthenticated(HOW_TO)


def _refuse_without(right: Right, found: Caller) -> None:
    if right not in RIGHTS[found.role]:
        raise NotAllowed(f"This needs the right `{right}`, which the role {found.role} does not have.")
    if right in NOT_OF_KEYS and found.api_key_id is not None:
        raise NotAllowed(NOT_OF_KEYS[right])


def caller() -> Caller:
    """Return who was let in by `requires`."""
    found: Caller = g.caller
    return found


def _query_parameters(view: View) -> frozenset[str]:
    """Return the names that the view's `arguments(..., location="query")` read from the query string."""
    declared = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    schemas = [place["schema"] for place in declared if place["in"] == "query"]
    return frozenset(
        field.data_key or name
        for schema in schemas
        for name, field in (schema() if isinstance(schema, type) else schema).fields.items()
    )


def _check_query(known: frozenset[str]) -> None:
    """Raise UnknownParameter, RepeatedParameter or EmptyParameter for a query string that would be half ignored."""
    given = dict(request.args.lists())
    if unknown := sorted(given.keys() - known):
        sentence = f"Unknown query parameter: {', '.join(unknown)}. {_what_is_known(known)}"
        raise UnknownParameter(sentence, {name: ["Unknown query parameter."] for name in unknown})
    # No parameter is a list: all values but the first would be ignored. The same one twice leaves nothing to ignore.
    if repeated := sorted(name for name, values in given.items() if len(set(values)) > 1):
        sentence = f"Given more than once: {', '.join(repeated)}."
        raise RepeatedParameter(sentence, {name: ["Give it once."] for name in repeated})
    if empty := sorted(name for name, values in given.items() if not values[0].strip()):
        sentence = f"Empty: {', '.join(empty)}. {NO_VALUE}"
        raise EmptyParameter(sentence, {name: [NO_VALUE] for name in empty})


def _what_is_known(names: frozenset[str]) -> str:
    return f"This call accepts {', '.join(sorted(names)) or 'none'}."
