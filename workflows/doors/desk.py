"""The desk: how an act of a person is heard, judged and answered, whatever it is."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from pydantic import BaseModel
from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.childs_voice import ChildsVoice
    from domain.journey import LETTERS_IN_TROUBLE, Action, CaseStart, Journey, Letter, Meeting, Signature, Voice
    from domain.parties import Channel, Person, PersonRole
    from domain.refusals import Refusal
    from domain.rules import Refused, judge
    from domain.stages import Closing, OutcomeDetail
    from workflows.asks import Asks
    from workflows.errands import Errands, near
    from workflows.meetings import Meetings
    from workflows.neighbours import Admission, Admitted, CaseFile, Verdict
    from workflows.papers import Papers

REFUSED = "refused"
"""The type of the ApplicationError that a refused Update raises; its details are the code and what it is about."""


class Accepted(BaseModel):
    """The command took effect and is filed."""


class Desk(ABC):
    """What every door does with an act. What follows from an answer is the journey's business (case.py)."""

    case: CaseStart
    journey: Journey
    asks: Asks
    errands: Errands
    meetings: Meetings
    papers: Papers
    at_the_desk: asyncio.Lock  # one act at a time
    outcome_detail: OutcomeDetail | None
    farewell: asyncio.Task[None] | None  # carries out the latest end of the case
    walking: bool  # a case that was opened again passes over what is known

    def judge(self, command: c.Command) -> None:
        """Raises the refusal that the state of the case demands. A command stands in the case file under the id of its
        Update: one that was copied from a history and sent again under another id is nobody's."""
        update = workflow.current_update_info()
        if update is None or update.id != command.id or command.case_id != self.case.case_id:
            raise refusal(Refusal.NOT_YOURS)
        try:
            judge(command, self.journey, workflow.now())
        except Refused as refused:
            raise refusal(refused.code, refused.about) from refused

    @asynccontextmanager
    async def heard(self, command: c.Command) -> AsyncIterator[None]:
        """One act at a time, and only when the case has come to rest. A worker that loads a case afresh may be handed
        an Update together with completions that came before it, and sees the Update first: acting on it at once would
        put the case's commands in another order than a replay does."""
        async with self.at_the_desk:
            await self.errands.filed()
            self.judge(command)  # the state may have moved while it waited
            yield

    def heed(self, verdict: Verdict) -> None:
        """Raises the refusal that the facts of the database demand."""
        if verdict.refusal:
            raise refusal(Refusal(verdict.refusal), verdict.about)

    async def accept(self, command: c.Command, about: str = "", **detail: str) -> Accepted:
        """The act is a line of the timeline, and filed before the person reads that it was accepted."""
        self.errands.note(command.kind(), about, by=command.actor.id, command=command.id, **detail)
        await self.errands.filed()
        return Accepted()

    async def book(
        self, command: c.Command, meeting: Meeting, slot: c.Slot, place: dict[str, str | bool] | None = None
    ) -> None:
        """Claim the calendars, or refuse and change nothing; the state is looked at again, for a withdrawal may have
        come meanwhile."""
        booking = self.meetings.booking(meeting.model_copy(update=place), slot)
        self.heed(await near(CaseFile.reserve, booking, f"claim the calendars for {meeting.key}"))
        try:
            self.judge(command)
        except ApplicationError:
            await near(CaseFile.let_go, booking, f"let go of {meeting.key}")
            raise
        self.meetings.booked(meeting, slot, place or {})
        self.errands.book(booking)
        self.to_all_invited(meeting, "booked")

    def sign(self, command: c.Command, party: str, how: c.How, version: int) -> None:
        """The agreement to mediate. A party that has signed already is not told so once more."""
        if self.journey.signature(party) is not None:
            return
        self.journey.signatures.append(
            Signature(party=party, at=workflow.now(), how=how, version=version, by=command.actor.id, command=command.id)
        )
        self.asks.learn(f"sign/{party}", "yes")
        number = sum(one.party == party for one in self.journey.signatures)
        self.write_to(party, "sign_receipt", f"sign/{party}", number=number, reply=True)

    def hear_the_child(self, command: c.Command, how: ChildsVoice) -> None:
        """How the child is to be heard, as it was said last; that it is not decided is no longer asked about."""
        self.journey.voice = Voice(how=how, at=workflow.now(), command=command.id)
        if how != ChildsVoice.UNDECIDED:
            for ask in self.journey.open_asks("childs_voice"):
                self.asks.learn(ask.key, "decided")

    async def admit(self, command: c.Command, party: str, role: PersonRole) -> str:
        """The person named in the command's texts becomes a participant; "" when nobody is named."""
        admission = Admission(case_id=self.case.case_id, command=command.id, party=party, role=role)
        admitted: Admitted = await near(CaseFile.admit, admission, f"admit a {role} of {party}")
        self.heed(Verdict(refusal=admitted.refusal))
        people = next(p.people for p in self.journey.parties if p.key == party)
        if admitted.person and admitted.person not in [person.key for person in people]:
            themself = next((one for one in people if one.key == command.actor.id), None)  # under another address
            times = themself.times if themself else []
            # they may live together, and a contact often is the same person at another address
            hidden = any(one.hidden for one in people)
            people.append(Person(key=admitted.person, role=role, channel=admitted.channel, times=times, hidden=hidden))
        return admitted.person

    async def admit_a_lead(self, command: c.Command, party: str) -> None:
        """From now on they speak for the party: what is being asked is asked anew, and they are invited to what is
        booked. Actions have their own dates and are reminded of as before."""
        before = self.lead_of(party)
        if not await self.admit(command, party, PersonRole.LEAD):
            raise refusal(Refusal.NAME_MISSING)
        themself = command.actor.id == before  # under another address: as such they speak for the party no more
        if not themself or self.journey.closing is not None:
            self.judge(command)
        asked = [ask.key for ask in self.journey.asks if ask.of == party and ask.due is None and ask.kind != "no_show"]
        self.errands.close_tasks(
            lambda task: task.about in asked and (task.kind not in LETTERS_IN_TROUBLE or f"/{before}/" in task.key)
        )
        self.errands.close_tasks(lambda task: task.kind == "bad_address" and task.about == before)
        for key in asked:
            self.asks.start_again(key, from_rung=0)
        invited = self.invite_who_is_new(party)
        if not asked and not invited:  # else a question or an invitation tells them
            self.write_to(party, "contact_changed", reply=True)

    def lead_of(self, party: str) -> str:
        return next(one.lead for one in self.journey.parties if one.key == party)

    def invite_who_is_new(self, party: str) -> bool:
        """To the party's meetings that are booked. False: nobody had to be invited."""
        new = [(meeting, people) for meeting, people in self.meetings.welcome(party) if people]
        for meeting, people in new:
            self.to_all_invited(meeting, "booked", only=people)
        return bool(new)

    def can_be_regretted(self, command: c.Command) -> bool:
        """An answer that ends the case: entered by staff, it can be undone for some minutes. A party's own counts at
        once."""
        minutes = self.asks.policy.minutes_to_regret
        return command.actor.kind == "staff" and minutes > 0 and workflow.patched("regret_answers")

    def undo_the_end(self) -> None:
        """Everything is as it was before."""
        self.journey.ending = None
        self.asks.hush(self.journey.silent, moved=False)

    def says(self, key: str, *answers: str) -> bool:
        """Is this what was answered?"""
        fact = self.journey.facts.get(key)
        return fact is not None and fact.answer in answers

    @abstractmethod
    def to_all_invited(self, meeting: Meeting, what: str, number: int = 1, *, only: list[str] | None = None) -> None:
        """A letter about a meeting to each who is invited, and to the mediator; or only to some."""

    @abstractmethod
    async def call_off(self, meeting: Meeting) -> None:
        """A booked meeting does not take place: everyone invited is told, and another round begins."""

    @abstractmethod
    async def release_the_mediator(self, *, for_good: bool) -> None:
        """The mediator no longer has the case, and another is looked for."""

    @abstractmethod
    async def came_back(self, letter: Letter, channel: Channel) -> bool:
        """A letter came back for good. False: a person has to see to it."""

    @abstractmethod
    async def went_astray(self, letter: Letter, channel: Channel) -> None:
        """A letter reached somebody who should not have it."""

    @abstractmethod
    def ask_to_sign(self, party: str) -> None:
        """The party is asked to sign the agreement to mediate."""

    @abstractmethod
    def see_to_the_childs_voice(self) -> None:
        """The mediator is asked about it, where the joint meeting is booked and it is not decided."""

    @abstractmethod
    def close_calls_about_no_shows(self, sort: str, party: str = "") -> None:
        """A new date is there, or none is needed: their office need not be rung any more."""

    @abstractmethod
    def write_to(self, party: str, kind: str, about: str = "", *, number: int = 1, reply: bool = False) -> None:
        """A letter to a party's lead."""

    @abstractmethod
    def write_to_staff(self, role: c.StaffRole, kind: str, about: str, number: int = 1, *, reply: bool = False) -> None:
        """A letter to a member of staff."""

    @abstractmethod
    def end_unless_undone(
        self,
        closing: Closing,
        record: Callable[[], None] = lambda: None,
        answered: Callable[[], bool] = lambda: False,
    ) -> None:
        """The case ends with this closing after the minutes in which staff may think better of it. `record`: what is
        recorded then; `answered`: meanwhile it was answered otherwise after all, which undoes the end."""

    @abstractmethod
    def ask_again(self, record: str) -> None:
        """What was taken back is asked again, beside the journey."""

    @abstractmethod
    def due_of(self, action: Action) -> datetime:
        """When an action of the agreement has to be done."""

    @abstractmethod
    async def give_everyone_present_a_copy(self) -> None:
        """The agreement is typeset, and goes to everyone who was present or had a copy of it before."""

    @abstractmethod
    def end(self, closing: Closing) -> None:
        """The case ends with this closing."""


def refusal(code: Refusal, about: str = "") -> ApplicationError:
    """The error by which an Update is refused."""
    return ApplicationError(code, code, about, type=REFUSED, non_retryable=True)


def yes_or_no(yes: bool) -> str:
    return "yes" if yes else "no"
