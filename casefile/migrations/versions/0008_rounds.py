"""mediation_case.run: which run of a case's workflow filed last; digest: the morning's lists that were sent"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = sqlmodel.sql.sqltypes.AutoString()
    op.add_column("mediation_case", sa.Column("run", text, nullable=False, server_default=""))
    op.create_table(
        "digest",
        sa.Column("staff_id", text, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", text, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", text, nullable=False),
        sa.Column("settled", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("staff_id", "day"),
    )


def downgrade() -> None:
    op.drop_table("digest")
    op.drop_column("mediation_case", "run")
