"""The doors for what comes into the mailbox."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.journey import READ_REPLY, Letter
    from domain.parties import Channel
    from workflows.doors.desk import Accepted, Desk


class Mailbox(Desk):
    """Handlers and validators of what no person gives."""

    @workflow.update
    async def receive_reply(self, command: c.ReceiveReply) -> Accepted:
        async with self.heard(command):
            self.errands.open_task(READ_REPLY, f"reply/{command.person}/{command.id}", command.person)
            for key in command.papers:
                self.papers.take_in(key, command.person)
            self.asks.replies_have_changed()
        return await self.accept(command, command.person)

    @receive_reply.validator
    def may_receive_reply(self, command: c.ReceiveReply) -> None:
        self.judge(command)

    @workflow.update
    async def note_automatic_reply(self, command: c.NoteAutomaticReply) -> Accepted:
        async with self.heard(command):
            pass  # a line of the timeline, and nothing more
        return await self.accept(command, command.person)

    @note_automatic_reply.validator
    def may_note_automatic_reply(self, command: c.NoteAutomaticReply) -> None:
        self.judge(command)

    @workflow.update
    async def report_bounce(self, command: c.ReportBounce) -> Accepted:
        async with self.heard(command):
            letter = Letter(kind=command.kind_of_letter, about=command.about, to=command.to, number=command.number)
            if not (workflow.patched("another_channel") and await self.came_back(letter, Channel.EMAIL)):
                self.errands.open_task("letter_failed", f"letter/{letter.key}", letter.about)
        return await self.accept(command, command.about, kind=command.kind_of_letter, to=command.to, state="bounced")

    @report_bounce.validator
    def may_report_bounce(self, command: c.ReportBounce) -> None:
        self.judge(command)
