"""Addresses that take no letters: the mark, the next channel, and the letter once more (practice, 6.6)."""

import asyncio
from collections.abc import Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.journey import BadAddress, CaseStart, Journey, Letter, Meeting, MeetingStatus
    from domain.parties import Channel, Person, PersonRole, party_of
    from workflows.asks import Asks
    from workflows.errands import Errands, near
    from workflows.neighbours import CaseFile, ChannelChoice, ChannelQuestion


class Addresses:
    """Sees to letters that came back, whoever says so: the mail server at once, the mailbox later, or whoever holds the
    envelope. The same letter comes back once."""

    def __init__(
        self,
        case: CaseStart,
        journey: Journey,
        errands: Errands,
        asks: Asks,
        would_come_too_late: Callable[[str, Meeting], bool],
    ) -> None:
        self.case, self.journey, self.errands, self.asks = case, journey, errands, asks
        self.would_come_too_late = would_come_too_late
        self.one_at_a_time = asyncio.Lock()  # two letters to one address come back in the same breath
        self.gone_once_more: list[str] = []  # keys of letters

    async def came_back(self, letter: Letter, channel: Channel) -> bool:
        """The address is marked, and the letter goes once more by the next channel if it is still wanted. False: a
        person has to see to the letter. There is no other channel, or it would come too late by post, or it is no
        participant's, or the case has ended."""
        person = self.journey.person(letter.to)
        if person is None or self.journey.closing is not None:
            return False
        if self._was_replaced(person) and letter.kind != "agreement_copy":
            return True  # nobody writes to them any more
        async with self.one_at_a_time:
            await self._mark(person, channel)
        if person.channel in self.journey.bad_channels(person.key):
            return False
        wanted = self.errands.still_wanted(letter.key)
        if wanted is None or letter.key in self.gone_once_more:
            return True
        meeting = self.journey.meeting(wanted.about)
        if meeting and meeting.status == MeetingStatus.BOOKED and self.would_come_too_late(wanted.to, meeting):
            return False
        self.gone_once_more.append(letter.key)
        self.errands.send(wanted.once_more())
        self.asks.count_from_now(wanted.while_asked)
        return True

    async def went_astray(self, letter: Letter, channel: Channel) -> None:
        """It reached somebody else: nothing more goes to that address. It goes once more, with another link, by another
        channel that the case file knows; else a coordinator finds the right address, and all is asked anew there."""
        person = self.journey.person(letter.to)
        if person is None:
            return
        async with self.one_at_a_time:
            await self._mark(person, channel, wrong=True)
        if self.journey.closing is None and not await self.came_back(letter, channel):
            self.errands.open_task("bad_address", f"address/{person.key}/{channel}", person.key)

    async def _mark(self, person: Person, channel: Channel, *, wrong: bool = False) -> None:
        """Once for each address. One at which letters reach somebody else stays so."""
        for known in self.journey.bad_addresses:
            if (known.person, known.channel) == (person.key, channel):
                if wrong and not known.wrong:
                    known.wrong = True
                    self.errands.changed()
                return
        mark = BadAddress(person=person.key, channel=channel, since=workflow.now(), wrong=wrong)
        self.journey.bad_addresses.append(mark)
        self.errands.changed()
        if wrong and self.journey.closing is not None:  # nobody is written to; opened again, the mark counts
            return
        if person.channel == channel:
            bad = self.journey.bad_channels(person.key)
            question = ChannelQuestion(case_id=self.case.case_id, person=person.key, not_by=bad)
            choice: ChannelChoice = await near(CaseFile.another_channel, question, f"how else is {person.key} reached?")
            if choice.channel is None:
                return
            person.channel = choice.channel
            self.asks.reached_otherwise(party_of(person.key))
        astray = {"wrong": "yes"} if wrong else {}
        self.errands.note("address_failed", person.key, channel=channel, now=person.channel, **astray)
        if not self._was_replaced(person):
            self.errands.open_task("bad_address", f"address/{person.key}/{channel}", person.key)

    def _was_replaced(self, person: Person) -> bool:
        party = self.journey.party(party_of(person.key))
        return party is not None and person.role == PersonRole.LEAD and party.lead != person.key
