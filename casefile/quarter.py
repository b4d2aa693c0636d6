"""What domain/quarter.py counts, read from the case file: codes, dates and sizes, of any period. No text is opened."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Text, cast
from sqlalchemy import case as choose
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.database import Database
from casefile.tables import Case, LetterRow, PartyRow, Staff, TimelineEvent
from domain.journey import MeetingStatus
from domain.quarter import WITH_A_MEDIATOR, Chased, Counted, Period, Step, Work
from domain.stages import Stage
from domain.titles import CHASED

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
        consents, outcomes, work = await _held_today(session, period, with_mediators)
        return Counted(
            referred=await _referred(session, period),
            stages=stages,
            steps=steps,
            consents=consents,
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
    """Those of all cases that ran in the period: to find out first which of them moved would take longer."""
    query = (
        select(
            TimelineEvent.case_id,
            TimelineEvent.at,
            choose((col(TimelineEvent.what) == "closed", Stage.CLOSED.value), else_=_stage),
            choose((col(TimelineEvent.what) == "closed", col(TimelineEvent.detail)["reason"].as_string())),
        )
        .where(
            col(TimelineEvent.what).in_((*_ENTERED, "closed")),
            col(TimelineEvent.at) < period.ends,
            col(TimelineEvent.case_id).in_(select(Case.id).where(_ran(period))),
        )
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


async def _held_today(
    session: AsyncSession, period: Period, with_mediators: dict[str, int]
) -> tuple[list[tuple[str, str]], list[str], list[Work]]:
    """What the parties answered, what joint meetings came to, and what each mediator has and did. Each journey is read
    once: to look into it in the database takes several times as long."""
    answers: list[tuple[str, str, str]] = []
    outcomes: list[str] = []
    done: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for who, cases in with_mediators.items():
        done[who]["cases"] = cases
    begins, ends = period.begins, period.ends

    def within(instant: str) -> bool:
        return begins <= datetime.fromisoformat(instant) < ends

    told, met = (cast(_journey[name], Text) for name in ("facts", "meetings"))
    query = select(Case.id, Case.mediator_id, told, met).where(_ran(period))
    async for case, mediator, facts, meetings in _a_few_at_a_time(session, query):
        for key, fact in (from_json(facts) or {}).items() if facts else ():
            if key.startswith("consent/") and within(fact["at"]):
                answers.append((case, key.partition("/")[2], fact["answer"]))
        for meeting in (from_json(meetings) or []) if meetings else ():
            if meeting["status"] == MeetingStatus.HELD and meeting["slot"] and within(meeting["slot"]["start"]):
                sort = meeting["key"].partition("/")[0]
                done[mediator][sort] += 1
                outcomes += [meeting["outcome"]] if sort == "joint_meeting" else []
    return await _with_roles(session, period, answers), outcomes, await _by_name(session, done)


async def _with_roles(
    session: AsyncSession, period: Period, answers: list[tuple[str, str, str]]
) -> list[tuple[str, str]]:
    """Of each party that answered, its role and its answer."""
    query = (
        select(PartyRow.case_id, PartyRow.key, PartyRow.role)
        .join(Case, col(Case.id) == col(PartyRow.case_id))
        .where(_ran(period))
    )
    roles = {(case, key): role async for case, key, role in _a_few_at_a_time(session, query)} if answers else {}
    return [(roles[case, key], answer) for case, key, answer in answers if (case, key) in roles]


async def _by_name(session: AsyncSession, done: defaultdict[str, Counter[str]]) -> list[Work]:
    names = await session.exec(select(Staff.id, Staff.name).order_by(Staff.name, Staff.id))
    return [
        Work(name, done[who]["cases"], done[who]["visit"], done[who]["joint_meeting"])
        for who, name in names
        if any(done[who].values())
    ]


def _ran(period: Period) -> ColumnElement[bool]:
    """Of a case: it was open in the period, or some of it."""
    return (col(Case.created) < period.ends) & (col(Case.closed_at).is_(None) | (col(Case.closed_at) >= period.begins))


async def _a_few_at_a_time(session: AsyncSession, query: Any) -> AsyncIterator[Any]:
    """The rows of a large answer: whoever else asks this process for something is heard between them."""
    for some in (await session.exec(query)).partitions(_AT_ONCE):
        for row in some:
            yield row
        await asyncio.sleep(0)
