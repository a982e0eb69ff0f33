"""How many rows of an import may be rejected, and the charset that its sender names."""

from migrations.sql import run

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0017_import_options_v1.sql")


def downgrade() -> None:
    run("0017_down.sql")
