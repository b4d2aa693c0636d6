"""The doors for a letter that went to somebody who should not have it."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.breaches import Breach
    from domain.journey import Letter
    from domain.parties import Channel
    from domain.refusals import Refusal
    from workflows.doors.desk import Accepted, Desk, refusal
    from workflows.errands import near
    from workflows.neighbours import CaseFile, LetterGone, Withdrawn


class Breaches(Desk):
    """Handlers and validators."""

    @workflow.update
    async def report_wrong_address(self, command: c.ReportWrongAddress) -> Accepted:
        async with self.heard(command):
            letter = Letter(kind=command.kind_of_letter, about=command.about, to=command.to, number=command.number)
            order = LetterGone(case_id=self.case.case_id, letter=letter)
            gone: Withdrawn = await near(CaseFile.withdraw_links, order, f"the links of {letter.to} end")
            self.heed(gone)
            channel = Channel(gone.channel)
            breach = Breach(
                key=command.id,
                kind_of_letter=letter.kind,
                about=letter.about,
                to=letter.to,
                number=letter.number,
                channel=channel,
                noticed=command.noticed,
                reported_by=command.actor.id,
            )
            self.journey.breaches.append(breach)
            task = f"breach/{command.id}"
            self.errands.open_task("breach", task, command.id, c.StaffRole.MANAGER, due=breach.decide_by)
            self.write_to_staff(c.StaffRole.MANAGER, "staff_task", task, reply=True)
            await self.went_astray(letter, channel)
        return await self.accept(command, command.about, kind=letter.kind, to=letter.to)

    @report_wrong_address.validator
    def may_report_wrong_address(self, command: c.ReportWrongAddress) -> None:
        self.judge(command)

    @workflow.update
    async def decide_on_breach(self, command: c.DecideOnBreach) -> Accepted:
        async with self.heard(command):
            breach = self.journey.breach(command.breach)
            if breach is None:
                raise refusal(Refusal.NO_SUCH_BREACH)
            breach.decided, breach.decided_by, breach.decision = workflow.now(), command.actor.id, command.id
            breach.tell_ico, breach.tell_people = command.tell_ico, command.tell_people
            self.errands.close_tasks(lambda task: task.key == f"breach/{command.breach}")
        said = {"ico": "yes" if command.tell_ico else "no", "people": "yes" if command.tell_people else "no"}
        return await self.accept(command, breach.about, kind=breach.kind_of_letter, to=breach.to, **said)

    @decide_on_breach.validator
    def may_decide_on_breach(self, command: c.DecideOnBreach) -> None:
        self.judge(command)
