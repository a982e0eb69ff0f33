"""The audit log by month, so that its owner can drop what is older than it must be kept."""

from migrations.sql import run

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0014_audit_log_partitions_v1.sql")


def downgrade() -> None:
    run("0014_down.sql")
