"""What imports have overwritten, so that they can be undone."""

from migrations.sql import run

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0009_import_history_v1.sql")


def downgrade() -> None:
    run("0009_down.sql")
