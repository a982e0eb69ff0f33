"""Lists of records: a page, or all of it as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask import current_app

from src.repositories.lists import Document, Listing, Wanted, page_of, plain_page_of, stream_of
from src.repositories.paging import Page
from src.services.snapshot import one_read, one_read_cursor, snapshot


def read_page(listing: Listing, wanted: Wanted) -> tuple[list[Document], Page]:
    """Return a page of the list. Raises UnknownSortField or InvalidCursor."""
    if wanted.is_plain:
        with one_read_cursor() as cursor:
            return plain_page_of(cursor, listing, wanted)
    with one_read() as connection:
        return page_of(connection, listing, wanted)


def read_all(listing: Listing, wanted: Wanted) -> tuple[Sequence[str], Iterator[Document]]:
    """Return the list's fields and a stream of its documents, in constant memory, which raises as `read_page` does."""

    def stream() -> Iterator[Document]:
        # Taken when the first is asked for, and held until the answer has been sent.
        with snapshot() as connection:
            yield from stream_of(connection, listing, wanted)

    return listing.fields, stream()


def zone_name() -> str:
    """Return the name of the zone whose local times are shown."""
    return str(current_app.config["SETTINGS"].timezone)
