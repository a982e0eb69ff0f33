"""Ids that the server gives come from a range of their own, which no file and no request can name."""

from migrations.sql import run

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("atendimento", "cliente"):
        run("0013_server_ids_v1.sql", table=table)
    run("0013_default_v1.sql")


def downgrade() -> None:
    run("0013_down.sql")
