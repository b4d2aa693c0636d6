"""The case file as the journey uses it: the only writer of a case's state."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from casefile.cases import AnyTexts, add_participant, view
from casefile.corrections import correct_words
from casefile.database import Database
from casefile.letters import letter_id
from casefile.links import Links
from casefile.tables import (
    Case,
    CommandText,
    LetterRow,
    Mediator,
    MediatorConflict,
    Participant,
    PartyRow,
    Reservation,
    Staff,
    TaskRow,
    TimelineEvent,
    Venue,
)
from casefile.vault import Erased, Vault
from domain.allocation import PanelMember, is_one_of, next_of, why_not
from domain.commands import COORDINATORS, NewContactTexts
from domain.journey import Filing, Journey, Task
from domain.parties import IN_TURN, NEEDS, Channel, PersonRole
from domain.referral import PersonDetails
from domain.refusals import Refusal
from domain.working_days import local_day
from workflows.neighbours import (
    Admission,
    Admitted,
    Booking,
    CaseFile,
    ChannelChoice,
    ChannelQuestion,
    MediatorChoice,
    MediatorQuestion,
    NextMediator,
    Reassignment,
    Verdict,
    WordsToCorrect,
)

STEP = timedelta(minutes=5)  # the grain of reservations; meetings start on it (domain.commands.Slot)


class Records(CaseFile):
    """Writes what the journey knows into the tables, and answers what only the tables know."""

    def __init__(self, database: Database, vault: Vault, links: Links, now: Callable[[], datetime]) -> None:
        self.database, self.vault, self.links, self.now = database, vault, links, now

    @activity.defn
    async def file(self, filing: Filing) -> None:
        async with self.database.write() as session:
            case = await _case(session, filing.case_id)
            if filing.version <= case.version:
                return  # written before, and its completion was lost
            _repeat_for_lists(case, filing.journey)
            case.version = filing.version
            case.journey = filing.journey.model_dump(mode="json")
            if filing.policy:
                case.policy = filing.policy.model_dump(mode="json")
            session.add(case)
            for event in filing.events:
                session.add(TimelineEvent(case_id=case.id, **event.model_dump()))
            for letter in filing.letters:
                row_id = letter_id(case.id, letter)
                if await session.get(LetterRow, row_id) is None:
                    said = letter.model_dump(exclude={"sequence"})  # what the journey needs, not the row
                    session.add(LetterRow(id=row_id, case_id=case.id, queued=self.now(), **said))
            for settled in filing.settled:
                row = await session.get(LetterRow, letter_id(case.id, settled.letter))
                if row is not None and row.state in ("by_hand", *(["sent"] if settled.state == "bounced" else [])):
                    row.state, row.settled = settled.state, self.now()
                    session.add(row)
            await self._keep_tasks(session, case.id, filing.journey.tasks)

    async def _keep_tasks(self, session: AsyncSession, case_id: str, tasks: list[Task]) -> None:
        """Open what is new, close what is gone; a task that comes back (a second round) is opened again."""
        rows = {row.key: row for row in await session.exec(select(TaskRow).where(TaskRow.case_id == case_id))}
        for task in tasks:
            row = rows.pop(task.key, None) or TaskRow(case_id=case_id, **task.model_dump())
            row.opened, row.due, row.closed = task.opened, task.due, None
            session.add(row)
        for row in rows.values():
            row.closed = row.closed or self.now()
            session.add(row)

    # The panel

    @activity.defn
    async def may_be_offered(self, question: MediatorQuestion) -> Verdict:
        async with self.database.read() as session:
            panel = {member.id: member for member in await _panel(session, question.case_id)}
            organisations = await _organisations(session, question.case_id)
        if question.mediator not in panel:
            return Verdict(refusal=Refusal.UNKNOWN_MEDIATOR, about=question.mediator)
        against = why_not(panel[question.mediator], organisations, local_day(self.now()))
        return Verdict(refusal=against, about=question.mediator if against else "")

    @activity.defn
    async def next_mediator(self, question: NextMediator) -> MediatorChoice:
        async with self.database.read() as session:
            panel = await _panel(session, question.case_id)
            organisations = await _organisations(session, question.case_id)
        return MediatorChoice(mediator=next_of(panel, question.tried, organisations, local_day(self.now())))

    @activity.defn
    async def declare_conflict(self, question: MediatorQuestion) -> None:
        async with self.database.write() as session:
            key = {"staff_id": question.mediator, "case_id": question.case_id, "organisation": ""}
            if await session.get(MediatorConflict, key) is None:
                session.add(MediatorConflict(**key))

    # Who looks after it

    @activity.defn
    async def reassign(self, order: Reassignment) -> Verdict:
        async with self.database.write() as session:
            staff = await session.get(Staff, order.coordinator)
            if staff is None or not staff.active or not set(staff.roles) & set(COORDINATORS):
                return Verdict(refusal=Refusal.UNKNOWN_COORDINATOR)
            case = await _case(session, order.case_id)
            case.coordinator_id = staff.id
            session.add(case)
            return Verdict()

    # Calendars: what makes a double booking impossible

    @activity.defn
    async def reserve(self, booking: Booking) -> Verdict:
        try:
            async with self.database.write() as session:
                return await self._reserve(session, booking)
        except IntegrityError:  # the primary key has the last word, should anybody write without the database's lock
            return Verdict(refusal=Refusal.TAKEN, about=booking.resources[0])

    async def _reserve(self, session: AsyncSession, booking: Booking) -> Verdict:
        organisations = await _organisations(session, booking.case_id)
        for resource in booking.resources:
            if resource.startswith("venue/"):
                venue = await session.get(Venue, resource.removeprefix("venue/"))
                if venue is None or not venue.active:
                    return Verdict(refusal=Refusal.UNKNOWN_VENUE, about=resource)
                if is_one_of(venue.owner, organisations):
                    return Verdict(refusal=Refusal.VENUE_NOT_NEUTRAL, about=resource)
        steps = _steps(booking)
        claimed = await session.exec(
            select(Reservation).where(
                col(Reservation.resource).in_(booking.resources), col(Reservation.start).in_(steps)
            )
        )
        for row in claimed:
            if (row.case_id, row.meeting) != (booking.case_id, booking.meeting):
                return Verdict(refusal=Refusal.TAKEN, about=row.resource)
        await _let_go(session, booking)
        for resource in booking.resources:
            for start in steps:
                session.add(
                    Reservation(resource=resource, start=start, case_id=booking.case_id, meeting=booking.meeting)
                )
        return Verdict()

    @activity.defn
    async def let_go(self, booking: Booking) -> None:
        async with self.database.write() as session:
            await _let_go(session, booking)

    # People

    @activity.defn
    async def another_channel(self, question: ChannelQuestion) -> ChannelChoice:
        async with self.database.read() as session:
            case = await _case(session, question.case_id)
            try:
                known = await view(session, case, self.vault.case_key(case.id, case.wrapped_key))
            except Erased:
                return ChannelChoice()
        details = known.person(question.person).details
        left = [one for one in IN_TURN if one not in question.not_by and getattr(details, NEEDS[one])]
        return ChannelChoice(channel=left[0] if left else None)

    @activity.defn
    async def admit(self, admission: Admission) -> Admitted:
        async with self.database.write() as session:
            case = await _case(session, admission.case_id)
            people = list(await session.exec(select(Participant).where(Participant.case_id == case.id)))
            for person in people:
                if person.command == admission.command:
                    # done before, and its completion was lost
                    return Admitted(person=person.key, channel=Channel(person.channel))
            key = self.vault.case_key(case.id, case.wrapped_key)
            row = await session.get(CommandText, admission.command)
            texts = key.open(AnyTexts, row.sealed, f"command/{admission.command}").root if row else {}
            details = _named_in(texts, admission.role)
            if details is None:
                return Admitted()
            if await session.get(PartyRow, (case.id, admission.party)) is None:
                raise LookupError(f"case {case.id} has no party {admission.party}")
            for person in people if details.email else []:
                theirs = key.open(PersonDetails, person.sealed, f"participant/{case.id}/{person.key}")
                if theirs.email.casefold() == details.email.casefold():
                    if person.party != admission.party:
                        return Admitted(refusal=Refusal.ADDRESS_TAKEN)
                    if admission.role == PersonRole.SUPPORTER:
                        return Admitted(person=person.key, channel=Channel(person.channel))  # named at an earlier visit
            number = 1 + sum(person.party == admission.party for person in people)
            person_key = f"{admission.party}.{number}"
            await add_participant(session, self.vault, case.id, person_key, details, key, admission.command)
            if admission.role == PersonRole.LEAD:  # who was the contact before shall not answer any more
                for person in people:
                    if person.party == admission.party and person.role == PersonRole.LEAD:
                        await self.links.revoke(session, case.id, person.key, self.now())
            return Admitted(person=person_key, channel=details.channel)

    # Words

    @activity.defn
    async def correct_details(self, order: WordsToCorrect) -> Verdict:
        async with self.database.write() as session:
            case = await _case(session, order.case_id)
            changed = await correct_words(session, self.vault, case, order.command, order.what, order.party)
        return Verdict(refusal="" if changed else Refusal.AS_BEFORE)


def _named_in(texts: dict[str, Any], role: PersonRole) -> PersonDetails | None:
    """The participant whom a command's words name; None: nobody, or a contact who could not be reached."""
    if role == PersonRole.LEAD:
        contact = NewContactTexts.model_validate({k: v for k, v in texts.items() if k in NewContactTexts.model_fields})
        return contact.as_details() if contact.names_somebody() else None
    name = texts.get("supporter_name")
    return PersonDetails(name=name, email=texts.get("supporter_email") or "", role=role) if name else None


