"""The queue of whoever runs cases: the open cases by section (domain/queue.py), each with what it is listed for. How
many there are and which come first is read from one index; only those of the page are opened."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import structlog
from pydantic import BaseModel
from sqlalchemy import Text, cast
from sqlmodel import and_, case, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.cases import as_view, sealed_parties, staff_views
from casefile.database import Database
from casefile.tables import Case, LetterRow
from casefile.vault import Erased, Vault
from domain.journey import Journey
from domain.policy import Policy
from domain.queue import Section, end_of_day
from domain.stages import Stage
from domain.view import CaseText, CaseView

log = structlog.get_logger(__name__)


class Queued(BaseModel):
    """A case in the queue. Its view is read for the list: without the words of commands, papers and venues."""

    case: CaseView
    stage: Stage
    escalated: bool
    letter_waits: bool  # one that could not leave is tried again


class QueuePart(BaseModel):
    """A section: its first cases, or a page of them, and how many there are in all."""

    section: Section
    total: int = 0
    cases: list[Queued] = []


class Queue:
    """Every query about the queue."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault

    async def parts(
        self,
        now: datetime,
        at_risk: Mapping[Stage, datetime],
        *,
        coordinator: str = "",
        also: Collection[str] = (),
        only: Section | None = None,
        page: int = 1,
        per_page: int = 8,
    ) -> list[QueuePart]:
        """All sections in their order, or one. `coordinator`: with their cases and those of `also` (for whom they
        stand in), else with everybody's; those that nobody has taken are everybody's. `at_risk`:
        domain.queue.at_risk_since."""
        last = page * per_page
        listed = _listed(now, at_risk, [coordinator, *also] if coordinator else [])
        wanted: Any = (
            select(listed.c.id, listed.c.section, listed.c.total)
            .where(listed.c.place > last - per_page, listed.c.place <= last)
            .order_by(listed.c.place)
        )
        if only:
            wanted = wanted.where(listed.c.section == only.value)
        async with self.database.read() as session:
            rows = (await session.exec(wanted)).all()
            opened = await self._opened(session, [row.id for row in rows])
        parts = {section: QueuePart(section=section) for section in ([only] if only else Section)}
        for row in rows:
            part = parts[Section(row.section)]
            part.total = row.total
            part.cases += [opened[row.id]] if row.id in opened else []
        return list(parts.values())

    async def _opened(self, session: AsyncSession, ids: Collection[str]) -> dict[str, Queued]:
        """By id. One that cannot be read is left out: it must not take the page away from everybody."""
        columns: list[Any] = [
            *(getattr(Case, name) for name in _COLUMNS),
            cast(Case.journey, Text).label("its_journey"),
            cast(Case.policy, Text).label("its_policy"),
        ]
        rows = (await session.exec(select(*columns).where(col(Case.id).in_(ids)))).all() if ids else []
        sealed = await sealed_parties(session, ids)
        troubled = set(await session.exec(_letters_that_wait().where(col(LetterRow.case_id).in_(ids))))
        staff = await staff_views(session, {id for row in rows for id in (row.coordinator_id, row.mediator_id) if id})
        known: dict[str, Policy] = {}  # most cases have one of a few
        found = {}
        for row in rows:
            if row.its_policy not in known:
                known[row.its_policy] = Policy.model_validate_json(row.its_policy)
            try:
                key = self.vault.case_key(row.id, row.wrapped_key)
                text = key.open(CaseText, row.sealed, f"case/{row.id}")
                parties = sealed[row.id].opened(key)
            except (Erased, ValueError) as error:
                log.error("a case cannot be read", case=row.id, error=type(error).__name__)
                continue
            journey = Journey.model_validate_json(row.its_journey) if row.its_journey not in (None, "null") else None
            left = journey.left if journey else []
            view = as_view(row, text, parties, left, staff, policy=known[row.its_policy], journey=journey)
            found[row.id] = Queued(
                case=view,
                stage=Stage(row.stage),
                escalated=row.escalated,
                letter_waits=row.id in troubled,
            )
        return found


_COLUMNS = (
    "id",
    "reference",
    "route",
    "created",
    "coordinator_id",
    "mediator_id",
    "wrapped_key",
    "sealed",
    "stage",
    "stage_since",
    "escalated",
)


def _letters_that_wait() -> Any:
    """The cases of letters that could not leave and are tried again."""
    return select(LetterRow.case_id).where(col(LetterRow.state).in_(("queued", "sending")), LetterRow.problem != "")


def _listed(now: datetime, at_risk: Mapping[Stage, datetime], coordinators: Collection[str]) -> Any:
    """The open cases with their section, their place in it and how many it has."""
    risks: list[Any] = [col(Case.escalated), col(Case.id).in_(_letters_that_wait())]
    since = func.coalesce(col(Case.stage_since), col(Case.created))
    risks += [and_(col(Case.stage) == stage, since < moment) for stage, moment in at_risk.items()]
    section: Any = case(
        (col(Case.coordinator_id).is_(None), Section.NOT_TAKEN.value),
        (col(Case.late_at) < now, Section.LATE.value),
        (col(Case.due_at) < end_of_day(now), Section.TODAY.value),
        (or_(*risks), Section.AT_RISK.value),
        else_=Section.WAITING.value,
    )
    whose: list[Any] = []
    if coordinators:
        whose.append(or_(col(Case.coordinator_id).in_(coordinators), col(Case.coordinator_id).is_(None)))
    urgent = case(
        (col(Case.late_at) < now, col(Case.late_at)), else_=func.coalesce(col(Case.due_at), col(Case.next_at))
    )
    sections: Any = (
        select(col(Case.id), section.label("section"), urgent.label("urgent"), since.label("since"))
        .where(col(Case.closed_at).is_(None), *whose)
        .subquery()
    )
    of_it = {"partition_by": sections.c.section}
    order = [sections.c.urgent.is_not(None), sections.c.urgent, sections.c.since, sections.c.id]
    return select(
        sections.c.id,
        sections.c.section,
        func.count().over(**of_it).label("total"),
        func.row_number().over(**of_it, order_by=order).label("place"),
    ).subquery()
