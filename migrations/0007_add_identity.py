"""Sessions and API keys; users who are disabled or deleted."""

from migrations.sql import run

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0007_identity_v1.sql")


def downgrade() -> None:
    run("0007_down.sql")
