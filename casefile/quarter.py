"""What domain/quarter.py counts, read from the case file: codes, dates and sizes, of any period. No text is opened."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import case as choose
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.database import Database
from casefile.tables import Case, LetterRow, PartyRow, Staff, TimelineEvent
from domain.journey import ONCE_MORE, MeetingStatus
from domain.quarter import WITH_A_MEDIATOR, Chased, Counted, Period, Step, Work
from domain.stages import Stage
from domain.titles import CHASED

_ENTERED = ("stage", "reopen_case")
"""Lines of the timeline that say in which stage a case is from now on. One that was opened again stands where something
was missing, which is a stage that it had entered before and is told of in no line of its own."""

_AT_ONCE = 500  # rows between which others are heard

_stage: Any = choose((col(TimelineEvent.what) == "reopen_case", col(TimelineEvent.detail)["stage"].as_string()),
                     else_=col(TimelineEvent.about))  # fmt: skip


async def counted(database: Database, period: Period) -> Counted:
    """All from one look. A period that is not over is counted as far as it has come."""
    async with database.read() as session:
        steps = await _steps(session, period)
        stages, with_mediators = await _open_at(session, period.ends)
        consents, outcomes, work = await _of_journeys(session, period, with_mediators)
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
    return [Step(case, at, stage, reason or "") async for case, at, stage, reason in _streamed(session, query)]


async def _open_at(session: AsyncSession, moment: datetime) -> tuple[dict[str, int], set[str]]:
    """How many cases were open then, by stage; and which of them were with a mediator."""
    latest = (
        select(TimelineEvent.case_id, func.max(TimelineEvent.number).label("number"))
        .where(col(TimelineEvent.what).in_(_ENTERED), col(TimelineEvent.at) < moment)
        .group_by(col(TimelineEvent.case_id))
        .subquery()
    )
    query = (
        select(Case.id, _stage)
        .outerjoin(latest, latest.c.case_id == col(Case.id))
        .outerjoin(
            TimelineEvent,
            (col(TimelineEvent.case_id) == col(Case.id)) & (col(TimelineEvent.number) == latest.c.number),
        )
        .where(col(Case.created) < moment)
        .where(or_(col(TimelineEvent.number).is_(None), _stage != Stage.CLOSED.value))
    )
    stages: Counter[str] = Counter()
    with_mediators: set[str] = set()
    async for case, stage in _streamed(session, query):
        stages[stage or Stage.REFERRAL.value] += 1
        if stage in WITH_A_MEDIATOR:
            with_mediators.add(case)
    return dict(stages), with_mediators


async def _chased(session: AsyncSession, period: Period) -> list[Chased]:
    """An answer is asked for by one letter, unless that came back and went once more by another channel; what is asked
    anew after a correction has the same key. The first that left counts."""
    asks, reminds = ({f"{kind}_{step}": kind for kind in CHASED} for step in ("ask", "remind"))
    sent = col(LetterRow.state).in_(("sent", "ambiguous"))
    asked = (
        select(
            LetterRow.case_id,
            LetterRow.about,
            func.min(choose((col(LetterRow.kind).in_(asks), LetterRow.settled))).label("asked"),
            func.count(func.distinct(choose((col(LetterRow.kind).in_(reminds), LetterRow.number % ONCE_MORE)))).label(
                "reminders"
            ),
            func.min(LetterRow.kind).label("kind"),  # "consent_ask" comes before "consent_remind"
        )
        .where(
            sent,
            col(LetterRow.kind).in_((*asks, *reminds)),
            col(LetterRow.case_id).in_(select(Case.id).where(_ran(period))),
        )
        .group_by(col(LetterRow.case_id), col(LetterRow.about))
        .subquery()
    )
    rows = await session.exec(
        select(
            asked.c.kind,
            func.count(),
            func.sum(choose((asked.c.reminders > 0, 1), else_=0)),
            func.sum(asked.c.reminders),
        )
        .where(asked.c.asked >= period.begins, asked.c.asked < period.ends)
        .group_by(asked.c.kind)
    )
    return [Chased(asks[kind], number, reminded, int(reminders)) for kind, number, reminded, reminders in rows.all()]


async def _of_journeys(
    session: AsyncSession, period: Period, with_mediators: set[str]
) -> tuple[list[tuple[str, str]], list[str], list[Work]]:
    """Answers and meetings, as the journeys of cases that ran in the period hold them today: a record that was
    corrected counts as what it became."""
    roles: dict[tuple[str, str], str] = {}
    parties = select(PartyRow.case_id, PartyRow.key, PartyRow.role).join(Case, col(Case.id) == col(PartyRow.case_id))
    async for case, key, role in _streamed(session, parties.where(_ran(period))):
        roles[case, key] = role
    consents: list[tuple[str, str]] = []
    outcomes: list[str] = []
    done: defaultdict[str, Counter[str]] = defaultdict(Counter)
    journey: Any = col(Case.journey)
    query = select(Case.id, journey["mediator"].as_string(), journey["facts"], journey["meetings"]).where(_ran(period))
    async for case, mediator, facts, meetings in _streamed(session, query):
        for key, fact in (facts or {}).items():
            kind, _, party = key.partition("/")
            if kind == "consent" and (case, party) in roles and _within(fact["at"], period):
                consents.append((roles[case, party], fact["answer"]))
        held = [one for one in meetings or [] if one["status"] == MeetingStatus.HELD and one.get("slot")]
        for meeting in (one for one in held if _within(one["slot"]["start"], period)):
            sort = meeting["key"].partition("/")[0]
            if sort == "joint_meeting":
                outcomes.append(meeting["outcome"])
            done[mediator or ""][sort] += 1
        done[mediator or ""]["cases"] += case in with_mediators
    names = (await session.exec(select(Staff.id, Staff.name))).all()
    work = [
        Work(name, done[id_]["cases"], done[id_]["visit"], done[id_]["joint_meeting"])
        for id_, name in names
        if any(done[id_].values())
    ]
    return consents, outcomes, work


def _ran(period: Period) -> ColumnElement[bool]:
    """Of a case: it was open in the period, or some of it."""
    return (col(Case.created) < period.ends) & (col(Case.closed_at).is_(None) | (col(Case.closed_at) >= period.begins))


def _within(instant: str, period: Period) -> bool:
    return period.begins <= datetime.fromisoformat(instant) < period.ends


async def _streamed(session: AsyncSession, query: Any) -> AsyncIterator[Any]:
    """The rows of a large answer, a few at a time: whoever else asks this process for something is heard between."""
    rows = await session.stream(query.execution_options(yield_per=_AT_ONCE))
    async for some in rows.partitions():
        for row in some:
            yield row
