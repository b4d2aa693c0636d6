"""mediation_case: since when it is in its stage, when it becomes late and when something is to be done in it, with the
index of the queue; saved_filter: filters of the list of cases, by person"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from domain.journey import Journey
from domain.queue import times_of

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

IN_QUEUE = "case_in_queue"
INSTANTS = ("stage_since", "late_at", "due_at")


def upgrade() -> None:
    text = sqlmodel.sql.sqltypes.AutoString()
    for name in INSTANTS:
        op.add_column("mediation_case", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    _fill()
    order = ["closed_at", "coordinator_id", "late_at", "due_at", "escalated", "stage", "stage_since", "next_at"]
    op.create_index(IN_QUEUE, "mediation_case", [*order, "created", "id"])
    op.create_table(
        "saved_filter",
        sa.Column("id", text, nullable=False),
        sa.Column("staff_id", text, nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("staff_id", "name"),
    )


def _fill() -> None:
    """Of the open cases, what their next filing would write; no other is looked for by it."""
    instant = sa.DateTime(timezone=True)
    cases = sa.table(
        "mediation_case",
        sa.column("id", sa.String),
        sa.column("stage", sa.String),
        sa.column("journey", sa.JSON),
        sa.column("closed_at", instant),
        *(sa.column(name, instant) for name in INSTANTS),
    )
    events = sa.table(
        "timeline_event",
        sa.column("case_id", sa.String),
        sa.column("what", sa.String),
        sa.column("about", sa.String),
        sa.column("at", instant),
    )
    connection = op.get_bind()
    came = sa.select(sa.func.max(events.c.at, type_=instant)).where(
        events.c.case_id == cases.c.id, events.c.what == "stage", events.c.about == cases.c.stage
    )
    connection.execute(sa.update(cases).where(cases.c.closed_at.is_(None)).values(stage_since=came.scalar_subquery()))
    for case_id in connection.scalars(sa.select(cases.c.id).where(cases.c.closed_at.is_(None))).all():
        journey = connection.scalar(sa.select(cases.c.journey).where(cases.c.id == case_id))
        late, due = times_of(Journey.model_validate(journey)) if journey else (None, None)
        connection.execute(sa.update(cases).where(cases.c.id == case_id).values(late_at=late, due_at=due))


def downgrade() -> None:
    op.drop_table("saved_filter")
    op.drop_index(IN_QUEUE, "mediation_case")
    for name in INSTANTS:
        op.drop_column("mediation_case", name)
