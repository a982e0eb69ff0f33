"""Names and e-mails in Unicode's composed form; what differed only in it is merged."""

import logging

from migrations.sql import rows, run

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

GROUPS = ("angel", "polo")
# Warnings: they are to be seen however the log is set up.
logger = logging.getLogger("migrations")


def upgrade() -> None:
    run("0015_lock_v1.sql")
    for group in GROUPS:
        run("0015_merge_names_v1.sql", group=group)
        for merged, kept, nome, moved in rows("0015_merged_names_v1.sql", group=group):
            logger.warning("%s %s was merged into %s (%s) with %s records", group, merged, kept, nome, moved)
    run("0015_clientes_v1.sql")
    for cliente, owner in rows("0015_clientes_without_email_v1.sql"):
        logger.warning("cliente %s has no e-mail any more: cliente %s has the same", cliente, owner)
    run("0015_users_v1.sql")
    for user, what in rows("0015_changed_users_v1.sql"):
        logger.warning("user %s had the same %s as another user, and has a new one or none", user, what)
    run("0015_end_v1.sql")


def downgrade() -> None:
    """Leave everything composed: the version before compares bytes, and finds it."""
