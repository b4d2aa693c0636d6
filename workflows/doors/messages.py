"""The doors by which staff write in their own words."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.journey import PersonalLine
    from domain.messages import letter_again, message_letters
    from workflows.doors.desk import Accepted, Desk


class Messages(Desk):
    """Handlers and validators of messages, personal lines and letters that are sent again."""

    @workflow.update
    async def write_message(self, command: c.WriteMessage) -> Accepted:
        async with self.heard(command):
            for letter in message_letters(command):
                self.errands.send(letter)
        return await self.accept(command, to=" ".join(command.to))

    @write_message.validator
    def may_write_message(self, command: c.WriteMessage) -> None:
        self.judge(command)

    @workflow.update
    async def add_line(self, command: c.AddLine) -> Accepted:
        async with self.heard(command):
            line = PersonalLine(kind=command.kind_of_letter, to=command.to, command=command.id)
            others = [one for one in self.journey.lines if (one.kind, one.to) != (line.kind, line.to)]
            self.journey.lines = others if command.off else [*others, line]
        off = {"off": "yes"} if command.off else {}
        return await self.accept(command, kind=command.kind_of_letter, to=command.to, **off)

    @add_line.validator
    def may_add_line(self, command: c.AddLine) -> None:
        self.judge(command)

    @workflow.update
    async def resend_letter(self, command: c.ResendLetter) -> Accepted:
        async with self.heard(command):
            self.errands.send(letter_again(command, self.journey))
            self.journey.sent_again += 1
        return await self.accept(command, command.about, kind=command.kind_of_letter, to=command.to)

    @resend_letter.validator
    def may_resend_letter(self, command: c.ResendLetter) -> None:
        self.judge(command)
