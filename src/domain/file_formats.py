"""What a file is that is no CSV, told by its first bytes, and what to do with it."""

from __future__ import annotations

import re
from typing import Final

SAVE_AS_CSV: Final = "Open it in a spreadsheet. Save it as CSV (UTF-8) and send that."
_SAVE_TEXT: Final = "Save it as CSV (UTF-8) and send that."

# The first file of an Office document names its parts; the first one of an OpenDocument is its type, stored as it is.
_XLSX: Final = re.compile(rb"\[Content_Types\]\.xml|xl/|_rels/|docProps/")
_OPEN_DOCUMENT: Final = b"mimetypeapplication/vnd.oasis.opendocument"
_BINARY: Final = {
    b"PK\x05\x06": ("an empty zip file", "Send the CSV itself, plain or gzipped."),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook (.xls)", SAVE_AS_CSV),
    b"%PDF-": ("a PDF", "Export the CSV from where the report comes from, and send that."),
    b"{\\rtf": ("an RTF document", _SAVE_TEXT),
    b"\x89PNG": ("a PNG image", _SAVE_TEXT),
    b"\xff\xd8\xff": ("a JPEG image", _SAVE_TEXT),
    b"GIF8": ("a GIF image", _SAVE_TEXT),
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip file", "Unpack it, and send the CSV in it, plain or gzipped."),
    b"Rar!": ("a RAR file", "Unpack it, and send the CSV in it, plain or gzipped."),
    b"BZh": ("a bzip2 file", "Unpack it, and send the CSV in it, plain or gzipped."),
    b"\xfd7zXZ": ("an xz file", "Unpack it, and send the CSV in it, plain or gzipped."),
    b"\x28\xb5\x2f\xfd": ("a Zstandard file", "Unpack it, and send the CSV in it, plain or gzipped."),
    b"PAR1": ("a Parquet file", _SAVE_TEXT),
    b"SQLite format 3": ("an SQLite database", _SAVE_TEXT),
    b"\x1f\x8b": ("a gzip file inside a gzip file", "Unpack it once, and send that."),
}
_TEXTS: Final = {
    "an HTML page, whatever its file is called": re.compile(
        rb"<(!--|(!doctype\s+html|html|head|body|table|meta|div|style|title)\b)|<\?xml[^>]*>\s*<(!doctype\s+)?html",
        re.I,
    ),
    "an XML spreadsheet, whatever its file is called": re.compile(
        rb"<\?xml[^>]*>\s*(<\?mso-application[^>]*>\s*)?<(\w+:)?Workbook\b|<(\w+:)?Workbook\b", re.I
    ),
    "an XML file": re.compile(rb"<\?xml\b|<[a-z_][\w:.-]*[\s/>]", re.I),
    "a JSON file": re.compile(rb"\[\s*[\[{\"\]\d-]|\{\s*[\"}]"),
}
_MARKS: Final = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def binary_format(head: bytes) -> tuple[str, str] | None:
    """Return what a file that begins with `head` is and what to do with it, None if it may be text."""
    if head.startswith(b"PK\x03\x04"):
        return _in_zip(head)
    return next((told for magic, told in _BINARY.items() if head.startswith(magic)), None)


def text_format(head: bytes) -> str | None:
    """Return what a text that begins with `head` is, if it is a page or a document instead of a table of values."""
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            head = head.removeprefix(mark).decode(encoding, "ignore").encode()
    head = head.lstrip()
    return next((name for name, beginning in _TEXTS.items() if beginning.match(head)), None)


def _in_zip(head: bytes) -> tuple[str, str]:
    if _OPEN_DOCUMENT in head[:200]:
        return "an OpenDocument spreadsheet (.ods)", SAVE_AS_CSV
    if _XLSX.match(head, 30):
        return "an Excel workbook (.xlsx)", SAVE_AS_CSV
    return "a zip file", f"If it is a workbook: {SAVE_AS_CSV} Else unpack it and send the CSV in it, plain or gzipped."
