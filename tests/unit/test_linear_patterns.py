"""What strangers send is looked through in a time that grows with its length: each pattern at the longest it may get.

A pattern that looks through the same characters again would need seconds, or hours, for these.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from gunicorn.http.body import CHUNK_EXT_RE
from gunicorn.http.message import TOKEN_RE

from src.api.paging import SHAPE
from src.api.request_id import SANE
from src.gunicorn_connection import (
    FRAMING,
    MAX_BODY_BYTES,
    MAX_CHUNKS,
    MAX_HEAD_BYTES,
    REQUEST_LINE,
    UPLOAD,
    Connection,
    RequestRefused,
)
from src.logs import HIDDEN, hide

LINE = 256 * 1024  # of a log; an address has 8 KB, an exception's text may be longer
HEAD = MAX_HEAD_BYTES
SECONDS = 0.5
ENDLESS = {
    "colons": "x://" + ":" * LINE,
    "colons and letters": "x://" + "a:" * (LINE // 2),
    "a name without end": "x://" + "a" * LINE,
    "many addresses": "x://" * (LINE // 4),
    "addresses with colons": "x://:" * (LINE // 5),
    "at signs": "x://:" + "a@" * (LINE // 2),
    "beginnings of tokens": "eyJ" * (LINE // 3),
    "tokens without an end": "eyJaaaaaaaa." * (LINE // 12),
    "two of the three parts": "eyJaaaaaaaa.eyJaaaaaaaa " * (LINE // 24),
    "a token of dashes": "eyJ" + "-" * LINE,
    "dots": "eyJaaaaaaaa" + "." * LINE,
    "hashes": "$argon2" * (LINE // 7),
    "a hash of dollars": "$argon2" + "$" * LINE,
}


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time that it takes; how busy the machine is does not matter."""
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


@pytest.mark.parametrize("line", ENDLESS.values(), ids=ENDLESS.keys())
def test_secrets_are_looked_for_in_linear_time(line: str) -> None:
    assert seconds(lambda: hide(line)) < SECONDS


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("postgresql://user:pass@db/x", f"postgresql://{HIDDEN}@db/x"),
        ("redis://:pass@db/0", f"redis://{HIDDEN}@db/0"),
        ("postgresql://user:p@ss:w@db/x", f"postgresql://{HIDDEN}@db/x"),
        ("token%3DeyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0", f"token%3D{HIDDEN}"),
        ("cut off: eyJhbGciOiJI.eyJzdWIiOiIx", f"cut off: {HIDDEN}.{HIDDEN}"),
        ("eyJeyJeyJhbGciOiJI.a.b", HIDDEN),
        ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA end", f"{HIDDEN} end"),
    ],
)
def test_secrets_are_still_found(line: str, hidden: str) -> None:
    assert hide(line) == hidden


@pytest.mark.parametrize("line", ["http://a:80/x", "http://[::1]:80/", "eyJ", "a://b c:d@e", 'x://a:"b@c'])
def test_what_is_no_secret_stays(line: str) -> None:
    assert hide(line) == line


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (REQUEST_LINE, b" " * HEAD),
        (REQUEST_LINE, b"a " * (HEAD // 2)),
        (REQUEST_LINE, b"a HTTP/1." * (HEAD // 9)),
        (FRAMING, b"\r\ncontent-length:" + b" " * HEAD),
        (FRAMING, b"\r\nexpect:" * (HEAD // 9)),
        (FRAMING, b"\r\n" * (HEAD // 2)),
        (UPLOAD, b"POST /api/v1/" + b"imports/" * (HEAD // 8)),
        (TOKEN_RE, b"a".decode() * HEAD + "("),
        (CHUNK_EXT_RE, b";a" * 4095),
        (CHUNK_EXT_RE, b" \t;\t a =\t" * 800),
        (CHUNK_EXT_RE, b';a="' + b"\\\\" * 4000),
        (SANE, "a" * HEAD),
        (SHAPE, "<" + "1" * HEAD),
        (SHAPE, "<1|" + "-a" * HEAD),
    ],
    ids=str,
)
def test_patterns_over_requests_take_linear_time(pattern: object, text: object) -> None:
    def look() -> None:
        pattern.fullmatch(text)  # type: ignore[attr-defined]
        list(pattern.finditer(text))  # type: ignore[attr-defined]

    assert seconds(look) < SECONDS


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n" + b"a:\r\n" * (HEAD // 4),
        b"GET /" + b"\r" * HEAD,
        b"\r\n" * (HEAD // 2),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * (MAX_CHUNKS + 1),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"a" * HEAD,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a:\r\n" * HEAD,
        b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % MAX_BODY_BYTES + b"a" * MAX_BODY_BYTES,
    ],
    ids=range(7),
)
def test_a_request_is_collected_in_linear_time(sent: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = Connection(None, theirs, None, None)

        def collect() -> None:
            with suppress(RequestRefused):
                for start in range(0, len(sent), 1000):
                    ours.sendall(sent[start : start + 1000])
                    connection.receive()
                    if connection.is_ready():
                        return

        assert seconds(collect) < SECONDS
        connection.sock.close()
