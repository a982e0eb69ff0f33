"""The answers that an Idempotency-Key gives again."""

from migrations.sql import run

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0005_idempotency_v1.sql")


def downgrade() -> None:
    run("0005_down.sql")
