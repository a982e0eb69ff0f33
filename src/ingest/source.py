"""Reading a stored upload as blocks of whole lines in UTF-8, with flat memory whatever its size or encoding."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Final

BLOCK_BYTES: Final = 2 * 1024 * 1024
# No line of these files comes near it; a longer one is cut here, and rejected by whoever reads the block.
MAX_LINE_BYTES: Final = 64 * 1024
HEAD_BYTES: Final = 64 * 1024
# Files of these rows pack to a fifth or a tenth; made to be too much, they pack to a thousandth.
MAX_RATIO: Final = 200
RATIO_COUNTS_FROM_BYTES: Final = 16 * 1024 * 1024

GZIP_MAGIC: Final = b"\x1f\x8b"
_LINE_END: Final = re.compile(rb"\r*\n|\r")
_UTF16_BOMS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class InvalidFile(ValueError):
    """The file as a whole can't be what it should be; the message is a sentence for who uploaded it."""


class NotUtf8(ValueError):
    """A block is no UTF-8; the file has to be read again from its start as cp1252."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, each ended by a newline. `consumed` counts bytes of the stored file, for the progress."""

    data: bytes
    consumed: int
    last: bool


def read_blocks(
    file: IO[bytes], *, encoding: str = "utf-8", max_expanded_bytes: int, block_bytes: int = BLOCK_BYTES
) -> Iterator[Block]:
    """Yield the blocks of an upload, plain or gzip; none at all where it is empty.

    `encoding` is `utf-8` or `cp1252`; a byte-order mark in the file overrules it. Raises NotUtf8, or InvalidFile for a
    damaged gzip and for one that expands beyond `max_expanded_bytes`, or beyond what text can be packed to.
    """
    chunks = _lines_end_in_newlines(_decoded(_chunks(file, max_expanded_bytes, block_bytes), encoding))
    previous: tuple[bytes, int] | None = None
    for data in _whole_lines(chunks):
        _refuse_other_than_utf8(data)
        if previous is not None:
            yield Block(*previous, last=False)
        previous = (data, file.tell())
    if previous is not None:
        yield Block(*previous, last=True)


def _chunks(file: IO[bytes], max_expanded_bytes: int, size: int) -> Iterator[bytes]:
    packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    file.seek(0)
    source: IO[bytes] = gzip.GzipFile(fileobj=file, mode="rb") if packed else file  # type: ignore[assignment]
    total = 0
    while chunk := _read(source, size):
        total += len(chunk)
        if total > max_expanded_bytes:
            raise InvalidFile(f"The file expands to more than {max_expanded_bytes:,} bytes; split it.")
        if packed and total > max(MAX_RATIO * file.tell(), RATIO_COUNTS_FROM_BYTES):
            raise InvalidFile(f"The gzip file expands to more than {MAX_RATIO} times its size, which no CSV does.")
        yield chunk


def _read(source: IO[bytes], size: int) -> bytes:
    try:
        return source.read(size)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidFile("The gzip file is damaged or was cut short; upload it again.") from error


def _decoded(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Yield the text as UTF-8 without its mark; what claims to be UTF-8 is passed on as it is and checked later."""
    first = next(chunks, b"")
    decode = _decoder(first, encoding)
    yield decode(first.removeprefix(codecs.BOM_UTF8))
    for chunk in chunks:
        yield decode(chunk)


def _decoder(first: bytes, encoding: str) -> Callable[[bytes], bytes]:
    if first.startswith(_UTF16_BOMS):
        utf16 = codecs.getincrementaldecoder("utf-16")("replace")
        return lambda chunk: utf16.decode(chunk).encode()
    if encoding == "cp1252" and not first.startswith(codecs.BOM_UTF8):
        return lambda chunk: chunk.decode("cp1252", "replace").encode()
    return lambda chunk: chunk


def _lines_end_in_newlines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Turn the lone carriage returns of an old Mac file, known by its first line, into newlines.

    Other files pass untouched: in their lines a lone carriage return is a blank.
    """
    first = next(chunks, b"")
    end = _LINE_END.search(first[:HEAD_BYTES])
    old_mac = end is not None and end[0] == b"\r"
    yield first.replace(b"\r", b"\n") if old_mac else first
    for chunk in chunks:
        yield chunk.replace(b"\r", b"\n") if old_mac else chunk


def _whole_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Cut the chunks behind their last newlines. What of a line lies beyond MAX_LINE_BYTES is dropped."""
    begun = b""
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        if cut:
            yield begun + chunk[:cut]
            begun = chunk[cut:]
        else:
            begun += chunk
        if len(begun) > MAX_LINE_BYTES:
            begun = begun[:MAX_LINE_BYTES].decode("utf-8", "ignore").encode()
    if begun:
        yield begun + b"\n"


def _refuse_other_than_utf8(data: bytes) -> None:
    if data.isascii():
        return
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotUtf8 from error
