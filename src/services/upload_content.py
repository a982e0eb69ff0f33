"""What the first bytes of an upload say about it."""

from __future__ import annotations

import zlib

from src.errors import EmptyUpload, UnsupportedUpload

GZIP = b"\x1f\x8b"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
BINARY_FORMATS = {
    b"PK\x03\x04": "a zip file or an Excel workbook (.xlsx)",
    b"PK\x05\x06": "an empty zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"%PDF-": "a PDF",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip file",
    b"Rar!": "a RAR file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"PAR1": "a Parquet file",
    GZIP: "a gzip file inside a gzip file",
}


def check_content(head: bytes) -> None:
    """Refuse what can't be CSV text by its first bytes, looking into gzip: EmptyUpload or UnsupportedUpload."""
    if head.startswith(GZIP):
        head = _inflate(head)
    if not head:
        raise EmptyUpload("The file is empty: send a CSV with a header and rows.")
    for magic, name in BINARY_FORMATS.items():
        if head.startswith(magic):
            raise UnsupportedUpload(f"This is {name}, not CSV text. Save it as CSV (UTF-8) and send that.")
    if b"\0" in head and not head.startswith(UTF16_BOMS):
        raise UnsupportedUpload("This is a binary file, not CSV text. Save it as CSV (UTF-8) and send that.")


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
