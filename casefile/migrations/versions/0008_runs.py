"""mediation_case.run: which run of a case's workflow filed last"""

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


def downgrade() -> None:
    op.drop_column("mediation_case", "run")
