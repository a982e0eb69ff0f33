"""Reading a stored upload as blocks of whole lines in UTF-8, with flat memory whatever its size or encoding."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Final

import numpy as np

BLOCK_BYTES: Final = 2 * 1024 * 1024
# No line of these files comes near it; a longer one is cut here, and rejected by whoever reads the block.
MAX_LINE_BYTES: Final = 256 * 1024
HEAD_BYTES: Final = 64 * 1024
# Files of these rows pack to a fifth or a tenth; made to be too much, they pack to a thousandth.
MAX_RATIO: Final = 200
RATIO_COUNTS_FROM_BYTES: Final = 16 * 1024 * 1024
# Stands for a byte that is not UTF-8, which never has it itself.
BAD_BYTE: Final = b"\xff"

GZIP_MAGIC: Final = b"\x1f\x8b"
_LINE_END: Final = re.compile(rb"\r*\n|\r")
_UTF16_BOMS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Ends a text of DOS, and may fill its last sector.
_END_OF_TEXT: Final = b"\x1a"


class InvalidFile(ValueError):
    """The file as a whole can't be what it should be; the message is a sentence for who uploaded it."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines in UTF-8, each ended by a newline, each byte that can't be read a BAD_BYTE.

    `consumed` counts bytes of the stored file, for the progress.
    """

    data: bytes
    consumed: int
    last: bool


def read_blocks(
    file: IO[bytes], *, encoding: str = "utf-8", max_expanded_bytes: int, block_bytes: int = BLOCK_BYTES
) -> Iterator[Block]:
    """Yield the blocks of an upload, plain or gzip; none at all where it is empty.

    `encoding` is a codec's name; a byte-order mark in the file overrules it. Raises InvalidFile for a damaged gzip and
    for one that expands beyond `max_expanded_bytes`, or beyond what text can be packed to.
    """
    decoded = _decoded(expanded_chunks(file, max_expanded_bytes, block_bytes), encoding)
    # A NUL is no character of a text: what fills the fields or the end of other programs' files.
    chunks = _lines_end_in_newlines(chunk.replace(b"\0", b"") for chunk in decoded)
    previous: tuple[bytes, int] | None = None
    for data in _whole_lines(chunks):
        if previous is not None:
            yield Block(*previous, last=False)
        previous = (_with_bad_bytes_marked(data), file.tell())
    if previous is not None:
        yield Block(_without_end_mark(previous[0]), previous[1], last=True)


def expanded_chunks(file: IO[bytes], max_expanded_bytes: int, size: int) -> Iterator[bytes]:
    """Yield the content of an upload from its start, unpacked if it is gzip. Raises as read_blocks does."""
    file.seek(0)
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


def has_byte_order_mark(head: bytes) -> bool:
    """Say whether a text begins with the mark of UTF-8 or UTF-16."""
    return head.startswith((codecs.BOM_UTF8, *_UTF16_BOMS))


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
        encoding = "utf-16"
    elif first.startswith(codecs.BOM_UTF8):
        encoding = "utf-8"
    if encoding == "utf-8":
        return lambda chunk: chunk
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return lambda chunk: decoder.decode(chunk).encode()


def _lines_end_in_newlines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Turn the lone carriage returns of an old Mac file, known by its first lines, into newlines.

    Other files pass untouched: in their lines a lone carriage return is a blank.
    """
    first = next(chunks, b"")
    ends = _LINE_END.findall(first[:HEAD_BYTES])
    old_mac = bool(ends) and ends[0] == b"\r" and 2 * ends.count(b"\r") >= len(ends)
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
        # Still too long, so that whoever reads it sees that.
        begun = begun[: MAX_LINE_BYTES + 1]
    if begun:
        yield begun + b"\n"


def _without_end_mark(data: bytes) -> bytes:
    return data.rstrip(_END_OF_TEXT + b"\r\n") + b"\n" if _END_OF_TEXT in data[-4:] else data


def _with_bad_bytes_marked(data: bytes) -> bytes:
    if data.isascii():
        return data
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _without_surrogates(data.decode("utf-8", "surrogateescape").encode("utf-8", "surrogatepass"))
    return data


def _without_surrogates(data: bytes) -> bytes:
    """Put a BAD_BYTE in the place of each byte that has become a surrogate, U+DC80 to U+DCFF: ED B2 80 to ED B3 BF.

    No valid UTF-8 has such a sequence. By whole arrays: a block may have a million of them.
    """
    text = np.frombuffer(data, np.uint8).copy()
    at = np.flatnonzero((text[:-2] == 0xED) & (text[1:-1] >= 0xB2))
    text[at] = BAD_BYTE[0]
    kept = np.ones(len(text), np.bool_)
    kept[at + 1] = kept[at + 2] = False
    return text[kept].tobytes()
