"""100 % on time only without a late delivery."""

from migrations.sql import run

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0012_angel_productivity_v2.sql")


def downgrade() -> None:
    run("0012_down.sql")
