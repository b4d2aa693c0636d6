"""The case file as the journey uses it: the only writer of a case's state."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from casefile import related
from casefile.cases import add_participant, left_of, texts_in, view
from casefile.corrections import correct_words
from casefile.database import Database
from casefile.finding import Finding
from casefile.letters import letter_id
from casefile.links import Links
from casefile.tables import (
    BreachRow,
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
from casefile.tokens import keep_case_tokens
from casefile.vault import CaseKey, Erased, Vault
from domain.allocation import PanelMember, is_one_of, next_of, why_not
from domain.commands import COORDINATORS, NewContactTexts, VisitTexts
from domain.journey import MAY_COME_BACK, OPEN_AGAIN, Filing, Journey, Task, of_an_end
from domain.likeness import phone_of
from domain.parties import IN_TURN, NEEDS, Channel, PersonRole, party_of
from domain.queue import times_of
from domain.referral import PersonDetails
from domain.refusals import Refusal
from domain.view import CaseText
from domain.working_days import local_day
from workflows.neighbours import (
    Admission,
    Admitted,
    Booking,
    CaseFile,
    ChannelChoice,
    ChannelQuestion,
    LetterGone,
    Linking,
    MediatorChoice,
    MediatorQuestion,
    NextMediator,
    OfCase,
    OfTwoCases,
    Parties,
    PartyAdmission,
    Reassignment,
    Recipients,
    References,
    Verdict,
    Withdrawn,
    WordsToCorrect,
)

FORGETFUL = "forgetful"
"""In place of the run of a case whose workflow knows less than was filed: no run has this id."""
STEP = timedelta(minutes=5)  # the grain of reservations; meetings start on it (domain.commands.Slot)


class Records(CaseFile):
    """Writes what the journey knows into the tables, and answers what only the tables know."""

    def __init__(self, database: Database, vault: Vault, links: Links, now: Callable[[], datetime]) -> None:
        self.database, self.vault, self.links, self.now = database, vault, links, now

    @activity.defn
    async def file(self, filing: Filing) -> None:
        async with self.database.write() as session:
            case = await _case(session, filing.case_id)
            if filing.run != case.run and filing.run and case.run and filing.begun_after != case.version:
                # Reset in the Temporal UI: this run has forgotten what was filed since. Nothing of it is written and
                # nobody is told "recorded", until the reconciler has begun the case anew.
                raise ApplicationError("this run was reset and knows less than the case file", type="run_was_reset")
            if filing.version > case.version:
                await self._write(session, case, filing)
                return
            if await _was_written(session, case, filing):
                return  # its completion was lost
            # Temporal lost its last moments, or was put back from an older backup than the case file, and this run has
            # forgotten them. It is the one that filed last, so the reconciler has to be told to look at it.
            case.run = FORGETFUL
            session.add(case)
        raise ApplicationError("this run knows less than the case file", type="run_was_reset")

    async def _write(self, session: AsyncSession, case: Case, filing: Filing) -> None:
        if filing.journey.stage != case.stage:
            case.stage_since = max((e.at for e in filing.events if e.what == "stage"), default=self.now())
        repeat_for_lists(case, filing.journey)
        case.version, case.run = filing.version, filing.run
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
        for breach in filing.journey.breaches:
            known = await session.get(BreachRow, breach.key)
            known = known or BreachRow(id=breach.key, case_id=case.id, noticed=breach.noticed)
            known.decided = breach.decided
            session.add(known)

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

    @activity.defn
    async def take(self, order: Reassignment) -> Verdict:
        async with self.database.write() as session:
            case = await _case(session, order.case_id)
            if case.coordinator_id not in (None, order.coordinator):
                return Verdict(refusal=Refusal.TAKEN_BEFORE, about=f"staff/{case.coordinator_id}")
            case.coordinator_id = order.coordinator
            session.add(case)
            return Verdict()

    # A case that had ended

    @activity.defn
    async def may_reopen(self, question: OfCase) -> Verdict:
        async with self.database.read() as session:
            elsewhere = await related.goes_on_in(session, question.case_id)
        return Verdict(refusal=Refusal.GOES_ON_ELSEWHERE if elsewhere else "", about=elsewhere)

    @activity.defn
    async def told_of_the_end(self, question: OfCase) -> Recipients:
        async with self.database.read() as session:
            rows = await session.exec(
                select(LetterRow).where(
                    LetterRow.case_id == question.case_id, col(LetterRow.state).in_(("sent", "sending"))
                )
            )
            about = [row for row in rows if of_an_end(row.kind) or row.kind == OPEN_AGAIN]
        # by their numbers: the first end, the first reopening, the second end …
        about.sort(key=lambda row: (row.number, row.kind == OPEN_AGAIN))
        last = {party_of(row.to): row for row in about}
        return Recipients(to=[row.to for row in last.values() if row.kind != OPEN_AGAIN])

    # Other cases

    @activity.defn
    async def link(self, order: Linking) -> Verdict:
        async with self.database.write() as session:
            against, about = await related.link(
                session, order.case_id, order.other, order.kind, command=order.command, by=order.by, at=self.now()
            )
        return Verdict(refusal=against or "", about=about)

    @activity.defn
    async def unlink(self, order: OfTwoCases) -> Verdict:
        async with self.database.write() as session:
            done = await related.unlink(session, order.case_id, order.other)
        return Verdict() if done else Verdict(refusal=Refusal.NOT_LINKED, about=order.other)

    @activity.defn
    async def parties_there_too(self, question: OfTwoCases) -> Parties:
        async with self.database.read() as session:
            case = await _case(session, question.case_id)
            return Parties(keys=await related.parties_there_too(session, self.vault, case, question.other))

    @activity.defn
    async def same_child(self, question: OfCase) -> References:
        found = await Finding(self.database, self.vault).same_child_as(question.case_id)
        return References(references=[one.line.reference for one in found])

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
            people = await _people(session, case.id)
            if before := _admitted_before(people, admission.command):
                return before
            key = self.vault.case_key(case.id, case.wrapped_key)
            details = _named_in(await _texts(session, key, admission.command), admission.role)
            if details is None:
                return Admitted()
            if await session.get(PartyRow, (case.id, admission.party)) is None:
                raise LookupError(f"case {case.id} has no party {admission.party}")
            for person in _here(people, case):
                theirs = key.open(PersonDetails, person.sealed, f"participant/{case.id}/{person.key}")
                if person.party != admission.party:
                    if _same_address(theirs, details):
                        return Admitted(refusal=Refusal.ADDRESS_TAKEN)
                elif admission.role == PersonRole.SUPPORTER and _same_person(theirs, details):
                    return Admitted(person=person.key, channel=Channel(person.channel))  # named at an earlier visit
            number = 1 + sum(person.party == admission.party for person in people)
            person_key = f"{admission.party}.{number}"
            await add_participant(session, self.vault, case.id, person_key, details, key, admission.command)
            if admission.role == PersonRole.LEAD:  # who was the contact before shall not answer any more
                for person in people:
                    if person.party == admission.party and person.role == PersonRole.LEAD:
                        await self.links.revoke(session, case.id, person.key, self.now())
            return Admitted(person=person_key, channel=details.channel)

    @activity.defn
    async def withdraw_links(self, order: LetterGone) -> Withdrawn:
        async with self.database.write() as session:
            row = await session.get(LetterRow, letter_id(order.case_id, order.letter))
            if row is None or row.state not in MAY_COME_BACK:
                return Withdrawn(refusal=Refusal.NOT_SENT)
            await self.links.begin_anew(session, order.case_id, order.letter.to)
            return Withdrawn(channel=row.channel)

    # Words

    @activity.defn
    async def correct_details(self, order: WordsToCorrect) -> Verdict:
        async with self.database.write() as session:
            case = await _case(session, order.case_id)
            changed = await correct_words(session, self.vault, case, order.command, order.what, order.party)
        return Verdict(refusal="" if changed else Refusal.AS_BEFORE)

    @activity.defn
    async def admit_party(self, admission: PartyAdmission) -> Admitted:
        async with self.database.write() as session:
            case = await _case(session, admission.case_id)
            people = await _people(session, case.id)
            if before := _admitted_before(people, admission.command):
                return before
            key = self.vault.case_key(case.id, case.wrapped_key)
            texts = await _texts(session, key, admission.command)
            details, organisation = _named_in(texts, PersonRole.LEAD), str(texts.get("organisation") or "")
            if details is None:
                return Admitted()
            if against := await self._against(session, case, organisation, admission):
                return Admitted(refusal=against)
            for person in _here(people, case):
                theirs = key.open(PersonDetails, person.sealed, f"participant/{case.id}/{person.key}")
                if _same_address(theirs, details):
                    return Admitted(refusal=Refusal.ADDRESS_TAKEN)
            rows = list(await session.exec(select(PartyRow).where(PartyRow.case_id == case.id)))
            party = f"p{1 + max(int(row.key.removeprefix('p')) for row in rows)}"  # those taken out keep theirs
            session.add(PartyRow(case_id=case.id, key=party, role=admission.role, organisation=organisation))
            await add_participant(session, self.vault, case.id, f"{party}.1", details, key, admission.command)
            child = key.open(CaseText, case.sealed, f"case/{case.id}").child
            organisations = [row.organisation for row in rows]
            await keep_case_tokens(session, self.vault, case.id, child, [*organisations, organisation])
            return Admitted(person=f"{party}.1", channel=details.channel)

    async def _against(
        self, session: AsyncSession, case: Case, organisation: str, admission: PartyAdmission
    ) -> Refusal | None:
        """Why this organisation cannot become a party now."""
        if is_one_of(organisation, await _organisations(session, case.id)):
            return Refusal.ALREADY_A_PARTY
        for member in await _panel(session, case.id):
            if member.id == admission.mediator and is_one_of(organisation, member.organisations):
                return Refusal.CONFLICT_WITH_THEM
        for venue_id in admission.venues:
            venue = await session.get(Venue, venue_id)
            if venue is not None and is_one_of(organisation, [venue.owner]):
                return Refusal.THEIR_VENUE
        return None


async def _people(session: AsyncSession, case_id: str) -> list[Participant]:
    """Everyone who ever was a participant."""
    return list(await session.exec(select(Participant).where(Participant.case_id == case_id)))


def _here(people: list[Participant], case: Case) -> list[Participant]:
    """Those who were not taken out again."""
    left = left_of(case)
    return [person for person in people if person.key not in left]


def _admitted_before(people: list[Participant], command: str) -> Admitted | None:
    """It was done, and its completion was lost."""
    there = next((person for person in people if person.command == command), None)
    return Admitted(person=there.key, channel=Channel(there.channel)) if there else None


async def _texts(session: AsyncSession, key: CaseKey, command: str) -> dict[str, Any]:
    row = await session.get(CommandText, command)
    return texts_in(row, key) if row else {}


def _named_in(texts: dict[str, Any], role: PersonRole) -> PersonDetails | None:
    """The participant whom a command's words name; None: nobody, or a contact who could not be reached."""
    if "supporter_name" in texts:
        visit = VisitTexts.model_validate({k: v for k, v in texts.items() if k in VisitTexts.model_fields})
        contact = visit.supporter()
    else:
        contact = NewContactTexts.model_validate({k: v for k, v in texts.items() if k in NewContactTexts.model_fields})
    if contact is None or not contact.name or (role == PersonRole.LEAD and not contact.names_somebody()):
        return None
    return contact.as_details().model_copy(update={"role": role})


