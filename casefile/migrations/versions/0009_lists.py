"""mediation_case: an index in the order in which lists show the open cases"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

IN_LISTS = "case_in_lists"


def upgrade() -> None:
    order = ["closed_at", sa.text("escalated DESC"), sa.text("(next_at IS NULL)"), "next_at", sa.text("created DESC")]
    op.create_index(IN_LISTS, "mediation_case", [*order, "reference"])


def downgrade() -> None:
    op.drop_index(IN_LISTS, "mediation_case")
