"""Users, imports and their rejected rows."""

from migrations.sql import run

revision = "0001"
down_revision = None
branch_labels = ("default",)
depends_on = None


def upgrade() -> None:
    run("0001_users_and_imports_v1.sql")


def downgrade() -> None:
    run("0001_down.sql")