async def _case(session: AsyncSession, case_id: str) -> Case:
    case = await session.get(Case, case_id)
    if case is None:
        raise LookupError(f"no case {case_id} in the case file")
    return case


def _repeat_for_lists(case: Case, journey: Journey) -> None:
    """The columns by which lists filter and sort."""
    case.stage = journey.stage
    case.mediator_id = journey.mediator or journey.offered_to
    case.waiting_for = ",".join(dict.fromkeys(ask.of for ask in journey.asks))
    case.next_at = journey.next_at
    case.escalated, case.on_hold, case.paused = journey.escalated, journey.on_hold, journey.paused
    if journey.closing:
        case.closed_reason = journey.closing.reason
        case.closed_outcome = journey.closing.outcome or ""
        case.closed_at = journey.closed_at


async def _organisations(session: AsyncSession, case_id: str) -> list[str]:
    rows = await session.exec(select(PartyRow.organisation).where(PartyRow.case_id == case_id))
    return [organisation for organisation in rows if organisation]


async def _panel(session: AsyncSession, case_id: str) -> list[PanelMember]:
    """The panel as an allocation of this case looks at it."""
    load = (
        select(Case.mediator_id, func.count().label("cases"))
        .where(col(Case.closed_at).is_(None))
        .group_by(col(Case.mediator_id))
        .subquery()
    )
    latest = select(Case.mediator_id, func.max(Case.created).label("at")).group_by(col(Case.mediator_id)).subquery()
    members = await session.exec(
        select(Mediator, func.coalesce(load.c.cases, 0), latest.c.at)
        .join(Staff, col(Staff.id) == col(Mediator.staff_id))
        .outerjoin(load, load.c.mediator_id == col(Mediator.staff_id))
        .outerjoin(latest, latest.c.mediator_id == col(Mediator.staff_id))
        .where(Staff.active)
    )
    conflicts = list(await session.exec(select(MediatorConflict)))
    return [
        PanelMember(
            id=mediator.staff_id,
            registered_until=mediator.registered_until,
            trained=mediator.trained_in_sen_law,
            conflicts_with_case=any(c.staff_id == mediator.staff_id and c.case_id == case_id for c in conflicts),
            organisations=[c.organisation for c in conflicts if c.staff_id == mediator.staff_id and c.organisation],
            open_cases=cases,
            last_case=at,
        )
        for mediator, cases, at in members
    ]


def _steps(booking: Booking) -> list[datetime]:
    end = booking.slot.start + timedelta(minutes=booking.slot.minutes)
    count = -(-(end - booking.slot.start) // STEP)
    return [booking.slot.start + n * STEP for n in range(count)]


async def _let_go(session: AsyncSession, booking: Booking) -> None:
    await session.exec(
        delete(Reservation).where(
            col(Reservation.case_id) == booking.case_id, col(Reservation.meeting) == booking.meeting
        )
    )
