"""The doors that stand open at any moment of a case."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.journey import LETTERS_BY_HAND, READ_REPLY, Letter, Settled
    from domain.ladders import effect_of
    from domain.parties import Channel
    from domain.refusals import Refusal
    from domain.stages import Closing, ClosingReason
    from workflows.doors.desk import Accepted, Desk, refusal
    from workflows.errands import near
    from workflows.neighbours import CaseFile, OfTwoCases, Reassignment

MOST_TICKED = 20  # tasks that are remembered after they were ticked off


class AnyTime(Desk):
    """Handlers and validators of what may come at any moment."""

    @workflow.update
    async def withdraw(self, command: c.Withdraw) -> Accepted:
        async with self.heard(command):
            closing = Closing(reason=ClosingReason.WITHDRAWN, who=command.party)
            if command.actor.kind == "participant":
                self.end(closing)
            else:
                self.end_unless_undone(closing)
        return await self.accept(command, command.party, how=command.how)

    @withdraw.validator
    def may_withdraw(self, command: c.Withdraw) -> None:
        self.judge(command)

    @workflow.update
    async def close_case(self, command: c.CloseCase) -> Accepted:
        async with self.heard(command):
            self.end_unless_undone(Closing(reason=command.reason))
        return await self.accept(command, reason=command.reason)

    @close_case.validator
    def may_close_case(self, command: c.CloseCase) -> None:
        self.judge(command)

    @workflow.update
    async def undo(self, command: c.Undo) -> Accepted:
        async with self.heard(command):
            if self.journey.ending is not None:
                into = self.journey.ending.closing.into
                self.undo_the_end()
                if into:
                    order = OfTwoCases(case_id=self.case.case_id, other=into)
                    await near(CaseFile.unlink, order, f"undo the link with {into}")
            elif self.journey.reopening is not None:
                self.end(self.journey.reopening.closing)
        return await self.accept(command)

    @undo.validator
    def may_undo(self, command: c.Undo) -> None:
        self.judge(command)

    @workflow.update
    async def reassign(self, command: c.Reassign) -> Accepted:
        async with self.heard(command):
            order = Reassignment(case_id=self.case.case_id, coordinator=command.coordinator)
            self.heed(await near(CaseFile.reassign, order, "hand the case to another coordinator"))
        return await self.accept(command)

    @reassign.validator
    def may_reassign(self, command: c.Reassign) -> None:
        self.judge(command)

    @workflow.update
    async def pause(self, command: c.Pause) -> Accepted:
        async with self.heard(command):
            self.journey.paused = True
        return await self.quiet(command)

    @pause.validator
    def may_pause(self, command: c.Pause) -> None:
        self.judge(command)

    @workflow.update
    async def resume(self, command: c.Resume) -> Accepted:
        async with self.heard(command):
            self.journey.paused = False
        return await self.quiet(command)

    @resume.validator
    def may_resume(self, command: c.Resume) -> None:
        self.judge(command)

    @workflow.update
    async def hold(self, command: c.Hold) -> Accepted:
        async with self.heard(command):
            self.journey.on_hold = True
            self.errands.open_task("safeguarding", f"safeguarding/{command.id}", role=c.StaffRole.SAFEGUARDING_LEAD)
            self.write_to_staff(c.StaffRole.SAFEGUARDING_LEAD, "staff_task", f"safeguarding/{command.id}", reply=True)
        return await self.quiet(command)

    @hold.validator
    def may_hold(self, command: c.Hold) -> None:
        self.judge(command)

    @workflow.update
    async def release(self, command: c.Release) -> Accepted:
        async with self.heard(command):
            self.journey.on_hold = False
            self.errands.close_tasks(lambda task: task.kind == "safeguarding")
        return await self.quiet(command)

    @release.validator
    def may_release(self, command: c.Release) -> None:
        self.judge(command)

    async def quiet(self, command: c.Command) -> Accepted:
        self.asks.hush(self.journey.silent)
        return await self.accept(command)

    @workflow.update
    async def tick_task(self, command: c.TickTask) -> Accepted:
        async with self.heard(command):
            self.tick(command)
        return await self.accept(command, command.task, outcome=command.outcome)

    def tick(self, command: c.TickTask) -> None:
        """A call that reached nobody stays a task, for another time."""
        task = self.journey.task(command.task)
        if task is None:
            raise refusal(Refusal.NO_SUCH_TASK)
        if command.outcome in c.NOBODY_REACHED:
            task.due = command.call_back or self.asks.policy.next_morning(workflow.now())
            self.errands.changed()
            return
        if task.kind in LETTERS_BY_HAND:
            self.errands.seen_to.append(task.key)
        else:
            before = [one for one in self.journey.ticked if one.key != task.key]
            self.journey.ticked = [*before, task][-MOST_TICKED:]
        self.errands.close_tasks(lambda one: one is task)
        if task.kind == READ_REPLY:
            self.asks.replies_have_changed()

    @tick_task.validator
    def may_tick_task(self, command: c.TickTask) -> None:
        self.judge(command)

    @workflow.update
    async def bring_back_task(self, command: c.BringBackTask) -> Accepted:
        async with self.heard(command):
            task = next(task for task in reversed(self.journey.ticked) if task.key == command.task)
            self.journey.ticked = [one for one in self.journey.ticked if one.key != task.key]
            self.journey.tasks.append(task)
            self.errands.changed()
            if task.kind == READ_REPLY:
                self.asks.replies_have_changed()
        return await self.accept(command, command.task)

    @bring_back_task.validator
    def may_bring_back_task(self, command: c.BringBackTask) -> None:
        self.judge(command)

    @workflow.update
    async def report_returned_letter(self, command: c.ReportReturnedLetter) -> Accepted:
        async with self.heard(command):
            letter = Letter(kind=command.kind_of_letter, about=command.about, to=command.to, number=command.number)
            if not self.errands.was_posted(letter):
                raise refusal(Refusal.NOT_POSTED)
            self.errands.new_settled.append(Settled(letter=letter, state="bounced"))
            if not await self.came_back(letter, Channel.POST):
                self.errands.open_task("letter_failed", f"letter/{letter.key}", letter.about)
        return await self.accept(command, command.about, kind=command.kind_of_letter, to=command.to)

    @report_returned_letter.validator
    def may_report_returned_letter(self, command: c.ReportReturnedLetter) -> None:
        self.judge(command)

    @workflow.update
    async def change_policy(self, command: c.ChangePolicy) -> Accepted:
        async with self.heard(command):
            old = self.asks.policy
            effect = effect_of(self.journey, old, command.policy, workflow.now())
            self.journey.record_only_after_start = command.policy.record_only_after_start
            self.errands.new_policy = command.policy
            self.asks.retune(command.policy)
        return await self.accept(
            command,
            policy=command.policy.name,
            changed=",".join(old.differences(command.policy)),
            moved=str(len(effect.moved)),
        )

    @change_policy.validator
    def may_change_policy(self, command: c.ChangePolicy) -> None:
        self.judge(command)
