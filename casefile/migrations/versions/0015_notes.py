"""note: what members of staff write down about a case, for themselves or for all who work on it"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import casefile.tables

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "note",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("case_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("author_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("written", casefile.tables.Instant(timezone=True), nullable=False),
        sa.Column("changed", casefile.tables.Instant(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["staff.id"]),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_note_case_id"), "note", ["case_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_note_case_id"), table_name="note")
    op.drop_table("note")
