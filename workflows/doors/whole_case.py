"""The doors through which a case is taken, opened again, and linked with other cases."""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.journey import OPEN_AGAIN, POSSIBLE_DUPLICATE, Ending, Letter
    from domain.parties import party_of
    from domain.reopening import begin_again
    from domain.stages import Closing, ClosingReason, LinkKind, Stage
    from workflows.doors.desk import Accepted, Desk
    from workflows.errands import near
    from workflows.neighbours import (
        CaseFile,
        Linking,
        MediatorQuestion,
        OfCase,
        OfTwoCases,
        Reassignment,
        Recipients,
        Verdict,
    )


class WholeCase(Desk):
    """Handlers and validators of what is done with a case as a whole."""

    @workflow.update
    async def take_case(self, command: c.TakeCase) -> Accepted:
        async with self.heard(command):
            order = Reassignment(case_id=self.case.case_id, coordinator=command.actor.id)
            self.heed(await near(CaseFile.take, order, "a coordinator takes the case"))
        return await self.accept(command)

    @take_case.validator
    def may_take_case(self, command: c.TakeCase) -> None:
        self.judge(command)

    # A case that had ended

    @workflow.update
    async def reopen_case(self, command: c.ReopenCase) -> Accepted:
        async with self.heard(command):
            await workflow.wait_condition(self.everyone_is_told)
            self.heed(await near(CaseFile.may_reopen, OfCase(case_id=self.case.case_id), "may the case go on?"))
            await self.keep_the_mediator_if_they_still_may()
            former = self.journey.closing
            assert former is not None  # it was judged
            begin_again(self.journey, workflow.now())
            self.outcome_detail = former.outcome
            self.leave_time_to_think_better_of_it(former)
            await self.walk_to_where_something_is_missing()
            self.papers.go_on()
        return await self.accept(command, stage=self.journey.stage)

    @reopen_case.validator
    def may_reopen_case(self, command: c.ReopenCase) -> None:
        self.judge(command)

    def everyone_is_told(self) -> bool:
        """The end has been carried out, and its letters are queued."""
        return self.journey.stage == Stage.CLOSED and (self.farewell is None or self.farewell.done())

    async def keep_the_mediator_if_they_still_may(self) -> None:
        mediator = self.journey.mediator
        if mediator:
            question = MediatorQuestion(case_id=self.case.case_id, mediator=mediator)
            verdict: Verdict = await near(CaseFile.may_be_offered, question, "may the mediator go on with the case?")
            if verdict.refusal:
                self.journey.mediator = ""
                self.journey.replaced.append(mediator)

    async def walk_to_where_something_is_missing(self) -> None:
        """The journey begins anew beside this (case.py), and what is known is passed over in one breath."""
        self.walking = True
        await workflow.wait_condition(lambda: self.journey.stage != Stage.CLOSED)
        self.walking = False

    def leave_time_to_think_better_of_it(self, former: Closing) -> None:
        """Nothing leaves for some minutes; then those who were told of the end hear that the case goes on."""
        minutes = timedelta(minutes=self.asks.policy.minutes_to_regret)
        mine = self.journey.reopening = Ending(closing=former, at=workflow.now() + minutes) if minutes else None
        self.asks.hush(self.journey.silent)
        self.tell_later_that_it_goes_on(mine)

    def tell_later_that_it_goes_on(self, mine: Ending | None) -> None:
        async def later() -> None:
            if mine is not None:
                with suppress(TimeoutError):
                    await workflow.wait_condition(
                        lambda: self.journey.reopening is not mine,
                        timeout=mine.at - workflow.now(),
                        timeout_summary="the case goes on, unless that is undone",
                    )
                if self.journey.reopening is not mine:  # undone, or it has ended in another way
                    return
                self.journey.reopening = None
                self.asks.hush(self.journey.silent, moved=False)
            await self.tell_that_it_goes_on()

        self.errands.set_going(later())

    async def tell_that_it_goes_on(self) -> None:
        """Neutrally: neither who nor why."""
        told = await self.who_was_told_of_the_end()
        if self.journey.closing is not None:  # it has ended meanwhile
            return
        parties = [party_of(to) for to in told.to]
        for party in self.journey.contacted:
            if party in parties:
                self.write_to(party, OPEN_AGAIN, number=self.journey.reopened)
        mediator = f"mediator/{self.journey.mediator}"
        if mediator in told.to:
            self.errands.send(Letter(kind=OPEN_AGAIN, about="", to=mediator, number=self.journey.reopened))

    async def who_was_told_of_the_end(self) -> Recipients:
        question = OfCase(case_id=self.case.case_id)
        told: Recipients = await near(CaseFile.told_of_the_end, question, "who was told that the case has ended?")
        return told

    # Other cases

    @workflow.update
    async def link_cases(self, command: c.LinkCases) -> Accepted:
        async with self.heard(command):
            await self.decide_about(command, command.other, command.link)
            if command.link == LinkKind.DUPLICATE and self.journey.closing is None:
                self.end_unless_undone(Closing(reason=ClosingReason.DUPLICATE, into=command.other))
        return await self.accept(command, other=command.other, link=command.link)

    @link_cases.validator
    def may_link_cases(self, command: c.LinkCases) -> None:
        self.judge(command)

    @workflow.update
    async def tell_apart(self, command: c.TellApart) -> Accepted:
        async with self.heard(command):
            await self.decide_about(command, command.other, LinkKind.ANOTHER_MATTER)
        return await self.accept(command, other=command.other)

    @tell_apart.validator
    def may_tell_apart(self, command: c.TellApart) -> None:
        self.judge(command)

    async def decide_about(self, command: c.Command, other: str, kind: LinkKind) -> None:
        order = Linking(case_id=self.case.case_id, other=other, kind=kind, command=command.id, by=command.actor.id)
        self.heed(await near(CaseFile.link, order, f"what was decided about {other}"))
        self.errands.close_tasks(lambda task: task.kind == POSSIBLE_DUPLICATE and task.about == other)

    @workflow.update
    async def unlink_cases(self, command: c.UnlinkCases) -> Accepted:
        async with self.heard(command):
            await self.unlink(command.other)
        return await self.accept(command, other=command.other)

    @unlink_cases.validator
    def may_unlink_cases(self, command: c.UnlinkCases) -> None:
        self.judge(command)

    async def unlink(self, other: str) -> None:
        order = OfTwoCases(case_id=self.case.case_id, other=other)
        self.heed(await near(CaseFile.unlink, order, f"undo the link with {other}"))
