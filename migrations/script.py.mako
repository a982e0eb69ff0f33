"""${message}."""

from migrations.sql import run

revision = "${up_revision}"
down_revision = "${down_revision}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("${up_revision}_v1.sql")


def downgrade() -> None:
    run("${up_revision}_down.sql")
