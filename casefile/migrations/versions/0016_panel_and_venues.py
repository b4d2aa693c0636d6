"""mediator: training, supervision and how many cases at once; venue: access, rooms and cost"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OF_A_MEDIATOR = ("trained_on", "supervised_on", "supervision_due")


def upgrade() -> None:
    op.add_column("mediator", sa.Column("training", sa.String(), nullable=False, server_default=""))
    for name in OF_A_MEDIATOR:
        op.add_column("mediator", sa.Column(name, sa.Date(), nullable=True))
    op.add_column("mediator", sa.Column("capacity", sa.Integer(), nullable=True))
    for name in ("access", "rooms"):
        op.add_column("venue", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("venue", sa.Column("cost", sa.Integer(), nullable=True))


def downgrade() -> None:
    for name in ("cost", "rooms", "access"):
        op.drop_column("venue", name)
    for name in ("capacity", *reversed(OF_A_MEDIATOR), "training"):
        op.drop_column("mediator", name)
