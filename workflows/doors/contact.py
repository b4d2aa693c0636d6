"""The doors of how people are reached: rung because they asked for it, at which times of the day, and how they read."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.journey import CALL_WANTED
    from domain.parties import Reading
    from workflows.doors.desk import Accepted, Desk


class Contacts(Desk):
    """Handlers and validators."""

    @workflow.update
    async def ask_for_call(self, command: c.AskForCall) -> Accepted:
        async with self.heard(command):
            if command.times:
                self.rings_at(command.party, command.times)
            key = f"{CALL_WANTED}/{command.party}/{command.id}"
            self.errands.open_task(CALL_WANTED, key, command.party)
            if task := self.journey.task(key):
                task.due = self.asks.policy.next_morning(workflow.now())
            self.write_to_staff(c.StaffRole.COORDINATOR, "staff_task", key)
        return await self.accept(command, command.party)

    @ask_for_call.validator
    def may_ask_for_call(self, command: c.AskForCall) -> None:
        self.judge(command)

    @workflow.update
    async def say_when_to_ring(self, command: c.SayWhenToRing) -> Accepted:
        async with self.heard(command):
            self.rings_at(command.party, command.times)
        return await self.accept(command, command.party)

    @say_when_to_ring.validator
    def may_say_when_to_ring(self, command: c.SayWhenToRing) -> None:
        self.judge(command)

    @workflow.update
    async def say_how_they_read(self, command: c.SayHowTheyRead) -> Accepted:
        async with self.heard(command):
            lead = self.journey.person(self.lead_of(command.party))
            if lead is not None:
                lead.reading = Reading(
                    reads=command.reads, easy_read=command.easy_read, interpreter=command.interpreter
                )
                self.errands.changed()
        return await self.accept(command, command.party)

    @say_how_they_read.validator
    def may_say_how_they_read(self, command: c.SayHowTheyRead) -> None:
        self.judge(command)

    def rings_at(self, party: str, times: list[c.TimeOfDay]) -> None:
        lead = self.journey.person(self.lead_of(party))
        if lead is not None:
            lead.times = list(times)
            self.errands.changed()
