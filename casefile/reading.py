"""What lists and pages read beside the case itself: its timeline and documents, tasks, the panel, venues.

The panel and the venues are changed here too: they belong to the service, not to any case's journey."""

import secrets
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.cases import derived_id
from casefile.database import Database
from casefile.letters import Letters, LetterView
from casefile.tables import (
    Case,
    CommandOutcome,
    CommandRow,
    Document,
    Mediator,
    MediatorConflict,
    Staff,
    TaskRow,
    TimelineEvent,
    Venue,
)
from casefile.vault import Erased, Vault
from domain.commands import Command, StaffRole
from domain.journey import Event
from domain.panel import Standing
from domain.view import VenueView

NO_PASSWORD = "!"  # noqa: S105  no hash: nobody can sign in until a password is set


class TaskLine(BaseModel):
    """An open task as a list shows it."""

    case_id: str
    reference: str
    key: str
    kind: str
    about: str
    role: StaffRole
    opened: datetime
    due: datetime | None
    coordinator_id: str
    mediator_id: str


class MediatorView(Standing):
    """A member of the panel."""

    id: str
    name: str
    email: str
    trained_in_sen_law: bool
    active: bool
    open_cases: int  # those they were asked to take among them
    conflicts: list[str] = Field(default_factory=list)  # with which organisations, as conflicts are kept


