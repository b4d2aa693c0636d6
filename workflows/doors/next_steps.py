"""The doors by which a step that is due next is skipped, brought forward or postponed."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.journey import OpenAsk
    from domain.refusals import Refusal
    from workflows.doors.desk import Accepted, Desk, refusal


class NextSteps(Desk):
    """Handlers and validators. What a step is stands in workflows/asks.py."""

    @workflow.update
    async def skip_step(self, command: c.SkipStep) -> Accepted:
        async with self.heard(command):
            said = self._said_of(self._asked(command))
            self.asks.skip(command.ask)
        return await self.accept(command, command.ask, **said)

    @skip_step.validator
    def may_skip_step(self, command: c.SkipStep) -> None:
        self.judge(command)

    @workflow.update
    async def bring_step_forward(self, command: c.BringStepForward) -> Accepted:
        async with self.heard(command):
            said = self._said_of(self._asked(command))
            self.asks.bring_forward(command.ask)
        return await self.accept(command, command.ask, **said)

    @bring_step_forward.validator
    def may_bring_step_forward(self, command: c.BringStepForward) -> None:
        self.judge(command)

    @workflow.update
    async def postpone_step(self, command: c.PostponeStep) -> Accepted:
        async with self.heard(command):
            ask = self._asked(command)
            said = self._said_of(ask) | {"before": command.planned.isoformat()}
            self.asks.postpone(command.ask, command.until)
            after = {"after": ask.armed.at.isoformat()} if ask.armed else {}
        return await self.accept(command, command.ask, **said, **after)

    @postpone_step.validator
    def may_postpone_step(self, command: c.PostponeStep) -> None:
        self.judge(command)

    def _asked(self, command: c.StepChange) -> OpenAsk:
        """Of a command that was judged, so it is there."""
        ask = self.journey.open_ask(command.ask)
        if ask is None:
            raise refusal(Refusal.STEP_HAS_CHANGED, command.ask)
        return ask

    def _said_of(self, ask: OpenAsk) -> dict[str, str]:
        return {"step": ask.armed.do, "number": str(ask.armed.number)} if ask.armed else {}
