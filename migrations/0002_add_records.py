"""Angels, polos, clientes and atendimentos."""

from migrations.sql import run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0002_records_v1.sql")


def downgrade() -> None:
    run("0002_down.sql")
