"""channels: post, phone and text message beside e-mail"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString()


def upgrade() -> None:
    for table in ("participant", "letter"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("channel", TEXT, nullable=False, server_default="email"))
    with op.batch_alter_table("personal_link") as batch_op:
        batch_op.add_column(sa.Column("code_hash", TEXT, nullable=True))
        batch_op.create_unique_constraint("uq_personal_link_code_hash", ["code_hash"])


def downgrade() -> None:
    with op.batch_alter_table("personal_link") as batch_op:
        batch_op.drop_constraint("uq_personal_link_code_hash", type_="unique")
        batch_op.drop_column("code_hash")
    for table in ("letter", "participant"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("channel")
