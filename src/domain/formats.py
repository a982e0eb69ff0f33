"""The formats of an answer: the one list that routes, commands and the OpenAPI document loop over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format of a download: its name in `?format=` and `--format`, and what its file is."""

    name: str
    extension: str
    content_type: str

    @property
    def media_type(self) -> str:
        """Return the content type without its parameters."""
        return self.content_type.partition(";")[0]


JSON: Final = "json"
CSV: Final = FileFormat("csv", "csv", "text/csv; charset=utf-8")
# For a spreadsheet in Portuguese, which reads 0.875 as 875.
CSV_BR: Final = FileFormat("csv-br", "csv", "text/csv; charset=utf-8")
XLSX: Final = FileFormat("xlsx", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
NDJSON: Final = FileFormat("ndjson", "ndjson", "application/x-ndjson")

INDICATOR_FILES: Final = (CSV, CSV_BR, XLSX)
LIST_FILES: Final = (CSV, CSV_BR, NDJSON)
REJECTION_FILES: Final = (CSV, CSV_BR, XLSX)
BY_NAME: Final = {each.name: each for each in (CSV, CSV_BR, XLSX, NDJSON)}


def names_of(files: Iterable[FileFormat]) -> list[str]:
    """Return the names of the formats, without JSON."""
    return [each.name for each in files]


def media_types_of(files: Iterable[FileFormat]) -> list[str]:
    """Return each media type once."""
    return list(dict.fromkeys(each.media_type for each in files))
