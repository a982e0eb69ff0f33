"""Loading a file of clientes through staging and a merge of what differs."""

from __future__ import annotations

from src.ingest.clientes import cliente_batches
from src.ingest.layout import Layout
from src.repositories import cliente_staging, staging
from src.services.load import Load, ahead
from src.services.loaded_ids import without_unknown_clientes


def load_clientes(load: Load) -> Layout:
    """Load the file and count what became of its rows; the caller commits. Raises InvalidFile."""
    connection, claim, rows = load.connection, load.claim, load.rows
    layout, blocks = load.open_file()
    staging.open_own_schema(connection, claim.id)
    cliente_staging.create_staging(connection)
    with load.step("stage"):
        for read in ahead(cliente_batches(blocks, layout)):
            batch = without_unknown_clientes(connection, read)
            cliente_staging.stage(connection, batch.rows)
            load.note(batch.rows_read, batch.rejections, batch.consumed)
    with load.step("compare"):
        rows.superseded = cliente_staging.supersede(connection)
        if claim.mode == "insert":
            cliente_staging.leave_stored_alone(connection)
        load.rejected.add_taken_emails(*cliente_staging.reject_taken_emails(connection, claim.id, load.rejected.room))
        load.rejected.require_few()
        rows.inserted, rows.updated = cliente_staging.compare(connection)
    rows.unchanged = rows.read - rows.rejected - rows.superseded - rows.inserted - rows.updated
    if not claim.dry_run and (rows.inserted or rows.updated):
        with load.step("merge"):
            cliente_staging.merge(connection, claim.id)
    staging.drop_own_schema(connection, claim.id)
    return layout
