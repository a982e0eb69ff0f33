"""What every answer says to browsers and proxies, and whom the service believes about an address."""

from __future__ import annotations

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from src.config import Settings

# For what is no page: whoever opens an answer as one gets nothing to run.
NOTHING = "default-src 'none'; frame-ancestors 'none'"
# Pages run their own files only, and no code or style within the page. The icons of stylesheets are data.
OWN_FILES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TWO_YEARS = 2 * 365 * 24 * 3600
ALLOWED_HEADERS = (
    "Authorization, Content-Type, Content-Encoding, Idempotency-Key, If-Match, If-None-Match, X-API-Key, X-Filename, "
    "X-Request-ID"
)
EXPOSED_HEADERS = (
    "Content-Disposition, ETag, Indicator-Period, Link, Location, RateLimit, RateLimit-Limit, RateLimit-Policy, "
    "RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-ID"
)
PREFLIGHT_SECONDS = 600


def register_headers(app: Flask, settings: Settings) -> None:
    """Give each answer the headers that keep browsers safe."""
    app.after_request(_protect)
    if settings.cors_origins:
        origins = frozenset(settings.cors_origins)
        app.after_request(lambda response: _share(response, origins))


def believe_proxies(app: Flask, settings: Settings) -> None:
    """Take the client's address, scheme and host from as many proxies as are configured; from none by default.

    Each proxy adds itself at the end, so what a client made up stands before and is not read.
    """
    if hops := settings.trusted_proxy_hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _protect(response: Response) -> Response:
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Content-Security-Policy"] = OWN_FILES if response.mimetype == "text/html" else NOTHING
    # Tokens, keys and records are nobody else's; what may be kept says so itself.
    headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        headers["Strict-Transport-Security"] = f"max-age={TWO_YEARS}; includeSubDomains"
    return response


def _share(response: Response, origins: frozenset[str]) -> Response:
    """Let pages of the origins read the answer (CORS). No cookies are used, so none are allowed."""
    response.vary.add("Origin")
    if (origin := request.headers.get("Origin")) in origins and origin:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response.headers["Access-Control-Allow-Methods"] = ", ".join(sorted(response.allow))
            response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
            response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response
