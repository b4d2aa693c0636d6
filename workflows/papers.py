"""The papers of a case: each is checked when it comes in, and what is released goes to the other parties before the
joint meeting. Nothing here holds a name or a byte of theirs."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from domain.journey import CaseStart, Journey, Letter, Meeting, MeetingStatus
    from domain.papers import Paper
    from domain.parties import BY_HAND, Party, party_of
    from domain.policy import Policy
    from workflows.errands import Errands, far
    from workflows.neighbours import Checked, PaperKeeping, PaperOrder

TELL_AFTER = timedelta(hours=1)  # a scanner that is away for longer is a task for a person


class Papers:
    """Keeps the papers in the case's journey."""

    def __init__(self, case: CaseStart, journey: Journey, errands: Errands, policy: Callable[[], Policy]) -> None:
        self.case, self.journey, self.errands, self.policy = case, journey, errands, policy
        self.waits = False  # somebody sees to the exchange already

    def order(self, key: str) -> PaperOrder:
        return PaperOrder(case_id=self.case.case_id, key=key)

    def take_in(self, key: str, of: str) -> None:
        """A file that is kept becomes a paper of this person, and is checked beside the case. Taken in before: nothing
        happens."""
        if all(paper.key != key for paper in self.journey.papers):
            paper = Paper(key=key, of=of, given=workflow.now())
            self.journey.papers.append(paper)
            self.errands.set_going(self._check(paper))

    def release(self, key: str) -> None:
        """It may go to the other parties."""
        paper = self.journey.paper(key)
        if paper is not None:
            paper.released = workflow.now()
            self._see_to_the_exchange()

    def keep_from(self, party: str) -> None:
        """A party joins: what has been released was not meant for its eyes. Its giver may give it once more."""
        for paper in self.journey.papers:
            if paper.released:
                paper.kept_from.append(party)

    def go_on(self) -> None:
        """The case was opened again, or begun anew: what was still to be checked is checked, and what was released is
        exchanged."""
        for paper in self.journey.papers:
            if paper.is_there and paper.check == "waiting":
                self.errands.set_going(self._check(paper))
        if self._waiting():
            self._see_to_the_exchange()

    def take_back(self, key: str) -> None:
        paper = self.journey.paper(key)
        if paper is not None:
            paper.taken_back = workflow.now()
            self.errands.close_tasks(lambda task: task.key == _unchecked(paper))

    # Checked for harmful software

    async def _check(self, paper: Paper) -> None:
        """Until the scanner has answered; a case that ends does not wait for it, and nobody ever opens the paper."""
        asking = asyncio.create_task(self._ask_the_scanner(paper))
        await workflow.wait_condition(lambda: asking.done() or self._is_over(paper))
        if self._is_over(paper):
            return
        paper.check = asking.result().found
        self.errands.close_tasks(lambda task: task.key == _unchecked(paper))
        if paper.check == "infected":
            self.errands.open_task("paper_infected", f"paper_infected/{paper.of}/{paper.key}", paper.of)
            self.errands.note("paper_infected", paper.of)
            if party_of(paper.of) in self.journey.contacted:
                self.errands.send(Letter(kind="paper_destroyed", about=f"paper/{paper.key}", to=paper.of))
        self.errands.changed()

    def _is_over(self, paper: Paper) -> bool:
        return paper.taken_back is not None or self.journey.closing is not None

    async def _ask_the_scanner(self, paper: Paper) -> Checked:
        order, summary = self.order(paper.key), "check a paper for harmful software"
        try:
            return await far(
                PaperKeeping.check_paper, order, summary, within=TELL_AFTER, at_least_every=timedelta(minutes=5)
            )
        except ActivityError:
            if not self._is_over(paper):
                self.errands.open_task("paper_unchecked", _unchecked(paper), paper.of)
        while True:
            try:
                return await far(PaperKeeping.check_paper, order, summary)
            except ActivityError:
                continue  # after 30 days: the task says so, and it is tried for as long as the case goes on

    # Exchanged before the joint meeting

    def _see_to_the_exchange(self) -> None:
        if not self.waits:
            self.waits = True
            self.errands.set_going(self._exchange_in_time())

    async def _exchange_in_time(self) -> None:
        """While something is released that the others do not have. A meeting that moves moves the exchange."""
        while self.journey.closing is None and self._waiting():
            at = self._when()
            if self.journey.exchange_at != at:
                self.journey.exchange_at = at
                self.errands.changed()
            if at is None or workflow.now() < at:
                await self._until_then_or_moved(at, at - workflow.now() if at else None)
            elif not self._exchange():  # the meeting has begun meanwhile
                await self._until_then_or_moved(at, None)
        self.waits, self.journey.exchange_at = False, None
        self.errands.changed()

    async def _until_then_or_moved(self, at: datetime | None, left: timedelta | None) -> None:
        with suppress(TimeoutError):  # then the moment has come
            await workflow.wait_condition(
                lambda: self._when() != at or self.journey.closing is not None or not self._waiting(),
                timeout=left,
                timeout_summary="papers go to the other parties, unless the meeting moves",
            )

    def _waiting(self) -> list[Paper]:
        """What a party that was taken out had released goes to nobody."""
        return [
            paper
            for paper in self.journey.papers
            if paper.is_there and paper.released and not paper.exchanged and self.journey.party(party_of(paper.of))
        ]

    def _ready(self) -> list[Paper]:
        return [paper for paper in self._waiting() if paper.can_be_opened]

    def _meeting(self) -> Meeting | None:
        """The joint meeting that is booked."""
        joint = [meeting for meeting in self.journey.meetings if meeting.key.startswith("joint_meeting/")]
        return joint[-1] if joint and joint[-1].status == MeetingStatus.BOOKED and joint[-1].slot else None

    def _when(self) -> datetime | None:
        """Some working days before the meeting; what is released later, after the minutes in which one may think better
        of it: whatever else is released meanwhile goes with it. None: there is no such moment now."""
        meeting, policy = self._meeting(), self.policy()
        released = [paper.released for paper in self._ready() if paper.released]
        if meeting is None or meeting.slot is None or not released or self.journey.silent:
            return None
        day = policy.exchange_day(meeting.slot.start, by_post=any(party.by_post for party in self.journey.parties))
        at = max(day, min(released) + timedelta(minutes=policy.minutes_to_regret))
        return at if at < meeting.slot.start else None

    def _exchange(self) -> bool:
        """False: the meeting has begun. Each party with something new gets one letter; one that has not agreed to take
        part is told when it has (`tell_of_earlier_ones`)."""
        meeting, ready, now = self._meeting(), self._ready(), workflow.now()
        if meeting is None or meeting.slot is None or now >= meeting.slot.start:
            return False
        for paper in ready:
            paper.exchanged = now
        for party in self.journey.parties:
            if self.journey.takes_part(party.key) and any(paper.is_for(party.key) for paper in ready):
                self._tell(party, meeting)
        self.errands.note("papers_exchanged", number=str(len(ready)))
        return True

    def tell_of_earlier_ones(self, key: str) -> None:
        """A party agrees when the others have exchanged their papers for the meeting that is booked."""
        meeting, party = self._meeting(), self.journey.party(key)
        theirs = [paper for paper in self.journey.papers if paper.exchanged and paper.can_be_opened]
        ahead = meeting is not None and meeting.slot is not None and workflow.now() < meeting.slot.start
        if meeting and party and ahead and any(paper.is_for(key) for paper in theirs):
            self._tell(party, meeting)

    def _tell(self, party: Party, meeting: Meeting) -> None:
        number = self._exchanges()
        self.errands.send(Letter(kind="papers_to_read", about=meeting.key, to=party.lead, number=number))
        lead = next(person for person in party.people if person.key == party.lead)
        if lead.channel in BY_HAND:
            self.errands.open_task("post_papers", f"post_papers/{party.key}/{number}", party.key)

    def _exchanges(self) -> int:
        """How many exchanges there have been, this one with them."""
        return len({paper.exchanged for paper in self.journey.papers if paper.exchanged})


def _unchecked(paper: Paper) -> str:
    return f"paper_unchecked/{paper.of}/{paper.key}"
