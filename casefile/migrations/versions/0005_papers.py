"""papers: documents and photographs that parties give"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import casefile.tables

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString()


def upgrade() -> None:
    op.create_table(
        "paper",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("case_id", TEXT, nullable=False),
        sa.Column("command", TEXT, nullable=False),
        sa.Column("media_type", TEXT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("given", casefile.tables.Instant(timezone=True), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"]),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_paper_case_id", "paper", ["case_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_paper_case_id", table_name="paper")
    op.drop_table("paper")
