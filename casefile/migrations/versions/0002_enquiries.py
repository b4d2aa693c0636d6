"""enquiries from the public form, and cases that no coordinator has taken yet"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import casefile.tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enquiry",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created", casefile.tables.Instant(timezone=True), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("code_number", sa.Integer(), nullable=False),
        sa.Column("code_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("code_asked", casefile.tables.Instant(timezone=True), nullable=True),
        sa.Column("code_state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("confirmed", casefile.tables.Instant(timezone=True), nullable=True),
        sa.Column("case_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_enquiry_created", "enquiry", ["created"], unique=False)
    with op.batch_alter_table("mediation_case", schema=None) as batch_op:
        batch_op.alter_column("coordinator_id", existing_type=sqlmodel.sql.sqltypes.AutoString(), nullable=True)


def downgrade() -> None:
    with op.batch_alter_table("mediation_case", schema=None) as batch_op:
        batch_op.alter_column("coordinator_id", existing_type=sqlmodel.sql.sqltypes.AutoString(), nullable=False)
    op.drop_index("ix_enquiry_created", table_name="enquiry")
    op.drop_table("enquiry")
