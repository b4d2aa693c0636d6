"""What the rounds by Schedule ask of the case file: which cases need a workflow, and how it stands with each."""

from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import ColumnElement
from sqlmodel import col, func, or_, select

from casefile.database import Database
from casefile.tables import Case, CommandOutcome, CommandRow, LetterRow, TaskRow, TimelineEvent
from domain.journey import BEGUN_ANEW, POSSIBLY_WANTED


class Standing(BaseModel):
    """A case, as far as its workflow is concerned."""

    case_id: str
    run: str  # which filed last; "" when none has said so
    version: int  # of the last filing; 0: it was never filed
    created: datetime
    closed_at: datetime | None
    needs_workflow: bool  # it is open, or a task or a letter of its end has to be seen to


class Rounds:
    """Every query of the rounds."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def standings(self, case_ids: Collection[str] | None = None) -> list[Standing]:
        """Of these cases, without those that are not known; or of all that need a workflow."""
        needs = needs_workflow()
        wanted = needs if case_ids is None else col(Case.id).in_(case_ids)
        async with self.database.read() as session:
            rows = await session.exec(
                select(Case.id, Case.run, Case.version, Case.created, Case.closed_at, needs).where(wanted)  # type: ignore[call-overload]
            )
            return [
                Standing(case_id=id, run=run, version=version, created=created, closed_at=closed, needs_workflow=needed)
                for id, run, version, created, closed, needed in rows
            ]

    async def begins_soon(self, case_id: str) -> bool:
        """Its very first start has not been delivered yet: the relay's business."""
        async with self.database.read() as session:
            return (
                await session.exec(
                    select(CommandRow.id)
                    .outerjoin(CommandOutcome, col(CommandOutcome.command_id) == col(CommandRow.id))
                    .where(
                        CommandRow.case_id == case_id,
                        CommandRow.number == 0,
                        col(CommandOutcome.command_id).is_(None),
                    )
                )
            ).first() is not None

    async def begun_anew_since(self, case_id: str, since: datetime) -> int:
        """How often the case was begun anew since then."""
        async with self.database.read() as session:
            return (
                await session.exec(
                    select(func.count())
                    .select_from(TimelineEvent)
                    .where(
                        TimelineEvent.case_id == case_id, TimelineEvent.what == BEGUN_ANEW, TimelineEvent.at >= since
                    )
                )
            ).one()


def needs_workflow() -> ColumnElement[bool]:
    """Of a case: it is open, or a task or a letter of its end has to be seen to; and it was not erased."""
    tasks = select(TaskRow.case_id).where(col(TaskRow.closed).is_(None))
    letters = select(LetterRow.case_id).where(col(LetterRow.state).in_(POSSIBLY_WANTED))
    owed = or_(col(Case.closed_at).is_(None), col(Case.id).in_(tasks), col(Case.id).in_(letters))
    return owed & col(Case.wrapped_key).is_not(None)
