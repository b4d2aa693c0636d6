"""letter: words of our own that go with it"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letter", sa.Column("line", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("letter", "line")
