"""The world of a story: neighbours that remember what they were asked, and hands that do what people do."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

import pytest
from temporalio import activity
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from domain.commands import EVERY_COMMAND, Actor, Slot, StaffRole
from domain.journey import LETTERS_BY_HAND, OPEN_AGAIN, AsFiled, CaseStart, Filing, Journey, Letter
from domain.parties import BY_HAND, Channel, Party, PartyRole, Person
from domain.policy import Policy
from domain.stages import Closing, LinkKind
from domain.working_days import LONDON, add_working_days, at_local, local_day
from tests.temporal_servers import skipping
from tests.waiting import until
from workflows.case import MediationCase
from workflows.doors import Accepted, workflow_id
from workflows.neighbours import (
    Admission,
    Admitted,
    AgreementToMake,
    Booking,
    Calendars,
    CaseFile,
    ChannelChoice,
    ChannelQuestion,
    Checked,
    Correspondence,
    Deliveries,
    Delivery,
    Documents,
    LettersToDeliver,
    LetterToDeliver,
    Linking,
    Made,
    MediatorChoice,
    MediatorQuestion,
    NextMediator,
    OfCase,
    OfTwoCases,
    PaperKeeping,
    PaperOrder,
    Parties,
    PartyAdmission,
    Reassignment,
    Recipients,
    References,
    Verdict,
    WordsToCorrect,
    activities_of,
)

COORDINATOR = Actor(kind="staff", id="cora", roles=[StaffRole.COORDINATOR])
MANAGER = Actor(kind="staff", id="max", roles=[StaffRole.MANAGER])
GUARDIAN = Actor(kind="staff", id="gina", roles=[StaffRole.SAFEGUARDING_LEAD])
FAREWELLS = ("mediator_released", "closed_mediator", "visit_cancelled", "joint_meeting_cancelled")
DAY = timedelta(days=1)


def mediator(name: str) -> Actor:
    return Actor(kind="staff", id=name, roles=[StaffRole.MEDIATOR])


def person(key: str) -> Actor:
    return Actor(kind="participant", id=key)


@dataclass
class Sent:
    letter: Letter
    at: datetime
    channel: Channel = Channel.EMAIL


@dataclass
class World(CaseFile, Correspondence, Calendars, Documents, PaperKeeping):
    """Every neighbour in one. What the database would say is set by the story."""

    panel: list[str] = field(default_factory=lambda: ["mia", "noor", "olu", "pat"])
    verdicts: dict[str, Verdict] = field(default_factory=dict)  # by mediator, or by meeting key
    admits: str = ""  # key of the person whom the next texts name
    admits_by: Channel = Channel.EMAIL  # how they are reached
    mail_away: bool = False
    busy: list[str] = field(default_factory=list)  # whose mailbox takes nothing for now
    file_away: bool = False  # for a party that is to be admitted
    cannot_typeset: str = ""
    policy: Policy = field(default_factory=Policy)
    coordinator: str = "cora"
    bad_addresses: list[str] = field(default_factory=list)  # whose e-mail comes back at once
    bad_numbers: list[str] = field(default_factory=list)  # whose text messages the provider refuses
    known: dict[str, list[Channel]] = field(default_factory=dict)  # how else the case file could reach somebody
    filings: list[Filing] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    held: list[Letter] = field(default_factory=list)  # each time that one was not to leave yet
    calendar: dict[str, Booking] = field(default_factory=dict)
    reserved: dict[str, Booking] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    made: list[AgreementToMake] = field(default_factory=list)
    words_corrected: list[WordsToCorrect] = field(default_factory=list)
    scanner: Literal["clean", "infected", "not_scanned", "away"] = "not_scanned"
    no_files: list[str] = field(default_factory=list)  # papers whose bytes never came
    erased: list[str] = field(default_factory=list)
    settled: dict[str, Delivery] = field(default_factory=dict)  # by the key of a letter: what its row says became of it
    again: list[Letter] = field(default_factory=list)  # settled, and yet the case asked for them a second time
    taken_up: list[str] = field(
        default_factory=list
    )  # letters that a case begun anew asks for: it may not know their fate
    too_early: list[Sent] = field(default_factory=list)  # unprompted, and asked for when nothing unprompted may leave
    linked: list[Linking] = field(default_factory=list)
    there_too: list[str] = field(default_factory=list)  # parties who are party to the other case
    alike: list[str] = field(default_factory=list)  # references of cases about the same child

    @activity.defn
    async def file(self, filing: Filing) -> None:
        self.filings.append(filing)

    @activity.defn
    async def may_be_offered(self, question: MediatorQuestion) -> Verdict:
        return self.verdicts.get(question.mediator, Verdict())

    @activity.defn
    async def next_mediator(self, question: NextMediator) -> MediatorChoice:
        left = [name for name in self.panel if name not in question.tried]
        return MediatorChoice(mediator=left[0] if left else "")

    @activity.defn
    async def declare_conflict(self, question: MediatorQuestion) -> None:
        self.conflicts.append(question.mediator)

    @activity.defn
    async def reassign(self, order: Reassignment) -> Verdict:
        verdict = self.verdicts.get(order.coordinator, Verdict())
        if not verdict.refusal:
            self.coordinator = order.coordinator
        return verdict

    @activity.defn
    async def take(self, order: Reassignment) -> Verdict:
        if self.coordinator not in ("", order.coordinator):
            return Verdict(refusal="taken_before", about=f"staff/{self.coordinator}")
        self.coordinator = order.coordinator
        return Verdict()

    @activity.defn
    async def may_reopen(self, question: OfCase) -> Verdict:
        elsewhere = next((one.other for one in self.linked if one.kind == LinkKind.DUPLICATE), "")
        return Verdict(refusal="goes_on_elsewhere" if elsewhere else "", about=elsewhere)

    @activity.defn
    async def told_of_the_end(self, question: OfCase) -> Recipients:
        about = [one.letter for one in self.sent if one.letter.of_an_end or one.letter.kind == OPEN_AGAIN]
        last = {letter.to: letter for letter in about}
        return Recipients(to=[to for to, letter in last.items() if letter.of_an_end])

    @activity.defn
    async def link(self, order: Linking) -> Verdict:
        verdict = self.verdicts.get(order.other, Verdict())
        if not verdict.refusal:
            self.linked.append(order)
        return verdict

    @activity.defn
    async def unlink(self, order: OfTwoCases) -> Verdict:
        self.linked = [one for one in self.linked if one.other != order.other]
        return Verdict()

    @activity.defn
    async def parties_there_too(self, question: OfTwoCases) -> Parties:
        return Parties(keys=self.there_too)

    @activity.defn
    async def same_child(self, question: OfCase) -> References:
        return References(references=self.alike)

    @activity.defn
    async def reserve(self, booking: Booking) -> Verdict:
        verdict = self.verdicts.get(booking.meeting, Verdict())
        if not verdict.refusal:
            self.reserved[booking.meeting] = booking
        return verdict

    @activity.defn
    async def let_go(self, booking: Booking) -> None:
        self.reserved.pop(booking.meeting, None)

    @activity.defn
    async def another_channel(self, question: ChannelQuestion) -> ChannelChoice:
        left = [one for one in self.known.get(question.person, []) if one not in question.not_by]
        return ChannelChoice(channel=left[0] if left else None)

    @activity.defn
    async def admit(self, admission: Admission) -> Admitted:
        admitted, self.admits = self.admits, ""
        return Admitted(person=admitted, channel=self.admits_by)

    @activity.defn
    async def correct_details(self, order: WordsToCorrect) -> Verdict:
        self.words_corrected.append(order)
        return self.verdicts.get(order.what, Verdict())

    @activity.defn
    async def admit_party(self, admission: PartyAdmission) -> Admitted:
        if self.file_away:
            raise ApplicationError("the case file is away")
        if verdict := self.verdicts.get("party"):
            return Admitted(refusal=verdict.refusal)
        admitted, self.admits = self.admits, ""
        return Admitted(person=admitted, channel=self.admits_by)

    @activity.defn
    async def deliver(self, order: LetterToDeliver) -> Delivery:
        delivery = self._tried(order.letter)
        if delivery.state != "later":
            return delivery
        info = activity.info()
        if not order.told and info.started_time - info.scheduled_time >= timedelta(hours=1):
            return Delivery(state="delayed")
        raise ApplicationError("mail is away")

    @activity.defn
    async def deliver_together(self, order: LettersToDeliver) -> Deliveries:
        return Deliveries(of=[self._tried(letter) for letter in order.letters])

    def _tried(self, letter: Letter) -> Delivery:
        at = activity.info().current_attempt_scheduled_time
        if activity.info().attempt == 1:  # any other is Temporal's, not the case's
            # A mediator's task of before the end keeps its letter: `case_reopened` leads to the page where it stands.
            kept = letter.key in self.taken_up or (letter.kind == "staff_task" and self.journey.reopened)
            if letter.key in self.settled and not kept:
                self.again.append(letter)
            if not letter.reply and not is_office_time(at, self.policy):
                self.too_early.append(Sent(letter, at))
        if self.mail_away or letter.to in self.busy:
            return Delivery(state="later")
        if letter.key in self.settled:
            return self.settled[letter.key]
        delivery = self._delivered(letter, at)
        if delivery.state != "held":
            self.settled[letter.key] = delivery
        return delivery

    def _delivered(self, letter: Letter, at: datetime) -> Delivery:
        journey = self.journey
        if (letter.of_an_end and letter.number <= journey.reopened) or (letter.kind == OPEN_AGAIN and journey.closing):
            return Delivery(state="withheld")
        waits = journey.silent or journey.must_be_read_first(letter)
        if (waits and not letter.reply) or (journey.second_thoughts and letter.to.startswith("p")):
            self.held.append(letter)
            return Delivery(state="held")
        if not letter.reply and not is_office_time(at, self.policy):
            return Delivery(state="held")
        if letter.while_asked and journey.open_ask(letter.while_asked) is None:
            return Delivery(state="withheld")
        if letter.to in journey.left and letter.kind not in ("no_longer_part", "agreement_copy"):
            return Delivery(state="withheld")
        channel = next(
            (
                person.channel
                for filing in reversed(self.filings)  # one who was taken out is still reached as before
                for party in filing.journey.parties
                for person in party.people
                if person.key == letter.to
            ),
            Channel.EMAIL,
        )
        if channel in BY_HAND:
            return Delivery(state="by_hand", channel=channel)
        meeting = journey.meeting(letter.about)
        if meeting and letter.sequence is not None and letter.sequence < meeting.sequence:
            return Delivery(state="withheld")
        theirs = (f"mediator/{journey.mediator}", f"mediator/{journey.offered_to}")
        if letter.to.startswith("mediator/") and letter.to not in theirs and not letter.kind.startswith(FAREWELLS):
            return Delivery(state="withheld")
        if letter.to in (self.bad_numbers if channel == Channel.TEXT else self.bad_addresses):
            return Delivery(state="bounced", channel=channel)
        self.sent.append(Sent(letter, at, channel))
        return Delivery(state="sent")

    @activity.defn
    async def book(self, booking: Booking) -> None:
        self.calendar[booking.meeting] = booking

    @activity.defn
    async def cancel(self, booking: Booking) -> None:
        there = self.calendar.pop(booking.meeting, booking)
        left = [resource for resource in there.resources if resource not in booking.resources]
        if left:  # it has moved to another venue: only the old one's calendar lets go
            self.calendar[booking.meeting] = there.model_copy(update={"resources": left})

    @activity.defn
    async def make_agreement(self, order: AgreementToMake) -> Made:
        if self.cannot_typeset:
            return Made(trouble=self.cannot_typeset)
        self.made.append(order)
        return Made(sha256="0" * 64)

    @activity.defn
    async def has_paper(self, order: PaperOrder) -> Verdict:
        return Verdict(refusal="no_file" if order.key in self.no_files else "")

    @activity.defn
    async def check_paper(self, order: PaperOrder) -> Checked:
        if self.scanner == "away":
            raise ApplicationError("the scanner is away")
        return Checked(found=self.scanner)

    @activity.defn
    async def erase_paper(self, order: PaperOrder) -> None:
        self.erased.append(order.key)

    @property
    def activities(self) -> list[Any]:
        neighbours = (CaseFile, Correspondence, Calendars, Documents, PaperKeeping)
        return [getattr(self, name) for part in neighbours for name in activities_of(part)]

    # What the story looks at

    @property
    def journey(self) -> Journey:
        return self.filings[-1].journey

    def letters(self, *, about: str = "", to: str = "", kind: str = "") -> list[str]:
        """Kinds of the letters that left, in their order; those of one minute by name."""
        return [
            sent.letter.kind
            for sent in sorted(self.sent, key=lambda sent: (f"{sent.at:%Y%m%d%H%M}", sent.letter.kind))
            if about in ("", sent.letter.about) and to in ("", sent.letter.to) and sent.letter.kind.startswith(kind)
        ]

    def recipients(self, kind: str) -> list[str]:
        """To whom letters of a kind left, in the order of their names."""
        return sorted(sent.letter.to for sent in self.sent if sent.letter.kind == kind)

    def tasks(self) -> list[str]:
        return [task.key for task in self.journey.tasks]

    def counted(self) -> Counter[str]:
        return Counter(self.letters())

    def queued(self, about: str) -> list[str]:
        return [letter.kind for filing in self.filings for letter in filing.letters if letter.about == about]


class Story:
    """One case on the time-skipping server, and the people around it."""

    def __init__(self, env: WorkflowEnvironment, world: World, policy: Policy) -> None:
        self.env, self.world, self.policy = env, world, policy
        self.acts = 0
        world.policy = policy
        self.case: WorkflowHandle[MediationCase, Closing]
        self.runs: list[WorkflowHandle[MediationCase, Closing]] = []

    async def refer(
        self, *others: PartyRole, channels: dict[str, Channel] | None = None, compare: bool = False
    ) -> None:
        """A parent refers; a school and the local authority are the others, unless said. All have e-mail, unless
        said."""
        roles = [PartyRole.PARENT, *(others or (PartyRole.SCHOOL, PartyRole.LOCAL_AUTHORITY))]
        parties = [
            Party(
                key=f"p{n}",
                role=role,
                people=[Person(key=f"p{n}.1", channel=(channels or {}).get(f"p{n}", Channel.EMAIL))],
            )
            for n, role in enumerate(roles, 1)
        ]
        start = CaseStart(
            case_id="c1", reference="SM-2026-00001", parties=parties, policy=self.policy, lists_waiting=True
        )
        await self.begin(start.model_copy(update={"compare": compare}))

    async def begin(self, start: CaseStart) -> None:
        self.start = start
        self.case = await self.env.client.start_workflow(
            MediationCase.run, start, id=workflow_id("c1"), task_queue="cases"
        )
        self.runs.append(self.case)

    async def woken(self) -> None:
        """The case has ended, and somebody is about to come: the intake begins it again with what is filed."""
        with self.env.auto_time_skipping_disabled():
            await self.closing()
        filed, timeline = self.world.filings[-1], [event for filing in self.world.filings for event in filing.events]
        as_filed = AsFiled.of(filed.journey, filed.version, timeline)
        await self.begin(self.start.model_copy(update={"as_filed": as_filed}))

    async def begun_anew(
        self, fault: str = "terminated", after: timedelta = timedelta(0), closing: Closing | None = None
    ) -> None:
        """Somebody has pressed Terminate in the Temporal UI, and the reconciler begins the case with what is filed;
        a closing is one that was filed in that very moment."""
        await self.breathe()
        await self.case.terminate("a wrong click")
        await self.env.sleep(after)
        filed, timeline = self.world.filings[-1], [event for filing in self.world.filings for event in filing.events]
        letters = [letter for filing in self.world.filings for letter in filing.letters]
        known = self.world.settled
        states = [(one, str(known[one.key].state) if one.key in known else "queued") for one in letters]
        journey = filed.journey.model_copy(update={"closing": closing}) if closing else filed.journey
        as_filed = AsFiled.of(journey, filed.version, timeline, states)
        self.world.taken_up += [letter.key for letter in as_filed.letters]
        policy = next((filing.policy for filing in reversed(self.world.filings) if filing.policy), self.policy)
        update = {"as_filed": as_filed, "begun_anew": fault, "policy": policy, "compare": False}
        stood = len(self.world.filings)
        await self.begin(self.start.model_copy(update=update))
        await until("it has filed that it was begun anew", self._filings, lambda filings: filings > stood)
        await self.breathe()

    async def _filings(self) -> int:
        return len(self.world.filings)

    async def act(self, kind: str, by: Actor = COORDINATOR, **fields: Any) -> None:
        self.acts += 1
        command = EVERY_COMMAND[kind](id=f"act-{self.acts}", case_id="c1", actor=by, at=await self.now(), **fields)
        await self.case.execute_update(kind, command, id=command.id, result_type=Accepted)

    async def refused(self, kind: str, by: Actor = COORDINATOR, **fields: Any) -> str:
        """The code of the refusal."""
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await self.act(kind, by, **fields)
        cause = caught.value.cause
        assert isinstance(cause, ApplicationError)
        assert cause.type == "refused", cause
        return str(cause.details[0])

    def by_hand(self, *, to: str = "") -> list[str]:
        """The letters that wait for a person, as "kind to whom"."""
        keys = [task.key.split("/") for task in self.world.journey.tasks if task.kind in LETTERS_BY_HAND]
        return sorted(f"{kind} {whom}" for _, kind, whom, *_ in keys if to in ("", whom))

    async def seen_to(self) -> list[str]:
        """What lies in the print queue is posted, and whoever is to be rung is spoken to."""
        found = self.by_hand()
        for task in [task for task in self.world.journey.tasks if task.kind in LETTERS_BY_HAND]:
            outcome = "posted" if task.kind == "letter_by_post" else "spoke"
            await self.act("tick_task", task=task.key, outcome=outcome)
        return found

    async def now(self) -> datetime:
        return await self.env.get_current_time()

    async def days(self, count: float) -> None:
        await self.until(await self.now() + count * DAY)

    async def working_days(self, count: int) -> None:
        """To noon of the working day that lies so many after today."""
        day = add_working_days(local_day(await self.now()), count, self.policy.holidays)
        await self.until(at_local(day, time(12)))

    async def until(self, instant: datetime) -> None:
        while (left := instant - await self.now()) > timedelta(0):
            await self.env.sleep(min(left, DAY))  # a day at a time: one call of weeks may run into its own time limit
        await self.breathe()

    async def breathe(self) -> None:
        """Let what is due be done: the server skips only whole seconds of nothing."""
        await self.env.sleep(timedelta(seconds=2))

    async def nothing_in_hand(self) -> None:
        """Every errand has come home, whether or not a worker is there to tell the case."""
        await until("all has come home", self.case.describe, lambda case: not case.raw_description.pending_activities)

    async def slot(self, days_ahead: int, hour: int = 10) -> Slot:
        day = add_working_days(local_day(await self.now()), days_ahead, self.policy.holidays)
        return Slot(start=at_local(day, time(hour)), minutes=60)

    def breaches(self) -> list[str]:
        """Letters that no story may see: asked for a second time, unprompted at night or on a holiday, a question after
        its answer, or to somebody whom the case was not allowed to contact."""
        found = [f"{letter.key} was asked for again" for letter in self.world.again]
        found += [f"{sent.letter.key} was to leave at {local(sent.at)}" for sent in self.world.too_early]
        journey = self.world.journey
        for sent in self.world.sent:
            letter = sent.letter
            fact = journey.facts.get(letter.while_asked)
            if fact and fact.at + timedelta(seconds=1) < sent.at:
                found.append(f"{letter.kind} to {letter.to} left after the answer")
            may_know = (*journey.contacted, *journey.left)
            if letter.to.startswith("p") and letter.to.partition(".")[0] not in may_know:
                found.append(f"{letter.kind} to {letter.to}, who was not to be contacted")
        return found

    async def closing(self) -> Closing:
        return await asyncio.wait_for(self.case.result(), 120)  # seconds of ours, in which months may pass

    # The leaflet's way, section by section

    async def explained_and_permitted(self) -> None:
        await self.act("record_explaining_call", outcome="go_on", permission="given")

    async def everyone_consents(self) -> None:
        for party in ("p2", "p3"):
            await self.act("answer_consent", person(f"{party}.1"), party=party, yes=True, how="link")

    async def mediator_accepts(self, name: str = "mia") -> None:
        await self.act("offer_mediator", mediator=name)
        await self.breathe()
        await self.act("answer_allocation", mediator(name), offer=1, accepts=True)

    async def visit_booked(self, party: str, days_ahead: int = 4, hour: int = 10) -> Slot:
        slot = await self.slot(days_ahead, hour)
        await self.act("offer_visit_dates", mediator("mia"), party=party, slots=[slot])
        await self.act("choose_visit_date", person(f"{party}.1"), party=party, start=slot.start, how="link")
        return slot

    async def only_visited(self, childs_voice: str = "own_words") -> None:
        """Everyone, and nobody has signed yet."""
        slots = [await self.visit_booked(party, hour=9 + 2 * n) for n, party in enumerate(("p1", "p2", "p3"))]
        await self.until(slots[-1].start + timedelta(hours=2))
        for party in ("p1", "p2", "p3"):
            await self.visit_held(party, childs_voice=childs_voice)
        await self.breathe()

    async def everyone_visited(self) -> None:
        await self.only_visited()
        await self.everyone_signs()

    async def visit_held(self, party: str, name: str = "mia", childs_voice: str = "own_words") -> None:
        """What is said there of the child counts at the parent's visit only."""
        asked = {"childs_voice": childs_voice} if party == "p1" and childs_voice else {}
        await self.act("record_visit", mediator(name), party=party, held=True, confidentiality_explained=True, **asked)

    async def everyone_signs(self) -> None:
        await self.breathe()
        for party in self.world.journey.unsigned:
            await self.signs(party)

    async def signs(self, party: str) -> None:
        lead = next(one.lead for one in self.world.journey.parties if one.key == party)
        await self.act("sign_agreement_to_mediate", person(lead), party=party, version=1, how="link")

    async def joint_meeting_fixed(self, days_ahead: int = 8, venue: str = "library") -> Slot:
        await self.breathe()
        half_days = self.world.journey.meetings[-1].half_days
        for party in ("p1", "p2", "p3"):
            await self.act("give_availability", person(f"{party}.1"), party=party, half_days=half_days[:3], how="link")
        slot = await self.slot(days_ahead)
        await self.act("fix_joint_meeting", slot=slot, venue=venue)
        return slot

    async def met(self, outcome: str = "full", **fields: Any) -> None:
        slot = await self.joint_meeting_fixed()
        await self.until(slot.start + timedelta(hours=2))
        present = fields.pop("present", ["p1.1", "p2.1", "p3.1"])
        await self.act("record_joint_meeting", mediator("mia"), present=present, outcome=outcome, **fields)

    async def up_to_the_joint_meeting(self) -> None:
        await self.refer()
        await self.explained_and_permitted()
        await self.everyone_consents()
        await self.mediator_accepts()
        await self.everyone_visited()

    async def agreement_written(self, comments_wanted: bool = False) -> None:
        by = local_day(await self.now()) + 21 * DAY
        await self.act(
            "write_agreement",
            mediator("mia"),
            terms=[{"owner": "p2", "by": by}, {"owner": "p3", "by": by + 7 * DAY}],
            comments_wanted=comments_wanted,
        )
        await self.breathe()


def local(instant: datetime) -> datetime:
    return instant.astimezone(LONDON)


def is_office_time(instant: datetime, policy: Policy) -> bool:
    return policy.office_moment(instant) == instant


def monday_ten_o_clock(now: datetime) -> datetime:
    """The next Monday at 10:00 in London."""
    day = local_day(now.astimezone(UTC))
    return at_local(day + (7 - day.weekday()) * DAY, time(10))


@asynccontextmanager
async def time_skipping(converter: DataConverter = pydantic_data_converter) -> AsyncIterator[WorkflowEnvironment]:
    """The time-skipping server, its clock on a Monday at ten."""
    async with skipping(converter) as env:
        now = await env.get_current_time()
        await env.sleep(max(monday_ten_o_clock(now) - now, timedelta(0)))
        yield env
