"""What the first bytes of an upload say about it."""

from __future__ import annotations

import zlib

from src.domain.file_formats import SAVE_AS_CSV, binary_format, text_format
from src.errors import EmptyUpload, UnsupportedUpload

GZIP = b"\x1f\x8b"
DELIMITERS = (b";", b",", b"\t", b"|")
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


def check_content(head: bytes, charset: str | None = None) -> None:
    """Refuse what can't be CSV text by its first bytes, looking into gzip: EmptyUpload or UnsupportedUpload."""
    if head.startswith(GZIP):
        head = _inflate(head)
    if not head:
        raise EmptyUpload("The file is empty: send a CSV with a header and rows.")
    if found := binary_format(head):
        binary, what_to_do = found
        raise UnsupportedUpload(f"This is {binary}, not CSV text. {what_to_do}")
    if text := text_format(head):
        raise UnsupportedUpload(f"This is {text}, not CSV. {SAVE_AS_CSV}")
    is_utf16 = head.startswith(UTF16_BOMS) or (charset or "").startswith("utf-16")
    if not is_utf16 and _is_binary(head):
        raise UnsupportedUpload(
            "This is a binary file, or text in UTF-16 without a byte-order mark, not CSV text. "
            "Save it as CSV (UTF-8) and send that."
        )


def _is_binary(head: bytes) -> bool:
    """Say whether there are NULs where a text has none.

    Some programs fill the fields of a row with them, or the end of the file: then each line is empty without them, or a
    row with as many delimiters as the header has.
    """
    header, *lines = head.lstrip().split(b"\n")
    delimiter = max(DELIMITERS, key=header.count)
    odd = [line for line in lines if b"\0" in line and line.count(delimiter) < header.count(delimiter)]
    return b"\0" in header or any(line.strip(b"\0\x1a\r ") for line in odd)


def _inflate(head: bytes) -> bytes:
    """Return the beginning of what the gzip data holds; empty only where it holds nothing."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        inflated = inflater.decompress(head, len(head))
    except zlib.error as error:
        raise UnsupportedUpload("This starts like a gzip file but can't be unpacked.") from error
    if not inflated and not inflater.eof:
        raise UnsupportedUpload("This gzip file ends before its content starts.")
    return inflated
