"""case_link: cases that belong together, or were said to be another matter"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString()


def upgrade() -> None:
    links = op.create_table(
        "case_link",
        sa.Column("case_id", TEXT, nullable=False),
        sa.Column("other_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("command", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"]),
        sa.ForeignKeyConstraint(["other_id"], ["mediation_case.id"]),
        sa.PrimaryKeyConstraint("case_id", "other_id"),
    )
    op.create_index("ix_case_link_other_id", "case_link", ["other_id"])
    # what was decided when referrals were taken in stood in their commands only
    case = sa.table("mediation_case", sa.column("id"), sa.column("reference"))
    command = sa.table(
        "command",
        *(sa.column(name) for name in ("id", "case_id", "kind", "actor_id")),
        sa.column("payload", sa.JSON()),
        sa.column("at", sa.DateTime(timezone=True)),
    )
    connection = op.get_bind()
    ids = {row.reference: row.id for row in connection.execute(sa.select(case.c.reference, case.c.id))}
    for row in connection.execute(sa.select(command).where(command.c.kind == "refer")).all():
        for reference in dict.fromkeys(row.payload.get("not_a_duplicate_of", [])):  # some were named twice
            if reference in ids and ids[reference] != row.case_id:
                decided = {"case_id": row.case_id, "other_id": ids[reference], "kind": "another_matter"}
                connection.execute(sa.insert(links).values(**decided, command=row.id, by=row.actor_id, at=row.at))


def downgrade() -> None:
    op.drop_table("case_link")
