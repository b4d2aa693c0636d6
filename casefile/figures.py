"""Figures for whoever watches over the service: how many, how old, how late. Counts by code; nothing in them belongs to
one case or one person."""

from collections import Counter
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import ColumnElement
from sqlalchemy import case as choose
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.database import Database
from casefile.letter_texts import failing_texts
from casefile.tables import Case, CommandOutcome, CommandRow, LetterRow, TaskRow
from domain.journey import READ_REPLY, OpenAsk
from domain.stages import Stage


class Figures(BaseModel):
    """Of all open cases, at one moment. Ages are in seconds; 0 when there is nothing to wait for."""

    cases: dict[str, int]  # by stage
    escalated: int  # a manager has something to decide
    on_hold: int
    paused: int
    not_taken: int  # came in through the public form, and nobody has taken it
    step_late: float  # how long ago the next step of a case was due that has not been taken
    asks: dict[str, int]  # by kind
    asks_overdue: dict[str, int]  # past their date, or the last rung of the ladder was climbed in vain
    tasks: dict[str, int]  # by role
    tasks_overdue: dict[str, int]
    letters: dict[str, int]  # of all cases, by state
    letter_waits: float  # the oldest queued letter that nothing but the way out holds back
    letter_texts_failing: int  # in the service's own words, by which letters could not be written
    commands_pending: int
    command_waits: float  # the oldest command without an answer


async def figures(database: Database, now: datetime) -> Figures:
    """All from one look. What grows with the years (letters, commands) is counted by an index; the asks are read from
    the journeys of open cases only."""
    async with database.read() as session:
        stages = await _stages(session)
        escalated, on_hold, paused, not_taken = await _marks(session)
        asks, overdue = await _asks(session, now)
        tasks, late_tasks = await _tasks(session, now)
        next_step = (await session.exec(select(func.min(Case.next_at)).where(col(Case.closed_at).is_(None)))).one()
        commands, oldest_command = (
            await session.exec(
                select(func.count(), func.min(CommandRow.at))
                .select_from(CommandRow)
                .outerjoin(CommandOutcome, col(CommandOutcome.command_id) == col(CommandRow.id))
                .where(col(CommandOutcome.command_id).is_(None))
            )
        ).one()
        return Figures(
            cases=stages,
            escalated=escalated,
            on_hold=on_hold,
            paused=paused,
            not_taken=not_taken,
            step_late=_seconds(next_step, now),
            asks=asks,
            asks_overdue=overdue,
            tasks=tasks,
            tasks_overdue=late_tasks,
            letters=await _letters(session),
            letter_waits=_seconds(await _oldest_letter(session), now),
            letter_texts_failing=len(await failing_texts(session)),
            commands_pending=commands,
            command_waits=_seconds(oldest_command, now),
        )


def _seconds(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0


async def _stages(session: AsyncSession) -> dict[str, int]:
    rows = await session.exec(
        select(Case.stage, func.count()).where(col(Case.closed_at).is_(None)).group_by(Case.stage)
    )
    counted = dict(rows.all())
    return {stage.value: counted.get(stage, 0) for stage in Stage if stage != Stage.CLOSED}


async def _marks(session: AsyncSession) -> list[int]:
    marks = (col(Case.escalated), col(Case.on_hold), col(Case.paused), col(Case.coordinator_id).is_(None))
    counted = (func.coalesce(func.sum(choose((mark, 1), else_=0)), 0) for mark in marks)
    rows = await session.exec(select(*counted).where(col(Case.closed_at).is_(None)))
    return list(rows.one())


async def _asks(session: AsyncSession, now: datetime) -> tuple[dict[str, int], dict[str, int]]:
    journeys = await session.exec(
        select(col(Case.journey)["asks"], moves()).where(col(Case.closed_at).is_(None), col(Case.journey).is_not(None))
    )
    asks: Counter[str] = Counter()
    overdue: Counter[str] = Counter()
    for listed, it_moves in journeys.all():
        for ask in (OpenAsk.model_validate(one) for one in listed or []):
            asks[ask.kind] += 1
            overdue[ask.kind] += is_overdue(ask, now, it_moves=it_moves)
    return dict(asks), dict(overdue)


def is_overdue(ask: OpenAsk, now: datetime, *, it_moves: bool) -> bool:
    """Past its date, or the last rung of its ladder was climbed in vain. `it_moves`: its case does (moves)."""
    return (ask.in_vain and it_moves) or (ask.due is not None and ask.due < now)


async def _tasks(session: AsyncSession, now: datetime) -> tuple[dict[str, int], dict[str, int]]:
    rows = (
        await session.exec(
            select(TaskRow.role, func.count(), func.sum(choose((col(TaskRow.due) < now, 1), else_=0)))
            .where(col(TaskRow.closed).is_(None))
            .group_by(TaskRow.role)
        )
    ).all()
    return {role: count for role, count, _ in rows}, {role: late for role, _, late in rows}


async def _letters(session: AsyncSession) -> dict[str, int]:
    rows = await session.exec(select(LetterRow.state, func.count()).group_by(LetterRow.state))
    return {"failed": 0, "ambiguous": 0, **dict(rows.all())}  # to be seen growing, they begin at nought


async def _oldest_letter(session: AsyncSession) -> datetime | None:
    moving = select(Case.id).where(moves())
    return (
        await session.exec(
            select(func.min(LetterRow.queued)).where(LetterRow.state == "queued", col(LetterRow.case_id).in_(moving))
        )
    ).one()


def moves() -> ColumnElement[bool]:
    """Of a case: neither hold nor pause nor a reply that nobody has read keeps its reminders and letters back."""
    unread = select(TaskRow.case_id).where(TaskRow.kind == READ_REPLY, col(TaskRow.closed).is_(None))
    return ~col(Case.on_hold) & ~col(Case.paused) & col(Case.id).not_in(unread)
