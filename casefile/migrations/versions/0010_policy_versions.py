"""versions of the service's targets, and which running case was given which"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import casefile.tables

revision = "0010"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString()


def upgrade() -> None:
    op.create_table(
        "policy_version",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("targets", sa.JSON(), nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("at", casefile.tables.Instant(timezone=True), nullable=True),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("running_too", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "policy_change",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("case_id", TEXT, nullable=False),
        sa.Column("command_id", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["number"], ["policy_version.number"]),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"]),
        sa.ForeignKeyConstraint(["command_id"], ["command.id"]),
        sa.PrimaryKeyConstraint("number", "case_id"),
        sa.UniqueConstraint("command_id"),
    )


def downgrade() -> None:
    op.drop_table("policy_change")
    op.drop_table("policy_version")
