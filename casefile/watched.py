"""The cases that whoever is on call looks for, in codes: which are overdue, which letters fail, what changed today. No
text is opened here, so that no name can come onto the page."""

from collections import defaultdict
from datetime import datetime, time
from typing import Any, Literal

from pydantic import BaseModel
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.cases import urgent_first
from casefile.database import Database
from casefile.figures import is_overdue, moves
from casefile.tables import Case, LetterRow, PartyRow, TaskRow, TimelineEvent
from domain.journey import LETTERS_IN_TROUBLE, OpenAsk
from domain.working_days import LONDON, at_local, local_day

Which = Literal["all", "overdue", "escalated", "silent", "letters", "today"]
"""silent: on hold or paused. letters: one could not be sent, came back, or is being tried again."""

_MOST = 3  # of the latest changes of a case


class WatchedCase(BaseModel):
    """A case without a name in it."""

    id: str
    reference: str
    stage: str
    waiting_for: list[str]  # roles of parties and of staff
    next_at: datetime | None
    escalated: bool
    on_hold: bool
    paused: bool
    why: list[str]  # it is listed, in codes


_COLUMNS: list[Any] = [getattr(Case, name) for name in WatchedCase.model_fields if name != "why"]


async def watched(
    database: Database, which: Which, now: datetime, *, page: int = 1, per_page: int = 25
) -> tuple[list[WatchedCase], int]:
    """One page of them, the most urgent first, and how many there are in all."""
    async with database.read() as session:
        why: dict[str, list[str]] = {}
        conditions: list[Any] = []
        if which == "escalated":
            conditions.append(col(Case.escalated))
        elif which == "silent":
            conditions.append(or_(col(Case.on_hold), col(Case.paused)))
        elif which != "all":
            why = await {"overdue": _overdue, "letters": _letters, "today": _today}[which](session, now)
            conditions.append(col(Case.id).in_(why))
        only_open = which in ("escalated", "silent", "overdue")
        if only_open:
            conditions.append(col(Case.closed_at).is_(None))
        total = (await session.exec(select(func.count()).select_from(Case).where(*conditions))).one()
        query: Any = (
            select(*_COLUMNS)
            .where(*conditions)
            .order_by(*urgent_first(True if only_open else None))
            .offset((page - 1) * per_page)
            .limit(per_page)
        )
        cases = (await session.exec(query)).all()
        parties = await session.exec(
            select(PartyRow.case_id, PartyRow.key, PartyRow.role).where(
                col(PartyRow.case_id).in_([case.id for case in cases])
            )
        )
        roles = {(case_id, key): role for case_id, key, role in parties.all()}
    lines = [
        WatchedCase(
            **{
                **case._mapping,
                "waiting_for": list(
                    dict.fromkeys(roles.get((case.id, of), of) for of in case.waiting_for.split(",") if of)
                ),
                "why": why.get(case.id, []),
            }
        )
        for case in cases
    ]
    return lines, total


async def _overdue(session: AsyncSession, now: datetime) -> dict[str, list[str]]:
    """Asks as the alert counts them, and tasks past their time."""
    why: dict[str, list[str]] = defaultdict(list)
    journeys = await session.exec(
        select(Case.id, col(Case.journey)["asks"], moves()).where(
            col(Case.closed_at).is_(None), col(Case.journey).is_not(None)
        )
    )
    for case_id, asks, it_moves in journeys.all():
        for ask in (OpenAsk.model_validate(one) for one in asks or []):
            if is_overdue(ask, now, it_moves=it_moves):
                why[case_id].append(f"{ask.key} was due {_day(ask.due)}" if ask.due else f"{ask.key}: asked in vain")
    tasks = await session.exec(select(TaskRow).where(col(TaskRow.closed).is_(None), col(TaskRow.due) < now))
    for task in tasks:
        why[task.case_id].append(f"task {task.key} was due {_day(task.due)}")
    return why


async def _letters(session: AsyncSession, now: datetime) -> dict[str, list[str]]:
    """Those that are tried again after trouble, and those about which somebody has a task."""
    why: dict[str, list[str]] = defaultdict(list)
    tried_again: Any = (col(LetterRow.state).in_(("queued", "sending"))) & (LetterRow.problem != "")
    for letter in await session.exec(select(LetterRow).where(tried_again).order_by(col(LetterRow.queued))):
        why[letter.case_id].append(f"{letter.kind} to {letter.to}: tried again ({letter.problem})")
    in_trouble = select(TaskRow).where(col(TaskRow.kind).in_(LETTERS_IN_TROUBLE), col(TaskRow.closed).is_(None))
    for task in await session.exec(in_trouble.order_by(col(TaskRow.opened))):
        why[task.case_id].append(f"task {task.key}")
    return why


async def _today(session: AsyncSession, now: datetime) -> dict[str, list[str]]:
    """The latest lines of the timeline, since midnight in London."""
    events: dict[str, list[str]] = defaultdict(list)
    midnight = at_local(local_day(now), time(0))
    lines = select(TimelineEvent).where(col(TimelineEvent.at) >= midnight).order_by(col(TimelineEvent.number).desc())
    for event in await session.exec(lines):
        events[event.case_id].append(f"{event.at.astimezone(LONDON):%H:%M} {event.what} {event.about}".rstrip())
    return {
        case: [*lines[:_MOST], *([f"and {len(lines) - _MOST} before"] if len(lines) > _MOST else [])]
        for case, lines in events.items()
    }


def _day(at: datetime | None) -> str:
    return f"{at.astimezone(LONDON):%a %d %b %H:%M}" if at else ""
