"""The audit log: who changed what, for ever."""

from migrations.sql import run

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0008_audit_log_v1.sql")


def downgrade() -> None:
    run("0008_down.sql")
