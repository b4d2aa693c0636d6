"""breach: letters that went to somebody who should not have them; personal_link.turn: links that begin anew; cover: who
takes a colleague's tasks while they are away"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import casefile.tables

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "breach",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("case_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("noticed", casefile.tables.Instant(timezone=True), nullable=False),
        sa.Column("decided", casefile.tables.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_breach_case_id"), "breach", ["case_id"])
    op.create_index(op.f("ix_breach_noticed"), "breach", ["noticed"])
    op.create_table(
        "cover",
        sa.Column("staff_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("cover_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.ForeignKeyConstraint(["cover_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("staff_id"),
    )
    op.add_column("personal_link", sa.Column("turn", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("personal_link", "turn")
    op.drop_table("cover")
    op.drop_index(op.f("ix_breach_noticed"), table_name="breach")
    op.drop_index(op.f("ix_breach_case_id"), table_name="breach")
    op.drop_table("breach")
