"""The morning's lists: what each member of staff has to do, and which of the lists were sent."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Literal, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.covers import stand_ins
from casefile.database import Database
from casefile.figures import moves
from casefile.reading import panel
from casefile.tables import Case, DigestRow, Staff, TaskRow
from domain.commands import COORDINATORS, StaffRole
from domain.digest import Digest, add_ask, add_panel, add_task
from domain.journey import OpenAsk
from domain.panel import is_of_concern, runs_out
from domain.parties import Party
from domain.working_days import local_day

SENT_ONCE_MORE = 2  # attempts whose fate is unclear

_ASKS, _PARTIES = TypeAdapter(list[OpenAsk]), TypeAdapter(list[Party])


class Reader(NamedTuple):
    """Whose list it is."""

    id: str
    name: str
    email: str


class Digests:
    """Every query about the morning's lists."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def readers(self, now: datetime) -> list[str]:
        """Who has something to do, by their ids."""
        async with self.database.read() as session:
            staff = [one async for one in _staff(session)]
            found = await _digests(session, staff, now)
        return sorted(id for id, digest in found.items() if digest)

    async def to_send(self, reader: str, day: date, now: datetime) -> tuple[Reader, Digest] | str:
        """Their list, which counts as being sent from here on; or what has become of it: "sent", "withheld" (there is
        nothing to do any more, or they have left), "bounced", "failed"."""
        async with self.database.read() as session:  # it looks at many cases, and must not keep others from writing
            staff = [one async for one in _staff(session) if one.id == reader]
            digest = (await _digests(session, staff, now)).get(reader)
        async with self.database.write() as session:
            row = await session.get(DigestRow, (reader, day)) or DigestRow(staff_id=reader, day=day)
            session.add(row)
            if row.state not in ("queued", "sending"):
                return row.state
            if row.state == "sending" and row.attempts >= SENT_ONCE_MORE:
                row.state, row.problem, row.settled = "failed", "ambiguous", now
            elif not digest:
                row.state, row.settled = "withheld", now
            else:
                row.state, row.attempts = "sending", row.attempts + 1
                return Reader(staff[0].id, staff[0].name, staff[0].email), digest
            return row.state

    async def settle(
        self, reader: str, day: date, state: Literal["sent", "bounced", "failed"], now: datetime, problem: str = ""
    ) -> None:
        """What has become of it."""
        async with self.database.write() as session:
            row = await session.get_one(DigestRow, (reader, day))
            row.state, row.problem, row.settled = state, problem, now
            session.add(row)

    async def back_into_the_queue(self, reader: str, day: date, problem: str) -> None:
        """It surely did not go."""
        async with self.database.write() as session:
            row = await session.get_one(DigestRow, (reader, day))
            row.state, row.problem, row.attempts = "queued", problem, 0
            session.add(row)


async def _staff(session: AsyncSession) -> AsyncIterator[Staff]:
    """Those who run cases, and their managers."""
    for staff in (await session.exec(select(Staff).where(col(Staff.active)))).all():
        if set(staff.roles) & {StaffRole.COORDINATOR, StaffRole.MANAGER}:
            yield staff


async def _digests(session: AsyncSession, staff: list[Staff], now: datetime) -> dict[str, Digest]:
    """A coordinator has the tasks of their own cases, of a colleague's for whom they stand in, and of those that nobody
    has taken, and sees who keeps these cases waiting; a manager has the managers' tasks, sees that of every case, and
    what runs out of the panel."""
    found = {one.id: Digest() for one in staff}
    instead = await stand_ins(session, local_day(now))

    def stands_in(id: str, coordinator: str | None) -> bool:
        return coordinator in instead and instead[coordinator].by.id == id

    def called(reference: str, id: str, coordinator: str | None) -> str:
        """The case, and for whom it stands in this list."""
        return (
            f"{reference} (for {instead[coordinator].away})"
            if coordinator and stands_in(id, coordinator)
            else reference
        )

    coordinators = [one.id for one in staff if StaffRole.COORDINATOR in one.roles]
    managers = [one.id for one in staff if StaffRole.MANAGER in one.roles]
    tasks = await session.exec(
        select(TaskRow, Case.reference, Case.coordinator_id)
        .join(Case, col(Case.id) == col(TaskRow.case_id))
        .where(col(TaskRow.closed).is_(None))
        .order_by(col(TaskRow.opened), col(Case.reference), col(TaskRow.key))
    )
    for task, reference, coordinator in tasks.all():
        if task.role == StaffRole.MANAGER:
            whose = managers
        elif task.role == StaffRole.COORDINATOR:
            own = [id for id in coordinators if coordinator in (None, id)]
            whose = own + [id for id in found if stands_in(id, coordinator)]
        else:
            continue
        for id in whose:
            said = called(reference, id, coordinator) if task.role == StaffRole.COORDINATOR else reference
            add_task(found[id], said, task.kind, task.opened, task.due, now)
    covered = [away for away, one in instead.items() if one.by.id in found]
    asks = await session.exec(
        select(Case.reference, Case.coordinator_id, col(Case.journey)["asks"], col(Case.journey)["parties"])
        .where(col(Case.closed_at).is_(None), Case.version > 0, moves())
        .where(true() if managers else col(Case.coordinator_id).in_([*coordinators, *covered]))
        .order_by(col(Case.reference))
    )
    for reference, coordinator, listed, parties in asks.all():
        whose = [id for id in found if id == coordinator or id in managers or stands_in(id, coordinator)]
        theirs = [ask for ask in _ASKS.validate_python(listed or []) if ask.of not in COORDINATORS]  # tasks say so
        asked = _PARTIES.validate_python(parties) if whose and theirs else []
        for id in whose:
            for ask in theirs:
                add_ask(found[id], called(reference, id, coordinator), ask, asked, now)
    for mediator in await panel(session) if managers else []:
        if mediator.active and is_of_concern(mediator, mediator.open_cases):
            for running_out in runs_out(mediator, local_day(now)):
                for id in managers:
                    add_panel(found[id], running_out)
    return found
