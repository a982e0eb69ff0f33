"""Getting a file out of a request and onto the disk without holding it in memory."""

from __future__ import annotations

from collections.abc import Container
from typing import IO, Any
from urllib.parse import unquote

from flask import Request, current_app
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from src.api.bodies import check_pace
from src.domain.charsets import KNOWN, codec_of
from src.errors import InvalidFields, UnsupportedUpload, UploadIncomplete, UploadMissing, UploadTooLarge
from src.services.storage import Upload

PART = "file"
MULTIPART = "multipart/form-data"
RAW_TYPES = (
    "",
    "text/csv",
    "application/csv",
    "text/plain",
    "application/octet-stream",
    "application/gzip",
    "application/x-gzip",
    "application/vnd.ms-excel",  # what Windows calls a CSV where Excel is installed
)
ENCODINGS = ("", "identity", "gzip", "x-gzip")
CHUNK_BYTES = 256 * 1024
# A multipart body is longer than its file by the boundaries and headers of its parts.
ENVELOPE_BYTES = 1024**2
# It also bounds what the parser searches in one go: 64 KiB, and what it had left over from before.
MAX_FIELD_BYTES = 512 * 1024
MAX_PARTS = 20
HOW_TO = "Send the CSV as the multipart part `file`, or as the body with Content-Type text/csv; either may be gzipped."
CUT_SHORT = "The upload ended before everything announced had arrived. Nothing of it was kept."


def fill_from(request: Request, upload: Upload, options: Container[str]) -> str | None:
    """Write the request's file to `upload` as it arrives and return its name, as the sender gives it.

    `options` are the parameters of the URL: what is to be done with the file must be known before it comes.
    Raises UnsupportedUpload, UploadTooLarge, UploadMissing, UploadIncomplete, RequestTooSlow or InvalidFields.
    """
    limit = current_app.config["SETTINGS"].max_upload_bytes
    if request.mimetype not in (*RAW_TYPES, MULTIPART):
        raise UnsupportedUpload(f"{request.mimetype} is not accepted here. {HOW_TO}")
    if (encoding := request.headers.get("Content-Encoding", "").strip().lower()) not in ENCODINGS:
        raise UnsupportedUpload(f"Content-Encoding {encoding} is not accepted here, only gzip. {HOW_TO}")
    request.max_content_length = limit + ENVELOPE_BYTES
    body = _Body(request, limit)
    multipart = request.mimetype == MULTIPART
    name = _multipart(request, body, upload, options) if multipart else _raw(request, body, upload)
    body.check_complete()
    return name


def _raw(request: Request, body: _Body, upload: Upload) -> str | None:
    upload.charset = _codec(request.mimetype_params.get("charset"))
    while data := body.read(CHUNK_BYTES):
        upload.write(data)
    header = request.headers.get("X-Filename")
    # Headers come as latin-1; people send UTF-8, bare or percent-encoded.
    return unquote(header.encode("latin-1").decode("utf-8", "replace")) if header else None


def _multipart(request: Request, body: _Body, upload: Upload, options: Container[str]) -> str | None:
    part: Any = _OnePart(upload)
    parser = FormDataParser(
        stream_factory=part,
        max_form_memory_size=MAX_FIELD_BYTES,
        max_form_parts=MAX_PARTS,
        silent=False,
    )
    try:
        _, form, files = parser.parse(body, MULTIPART, request.content_length, request.mimetype_params)  # type: ignore[arg-type]
    except ValueError as error:
        body.read_to_end()
        raise UploadMissing(f"The multipart body can't be read. {HOW_TO}") from error
    if PART not in files:
        sentence = "The request has no file in a part named `file`."
        raise UploadMissing(f"{sentence} {HOW_TO}", {PART: [sentence]})
    _refuse_fields(list(form), options)
    return files[PART].filename


def _codec(charset: str | None) -> str | None:
    """Return the codec of the charset that a Content-Type names, or raise UnsupportedUpload."""
    if not charset:
        return None
    if (codec := codec_of(charset)) is None:
        raise UnsupportedUpload(f"The charset {charset[:40]} is not read here, only {KNOWN}. {HOW_TO}")
    return codec


def _refuse_fields(names: list[str], options: Container[str]) -> None:
    """Raise InvalidFields if there are form fields beside the file: nothing reads them, and nothing is ignored."""
    errors = {name: [_why_not_here(name, options)] for name in names}
    if errors:
        raise InvalidFields(" ".join(dict.fromkeys(sentence for [sentence] in errors.values())), errors)


def _why_not_here(name: str, options: Container[str]) -> str:
    if name in options:
        return f"Give {name} in the URL, as ?{name}=..., not as a form field."
    return f"Unknown form field: send only the part `{PART}`, with the CSV."


class _OnePart:
    """Werkzeug's stream factory and the stream in one: every file part is written to the upload, and there is one."""

    def __init__(self, upload: Upload) -> None:
        self.write = upload.write
        self._upload = upload
        self._taken = False

    def __call__(self, *, content_type: str | None, **_: Any) -> Any:
        if self._taken:
            raise UploadMissing(f"The request has more than one file: send each in its own request. {HOW_TO}")
        self._taken = True
        self._upload.charset = _codec(parse_options_header(content_type)[1].get("charset"))
        return self

    def seek(self, _: int) -> None:
        """The parser rewinds what it has written; this is not read here."""


class _Body:
    """The request's body, which notices when it ends too early.

    A server that ends a body itself gives what came as if it were all, and raises its own errors in the middle of a
    chunked one; so the bytes are counted, and any error of reading means that the sender is gone.
    """

    def __init__(self, request: Request, limit: int) -> None:
        self._announced = request.content_length
        self._too_large = f"The file is larger than the limit of {limit} bytes."
        self._count = 0
        try:
            self._stream: IO[bytes] = request.stream
        except RequestEntityTooLarge as error:
            raise UploadTooLarge(self._too_large) from error

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._stream.read(size)
        except RequestEntityTooLarge as error:
            raise UploadTooLarge(self._too_large) from error
        except Exception as error:  # Werkzeug's, the system's, or any that the server has made up
            check_pace(error)
            raise UploadIncomplete(CUT_SHORT) from error
        self._count += len(data)
        return data

    def read_to_end(self) -> None:
        """Drop what is still to come, or raise UploadIncomplete if it doesn't."""
        while self.read(CHUNK_BYTES):
            pass
        self.check_complete()

    def check_complete(self) -> None:
        """Raise UploadIncomplete if less came than the Content-Length said."""
        if self._announced is not None and self._count < self._announced:
            raise UploadIncomplete(CUT_SHORT)
