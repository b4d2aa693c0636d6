"""second_factor, recovery_code, password_reset: how staff prove who they are; account_event: their accounts' history"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = sqlmodel.sql.sqltypes.AutoString()
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "second_factor",
        sa.Column("staff_id", text, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("since", instant, nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failed", instant, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("staff_id"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", text, nullable=False),
        sa.Column("staff_id", text, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index("ix_recovery_code_staff_id", "recovery_code", ["staff_id"], unique=False)
    op.create_table(
        "password_reset",
        sa.Column("id", text, nullable=False),
        sa.Column("staff_id", text, nullable=True),
        sa.Column("asked", instant, nullable=False),
        sa.Column("state", text, nullable=False),
        sa.Column("token_hash", text, nullable=False),
        sa.Column("used", instant, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_password_reset_asked", "password_reset", ["asked"], unique=False)
    op.create_index("ix_password_reset_token_hash", "password_reset", ["token_hash"], unique=False)
    op.create_table(
        "account_event",
        sa.Column("id", text, nullable=False),
        sa.Column("staff_id", text, nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("what", text, nullable=False),
        sa.Column("by", text, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_account_event_staff_id", "account_event", ["staff_id"], unique=False)


def downgrade() -> None:
    for table in ("account_event", "password_reset", "recovery_code", "second_factor"):
        op.drop_table(table)
