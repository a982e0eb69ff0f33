"""Former names of angels and polos, kept at a rename and at a merge, and the look-up by name that knows them."""

from migrations.sql import run

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for group in ("angel", "polo"):
        run("0016_aliases_v1.sql", group=group)


def downgrade() -> None:
    for group in ("angel", "polo"):
        run("0016_down.sql", group=group)
