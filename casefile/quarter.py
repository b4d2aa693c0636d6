"""What domain/quarter.py counts, read from the case file: codes, dates and sizes, of any period. No text is opened."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, column, true
from sqlalchemy import case as choose
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.database import Database
from casefile.tables import Case, LetterRow, PartyRow, Staff, TimelineEvent
from domain.journey import MeetingStatus
from domain.quarter import WITH_A_MEDIATOR, Chased, Counted, Period, Step, Work
from domain.stages import Stage
from domain.titles import CHASED
from domain.working_days import ONE_DAY

_ENTERED = ("stage", "reopen_case")
"""Lines of the timeline that say in which stage a case is from now on. One that was opened again stands where something
was missing, which is a stage that it had entered before and is told of in no line of its own."""

_AT_ONCE = 500  # rows between which others are heard

_journey: Any = col(Case.journey)
_stage: Any = choose((col(TimelineEvent.what) == "reopen_case", col(TimelineEvent.detail)["stage"].as_string()),
                     else_=col(TimelineEvent.about))  # fmt: skip


async def counted(database: Database, period: Period) -> Counted:
    """All from one look. A period that is not over is counted as far as it has come."""
    async with database.read() as session:
        steps = await _steps(session, period)
        stages, with_mediators = await _open_at_the_end(session, period)
        outcomes, work = await _work(session, period, with_mediators)
        return Counted(
            referred=await _referred(session, period),
            stages=stages,
            steps=steps,
            consents=await _consents(session, period),
            outcomes=outcomes,
            chased=await _chased(session, period),
            work=work,
        )


async def _referred(session: AsyncSession, period: Period) -> int:
    return (
        await session.exec(
            select(func.count())
            .select_from(Case)
            .where(col(Case.created) >= period.begins, col(Case.created) < period.ends)
        )
    ).one()


async def _steps(session: AsyncSession, period: Period) -> list[Step]:
    what = col(TimelineEvent.what).in_((*_ENTERED, "closed"))
    moved = select(TimelineEvent.case_id).where(
        what, col(TimelineEvent.at) >= period.begins, col(TimelineEvent.at) < period.ends
    )
    query = (
        select(
            TimelineEvent.case_id,
            TimelineEvent.at,
            choose((col(TimelineEvent.what) == "closed", Stage.CLOSED.value), else_=_stage),
            col(TimelineEvent.detail)["reason"].as_string(),
        )
        .where(what, col(TimelineEvent.at) < period.ends, col(TimelineEvent.case_id).in_(moved))
        .order_by(col(TimelineEvent.case_id), col(TimelineEvent.number))
    )
    return [Step(case, at, stage, reason or "") async for case, at, stage, reason in _a_few_at_a_time(session, query)]


async def _open_at_the_end(session: AsyncSession, period: Period) -> tuple[dict[str, int], dict[str, int]]:
    """How many cases were open: by stage; and of those with a mediator, by whoever has the case today."""
    latest = (
        select(TimelineEvent.case_id, func.max(TimelineEvent.number).label("number"))
        .join(Case, col(Case.id) == col(TimelineEvent.case_id))
        .where(_ran(period), col(TimelineEvent.what).in_(_ENTERED), col(TimelineEvent.at) < period.ends)
        .group_by(col(TimelineEvent.case_id))
        .subquery()
    )
    open_then = (
        select(Case.mediator_id, _stage.label("stage"))
        .outerjoin(latest, latest.c.case_id == col(Case.id))
        .outerjoin(
            TimelineEvent,
            (col(TimelineEvent.case_id) == col(Case.id)) & (col(TimelineEvent.number) == latest.c.number),
        )
        .where(_ran(period))
        .subquery()
    )
    rows = await session.exec(
        select(open_then.c.mediator_id, open_then.c.stage, func.count()).group_by(
            open_then.c.mediator_id, open_then.c.stage
        )
    )
    stages: Counter[str] = Counter()
    with_mediators: Counter[str] = Counter()
    for mediator, stage, cases in rows.all():
        if stage != Stage.CLOSED:
            stages[stage or Stage.REFERRAL.value] += cases
        if stage in WITH_A_MEDIATOR:
            with_mediators[mediator] += cases
    return dict(stages), dict(with_mediators)


async def _chased(session: AsyncSession, period: Period) -> list[Chased]:
    """By what was asked of whom, a round of its own for each; then by its kind."""
    asks, reminds = ({f"{kind}_{step}": kind for kind in CHASED} for step in ("ask", "remind"))
    kind = col(LetterRow.kind)
    asked = (
        select(
            func.min(kind).label("kind"),  # "consent_ask" comes before "consent_remind"
            func.min(choose((kind.in_(asks), LetterRow.settled))).label("at"),
            func.sum(choose((kind.in_(reminds), 1), else_=0)).label("reminders"),
        )
        .where(kind.in_((*asks, *reminds)), col(LetterRow.state).in_(("sent", "ambiguous")))
        .where(col(LetterRow.settled) >= period.begins, col(LetterRow.case_id).in_(select(Case.id).where(_ran(period))))
        .group_by(col(LetterRow.case_id), col(LetterRow.about))
        .subquery()
    )
    reminded = func.sum(choose((asked.c.reminders > 0, 1), else_=0))
    rows = await session.exec(
        select(asked.c.kind, func.count(), reminded, func.sum(asked.c.reminders))
        .where(asked.c.at < period.ends)
        .group_by(asked.c.kind)
    )
    return [Chased(asks[kind], *(int(number) for number in numbers)) for kind, *numbers in rows.all()]


# What the journeys hold today: a record that was corrected counts as what it became


async def _consents(session: AsyncSession, period: Period) -> list[tuple[str, str]]:
    fact = func.json_each(_journey["facts"]).table_valued("key", column("value", JSON))
    at, answer = (fact.c.value[name].as_string() for name in ("at", "answer"))
    query = (
        select(PartyRow.role, answer, at)
        .select_from(Case)
        .join(fact, true())
        .join(PartyRow, (col(PartyRow.case_id) == col(Case.id)) & (fact.c.key == "consent/" + col(PartyRow.key)))
        .where(_ran(period), _about(at, period))
        .order_by(col(Case.id), col(PartyRow.key))
    )
    return [(role, given) async for role, given, when in _a_few_at_a_time(session, query) if _within(when, period)]


async def _work(session: AsyncSession, period: Period, with_mediators: dict[str, int]) -> tuple[list[str], list[Work]]:
    """What joint meetings came to, and what each mediator has and did."""
    outcomes: list[str] = []
    done: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for who, cases in with_mediators.items():
        done[who]["cases"] = cases
    each = func.json_each if session.get_bind().dialect.name == "sqlite" else func.json_array_elements
    meeting = each(_journey["meetings"]).table_valued(column("value", JSON))
    key, status, outcome = (meeting.c.value[name].as_string() for name in ("key", "status", "outcome"))
    start = meeting.c.value["slot"]["start"].as_string()
    query = (
        select(Case.mediator_id, key, outcome, start)
        .select_from(Case)
        .join(meeting, true())
        .where(_ran(period), status == MeetingStatus.HELD.value, _about(start, period))
        .order_by(col(Case.id), key)
    )
    async for who, which, came_to, when in _a_few_at_a_time(session, query):
        if _within(when, period):
            sort = which.partition("/")[0]
            done[who][sort] += 1
            outcomes += [came_to] if sort == "joint_meeting" else []
    names = await session.exec(select(Staff.id, Staff.name).order_by(Staff.name, Staff.id))
    work = [
        Work(name, done[who]["cases"], done[who]["visit"], done[who]["joint_meeting"])
        for who, name in names
        if any(done[who].values())
    ]
    return outcomes, work


def _ran(period: Period) -> ColumnElement[bool]:
    """Of a case: it was open in the period, or some of it."""
    return (col(Case.created) < period.ends) & (col(Case.closed_at).is_(None) | (col(Case.closed_at) >= period.begins))


def _about(instant: Any, period: Period) -> ColumnElement[bool]:
    """It may be `_within` the period: an instant as journeys hold it, in whatever time zone."""
    near: ColumnElement[bool] = func.substr(instant, 1, 10).between(
        (period.first - ONE_DAY).isoformat(), (period.last + ONE_DAY).isoformat()
    )
    return near


def _within(instant: str, period: Period) -> bool:
    return period.begins <= datetime.fromisoformat(instant) < period.ends


async def _a_few_at_a_time(session: AsyncSession, query: Any) -> AsyncIterator[Any]:
    """The rows of a large answer: whoever else asks this process for something is heard between them."""
    for some in (await session.exec(query)).partitions(_AT_ONCE):
        for row in some:
            yield row
        await asyncio.sleep(0)
