"""search tokens: keyed hashes by which a case is found"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_token",
        sa.Column("case_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("owner", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"]),
        sa.PrimaryKeyConstraint("case_id", "owner", "hash"),
    )
    op.create_index(op.f("ix_search_token_hash"), "search_token", ["hash"])


def downgrade() -> None:
    op.drop_index(op.f("ix_search_token_hash"), table_name="search_token")
    op.drop_table("search_token")
