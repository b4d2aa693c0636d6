"""The doors by which something that stood is changed."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.journey import Meeting
    from domain.parties import PersonRole
    from domain.refusals import Refusal
    from workflows.doors.desk import Accepted, Desk, refusal
    from workflows.errands import near
    from workflows.meetings import end_of
    from workflows.neighbours import CaseFile, MediatorQuestion


class Changes(Desk):
    """Handlers and validators of the changes."""

    @workflow.update
    async def move_meeting(self, command: c.MoveMeeting) -> Accepted:
        async with self.heard(command):
            meeting = self.meeting(command.meeting)
            before = meeting.slot
            moved = {**self.meetings.place_of(command), "sequence": meeting.sequence + 1}
            claim = self.meetings.booking(meeting.model_copy(update=moved), command.slot)
            had = self.meetings.booking(meeting, before or command.slot).resources
            # one transaction claims the new time and lets go of the old one: a refusal leaves the old one as it was
            self.heed(await near(CaseFile.reserve, claim, f"claim the calendars for {meeting.key}, moved"))
            if self.journey.closing is not None:  # the case ended meanwhile, and gives back what it had
                await near(CaseFile.let_go, claim, f"let go of {meeting.key}")
                self.judge(command)
            self.meetings.move(meeting, command)
            if left := [resource for resource in had if resource not in claim.resources]:
                self.errands.cancel(claim.model_copy(update={"resources": left}))
            self.errands.book(claim)
            self.asks.expect(meeting.key, end_of(command.slot))
            self.to_all_invited(meeting, "moved", meeting.sequence)
        dates = {"before": before.start.isoformat(), "after": command.slot.start.isoformat()} if before else {}
        return await self.accept(command, meeting.key, where=command.where, **dates)

    @move_meeting.validator
    def may_move_meeting(self, command: c.MoveMeeting) -> None:
        self.judge(command)

    @workflow.update
    async def cancel_meeting(self, command: c.CancelMeeting) -> Accepted:
        async with self.heard(command):
            meeting = self.meeting(command.meeting)
            await self.call_off(meeting)
        return await self.accept(command, meeting.key)

    @cancel_meeting.validator
    def may_cancel_meeting(self, command: c.CancelMeeting) -> None:
        self.judge(command)

    @workflow.update
    async def replace_mediator(self, command: c.ReplaceMediator) -> Accepted:
        async with self.heard(command):
            if command.why == "conflict":
                question = MediatorQuestion(case_id=self.case.case_id, mediator=command.mediator)
                await near(CaseFile.declare_conflict, question, "keep the conflict of interest")
                self.judge(command)
            await self.release_the_mediator(for_good=command.why != "unavailable")
        return await self.accept(command, why=command.why)

    @replace_mediator.validator
    def may_replace_mediator(self, command: c.ReplaceMediator) -> None:
        self.judge(command)

    @workflow.update
    async def replace_contact(self, command: c.ReplaceContact) -> Accepted:
        async with self.heard(command):
            await self.admit_a_lead(command, command.party)
        return await self.accept(command, command.party)

    @replace_contact.validator
    def may_replace_contact(self, command: c.ReplaceContact) -> None:
        self.judge(command)

    @workflow.update
    async def add_supporter(self, command: c.AddSupporter) -> Accepted:
        async with self.heard(command):
            if not await self.admit(command, command.party, PersonRole.SUPPORTER):
                raise refusal(Refusal.NAME_MISSING)
            self.invite_who_is_new(command.party)
        return await self.accept(command, command.party)

    @add_supporter.validator
    def may_add_supporter(self, command: c.AddSupporter) -> None:
        self.judge(command)

    def meeting(self, key: str) -> Meeting:
        """Of a command that was judged, so it is there."""
        meeting = self.journey.meeting(key)
        if meeting is None:
            raise refusal(Refusal.NO_SUCH_MEETING, key)
        return meeting
