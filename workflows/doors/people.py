"""The doors by which parties and people join a case, or are taken out of it."""

from abc import abstractmethod

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.journey import Letter
    from domain.parties import Party, Person, party_of
    from domain.refusals import Refusal
    from domain.stages import Stage
    from workflows.doors.desk import Accepted, Desk, refusal
    from workflows.errands import near
    from workflows.neighbours import Admitted, CaseFile, PartyAdmission, Verdict


class People(Desk):
    """Handlers and validators of who takes part."""

    @workflow.update
    async def add_party(self, command: c.AddParty) -> Accepted:
        async with self.heard(command):
            admission = PartyAdmission(
                case_id=self.case.case_id,
                command=command.id,
                role=command.role,
                mediator=self.journey.mediator or self.journey.offered_to,
                venues=[meeting.venue for meeting in self.meetings.booked_ahead() if meeting.venue],
            )
            admitted: Admitted = await near(CaseFile.admit_party, admission, f"admit a party: {command.role}")
            self.heed(Verdict(refusal=admitted.refusal))
            if not admitted.person:
                raise refusal(Refusal.NAME_MISSING)
            lead = Person(key=admitted.person, channel=admitted.channel)
            party = Party(key=party_of(lead.key), role=command.role, people=[lead])
            if self.journey.closing is not None:  # the case ended meanwhile: they never took part in it
                self.take_out(party)
                self.judge(command)
            self.journey.parties.append(party)
            self.papers.keep_from(party.key)
            if not self.journey.stage.lies_before(Stage.CONSENT):
                self.journey.contacted.append(party.key)
                self.bring_in(party.key)
        return await self.accept(command, party.key)

    @add_party.validator
    def may_add_party(self, command: c.AddParty) -> None:
        self.judge(command)

    @workflow.update
    async def remove_party(self, command: c.RemoveParty) -> Accepted:
        async with self.heard(command):
            [party] = [party for party in self.journey.parties if party.key == command.party]
            was_written_to = party.key in self.journey.reached
            self.journey.parties.remove(party)
            self.take_out(party)
            self.asks.learn(f"consent/{party.key}", "taken_out")  # nobody waits for their answer any more
            if was_written_to:
                self.errands.send(Letter(kind="no_longer_part", about="", to=party.lead))
        return await self.accept(command, command.party)

    @remove_party.validator
    def may_remove_party(self, command: c.RemoveParty) -> None:
        self.judge(command)

    @workflow.update
    async def remove_person(self, command: c.RemovePerson) -> Accepted:
        async with self.heard(command):
            [party] = [party for party in self.journey.parties if party.key == party_of(command.person)]
            party.people = [person for person in party.people if person.key != command.person]
            self.journey.left.append(command.person)
            self.forget_addresses_of(command.person)
            for meeting in self.meetings.booked_ahead():
                if command.person in meeting.invited:
                    meeting.invited.remove(command.person)
                    self.errands.send(Letter(kind="no_longer_part", about=meeting.key, to=command.person, reply=True))
        return await self.accept(command, command.person)

    @remove_person.validator
    def may_remove_person(self, command: c.RemovePerson) -> None:
        self.judge(command)

    @workflow.update
    async def hide_address(self, command: c.HideAddress) -> Accepted:
        async with self.heard(command):
            person = self.journey.person(command.person)
            if person is None:
                raise refusal(Refusal.NO_SUCH_PERSON, command.person)
            person.hidden = command.hidden
            self.errands.changed()
        off = {} if command.hidden else {"off": "yes"}
        return await self.accept(command, command.person, **off)

    @hide_address.validator
    def may_hide_address(self, command: c.HideAddress) -> None:
        self.judge(command)

    def take_out(self, party: Party) -> None:
        """Pages know them by name only from now on, their links open nothing, and no letter goes to them but the one
        that says so."""
        self.journey.left += [party.key, *(person.key for person in party.people)]
        self.journey.contacted = [key for key in self.journey.contacted if key != party.key]
        self.journey.newcomers = [key for key in self.journey.newcomers if key != party.key]
        self.forget_addresses_of(*(person.key for person in party.people))
        self.errands.changed()

    def forget_addresses_of(self, *people: str) -> None:
        """Nobody need find out how they are reached."""
        self.errands.close_tasks(lambda task: task.kind == "bad_address" and task.about in people)

    @abstractmethod
    def bring_in(self, party: str) -> None:
        """A party that joins a running case is brought as far as the others are, beside the journey."""