class Reading:
    """Every query about what surrounds a case."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault

    # Of one case

    async def timeline(self, case_id: str, after: int = 0) -> list[Event]:
        """What happened, the oldest first; `after`: only the lines behind that number."""
        async with self.database.read() as session:
            rows = await session.exec(
                select(TimelineEvent)
                .where(TimelineEvent.case_id == case_id, col(TimelineEvent.number) > after)
                .order_by(col(TimelineEvent.number))
            )
            return [Event.model_validate(row.model_dump()) for row in rows]

    async def last_event(self, case_id: str) -> int:
        """The number of the timeline's last line; 0 before there is any."""
        last = select(func.max(TimelineEvent.number)).where(TimelineEvent.case_id == case_id)
        async with self.database.read() as session:
            return (await session.exec(last)).one() or 0

    async def pending_kinds(self, case_id: str) -> list[str]:
        """The kinds of commands that were stored and that the case has not answered yet."""
        async with self.database.read() as session:
            return list(
                await session.exec(
                    select(CommandRow.kind)
                    .outerjoin(CommandOutcome, col(CommandOutcome.command_id) == col(CommandRow.id))
                    .where(CommandRow.case_id == case_id, col(CommandOutcome.command_id).is_(None))
                    .order_by(col(CommandRow.number))
                )
            )

    async def referral_command(self, case_id: str) -> str:
        """The id of the command with which the case began. LookupError: no such case."""
        async with self.database.read() as session:
            found = (
                await session.exec(
                    select(CommandRow.id).where(CommandRow.case_id == case_id, col(CommandRow.number) == 0)
                )
            ).first()
        if found is None:
            raise LookupError(case_id)
        return found

    async def closed_reason(self, case_id: str) -> str:
        """Why the case ended; "" while it is open."""
        async with self.database.read() as session:
            case = await session.get(Case, case_id)
        return case.closed_reason if case and case.closed_at else ""

    async def has_taken_effect(self, command: Command) -> bool:
        """The case has written it down in its timeline."""
        done = select(TimelineEvent.number).where(
            TimelineEvent.case_id == command.case_id, TimelineEvent.command == command.id
        )
        async with self.database.read() as session:
            return (await session.exec(done)).first() is not None

    async def letters(self, case_id: str) -> list[LetterView]:
        """The case's letters, the oldest first. NoSuchCase."""
        return await Letters(self.database, self.vault).of_case(case_id)

    async def versions(self, case_id: str, kind: str) -> list[int]:
        """The versions of a PDF that the service made, in order."""
        made = select(Document.version).where(Document.case_id == case_id, Document.kind == kind)
        async with self.database.read() as session:
            return list(await session.exec(made.order_by(col(Document.version))))

    async def document(self, case_id: str, kind: str, version: int) -> bytes | None:
        """A PDF that the service made; None: there is none, or it was erased."""
        async with self.database.read() as session:
            row = await session.get(Document, (case_id, kind, version))
            if row is None:
                return None
            case = await session.get_one(Case, case_id)
        try:
            key = self.vault.case_key(case_id, case.wrapped_key)
        except Erased:
            return None
        return key.open_bytes(row.sealed, f"document/{case_id}/{kind}/{version}")

    # Of all cases

    async def tasks(
        self, *, case_id: str = "", roles: Collection[str] = (), staff: str = "", or_nobodys: bool = False
    ) -> list[TaskLine]:
        """Open tasks, the most urgent first: of a case, of these roles, of the cases that somebody coordinates or
        mediates (`or_nobodys`: and of those that no coordinator has taken yet). What is not given does not matter."""
        conditions: list[Any] = [col(TaskRow.closed).is_(None)]
        if case_id:
            conditions.append(TaskRow.case_id == case_id)
        if roles:
            conditions.append(col(TaskRow.role).in_(roles))
        if staff:
            theirs = [col(Case.coordinator_id) == staff, col(Case.mediator_id) == staff]
            conditions.append(or_(*theirs, *([col(Case.coordinator_id).is_(None)] if or_nobodys else [])))
        async with self.database.read() as session:
            rows = await session.exec(
                select(TaskRow, Case.reference, Case.coordinator_id, Case.mediator_id)
                .join(Case, col(Case.id) == col(TaskRow.case_id))
                .where(*conditions)
                .order_by(col(TaskRow.due).is_(None), col(TaskRow.due), col(TaskRow.opened), col(TaskRow.key))
            )
            return [
                TaskLine(
                    **task.model_dump(exclude={"closed"}),
                    reference=reference,
                    coordinator_id=coordinator or "",
                    mediator_id=mediator,
                )
                for task, reference, coordinator, mediator in rows
            ]

    # The panel

    async def mediators(self) -> list[MediatorView]:
        """The panel, by name, with how many open cases each has (or has been asked to take)."""
        async with self.database.read() as session:
            return await panel(session)

    async def add_mediator(
        self,
        *,
        name: str,
        email: str,
        professional_body: str,
        registered_until: date,
        at: datetime,
        trained_in_sen_law: bool = True,
    ) -> str:
        """The mediator's id. A member of staff with this e-mail address joins the panel (or renews the registration);
        for anybody else an account is made, which cannot sign in before it is given a password."""
        email = email.lower()
        async with self.database.write() as session:
            staff = (await session.exec(select(Staff).where(func.lower(col(Staff.email)) == email))).first()
            if staff is None:
                staff = Staff(
                    id=secrets.token_hex(12), name=name, email=email, password_hash=NO_PASSWORD, roles=[], created=at
                )
            if StaffRole.MEDIATOR not in staff.roles:
                staff.roles = [*staff.roles, StaffRole.MEDIATOR.value]
            session.add(staff)
            await session.flush()
            mediator = await session.get(Mediator, staff.id) or Mediator(
                staff_id=staff.id, professional_body=professional_body, registered_until=registered_until
            )
            mediator.professional_body, mediator.registered_until = professional_body, registered_until
            mediator.trained_in_sen_law = trained_in_sen_law
            session.add(mediator)
            return staff.id

    async def change_standing(self, mediator: str, standing: Standing) -> None:
        """Registration, training, supervision and capacity as they are from now on. LookupError: no such mediator."""
        async with self.database.write() as session:
            row = await session.get(Mediator, mediator)
            if row is None:
                raise LookupError(mediator)
            row.sqlmodel_update(standing.model_dump())
            session.add(row)

    async def declare_conflict(self, mediator: str, *, case_id: str = "", organisation: str = "") -> None:
        """This mediator is never offered this case, or any case of this organisation (its name as conflicts are kept:
        normalised by whoever calls). LookupError: no such mediator."""
        async with self.database.write() as session:
            if await session.get(Mediator, mediator) is None:
                raise LookupError(mediator)
            if await session.get(MediatorConflict, (mediator, case_id, organisation)) is None:
                session.add(MediatorConflict(staff_id=mediator, case_id=case_id, organisation=organisation))

    # Venues

    async def venues(self) -> list[VenueView]:
        """Those in use, by name."""
        async with self.database.read() as session:
            rows = await session.exec(
                select(Venue).where(col(Venue.active)).order_by(func.lower(col(Venue.name)), col(Venue.id))
            )
            return [VenueView.model_validate(row.model_dump()) for row in rows]

    async def add_venue(
        self,
        *,
        name: str,
        address: str,
        owner: str = "",
        access: str = "",
        rooms: str = "",
        cost: int | None = None,
        once: str = "",
    ) -> str:
        """The venue's id. `owner`: the organisation whose house it is. `cost`: of half a day, in pence; 0: free. The
        same `once` makes no second one."""
        venue_id = derived_id("venue", once) if once else secrets.token_hex(12)
        async with self.database.write() as session:
            if await session.get(Venue, venue_id) is None:
                session.add(
                    Venue(id=venue_id, name=name, address=address, owner=owner, access=access, rooms=rooms, cost=cost)
                )
        return venue_id

    async def change_venue(self, venue: VenueView) -> None:
        """As it is from now on. LookupError: no such venue."""
        async with self.database.write() as session:
            row = await session.get(Venue, venue.id)
            if row is None:
                raise LookupError(venue.id)
            session.add(row.sqlmodel_update(venue.model_dump()))


async def panel(session: AsyncSession) -> list[MediatorView]:
    """As Reading.mediators gives it."""
    open_cases = (
        select(col(Case.mediator_id).label("id"), func.count().label("cases"))
        .where(col(Case.closed_at).is_(None))
        .group_by(col(Case.mediator_id))
        .subquery()
    )
    conflicts: dict[str, list[str]] = {}
    for one in await session.exec(select(MediatorConflict).order_by(col(MediatorConflict.organisation))):
        if one.organisation:
            conflicts.setdefault(one.staff_id, []).append(one.organisation)
    rows = await session.exec(
        select(Mediator, Staff, func.coalesce(open_cases.c.cases, 0))
        .join(Staff, col(Staff.id) == col(Mediator.staff_id))
        .outerjoin(open_cases, open_cases.c.id == col(Mediator.staff_id))
        .order_by(func.lower(col(Staff.name)), col(Staff.id))
    )
    return [
        MediatorView(
            **mediator.model_dump(exclude={"staff_id"}),
            id=staff.id,
            name=staff.name,
            email=staff.email,
            active=staff.active,
            open_cases=count,
            conflicts=conflicts.get(staff.id, []),
        )
        for mediator, staff, count in rows
    ]