def _same_address(one: PersonDetails, other: PersonDetails) -> bool:
    return bool(one.email) and one.email.casefold() == other.email.casefold()


def _same_person(one: PersonDetails, other: PersonDetails) -> bool:
    """By their e-mail address; without one, by name and telephone number."""
    if other.email:
        return _same_address(one, other)
    return (one.name.casefold(), phone_of(one.phone)) == (other.name.casefold(), phone_of(other.phone))


async def _case(session: AsyncSession, case_id: str) -> Case:
    case = await session.get(Case, case_id)
    if case is None:
        raise LookupError(f"no case {case_id} in the case file")
    return case


async def _was_written(session: AsyncSession, case: Case, filing: Filing) -> bool:
    """Is it what was filed last, or does all that it tells stand in the timeline?"""
    if filing.version == case.version and Journey.model_validate(case.journey) != filing.journey:
        return False
    for event in filing.events:
        row = await session.get(TimelineEvent, (filing.case_id, event.number))
        if row is None or (row.at, row.what, row.about, row.command) != (
            event.at,
            event.what,
            event.about,
            event.command,
        ):
            return False
    return True


def repeat_for_lists(case: Case, journey: Journey) -> None:
    """The columns by which lists filter and sort."""
    case.stage = journey.stage
    case.mediator_id = journey.mediator or journey.offered_to
    case.waiting_for = ",".join(journey.waiting_for)
    case.next_at = journey.next_at
    case.late_at, case.due_at = times_of(journey)
    case.escalated, case.on_hold, case.paused = journey.escalated, journey.on_hold, journey.paused
    closing = journey.closing  # None again when the case was opened again
    case.closed_reason = closing.reason if closing else ""
    case.closed_outcome = (closing.outcome if closing else None) or ""
    case.closed_at = journey.closed_at if closing else None


async def _organisations(session: AsyncSession, case_id: str) -> list[str]:
    left = left_of(await _case(session, case_id))
    rows = await session.exec(select(PartyRow).where(PartyRow.case_id == case_id))
    return [row.organisation for row in rows if row.organisation and row.key not in left]


async def _panel(session: AsyncSession, case_id: str) -> list[PanelMember]:
    """The panel as an allocation of this case looks at it."""
    load = (
        select(Case.mediator_id, func.count().label("cases"))
        .where(col(Case.closed_at).is_(None), Case.id != case_id)
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
            capacity=mediator.capacity,
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
