"""The doors for papers."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.refusals import Refusal
    from workflows.doors.desk import Accepted, Desk, refusal
    from workflows.errands import near
    from workflows.neighbours import PaperKeeping


class PaperDoors(Desk):
    """Handlers and validators of what is done with papers."""

    @workflow.update
    async def add_paper(self, command: c.AddPaper) -> Accepted:
        async with self.heard(command):
            order = self.papers.order(command.id)
            self.heed(await near(PaperKeeping.has_paper, order, "is the file of this paper kept?"))
            self.judge(command)
            of = command.actor.id if command.actor.kind == "participant" else self.lead_of(command.party)
            self.papers.take_in(command.id, of)
        return await self.accept(command, of, paper=command.id, how=command.how)

    @add_paper.validator
    def may_add_paper(self, command: c.AddPaper) -> None:
        self.judge(command)

    @workflow.update
    async def release_paper(self, command: c.ReleasePaper) -> Accepted:
        async with self.heard(command):
            of = self.giver_of(command.paper)
            self.papers.release(command.paper)
        return await self.accept(command, of, paper=command.paper, how=command.how)

    @release_paper.validator
    def may_release_paper(self, command: c.ReleasePaper) -> None:
        self.judge(command)

    @workflow.update
    async def take_back_paper(self, command: c.TakeBackPaper) -> Accepted:
        async with self.heard(command):
            of = self.giver_of(command.paper)
            self.papers.take_back(command.paper)  # from here on nobody can open it, and it is not exchanged
            await near(PaperKeeping.erase_paper, self.papers.order(command.paper), "erase a paper that was taken back")
        return await self.accept(command, of, how=command.how)

    @take_back_paper.validator
    def may_take_back_paper(self, command: c.TakeBackPaper) -> None:
        self.judge(command)

    def giver_of(self, key: str) -> str:
        """Of a command that was judged, so it is there."""
        paper = self.journey.paper(key)
        if paper is None:
            raise refusal(Refusal.NO_SUCH_PAPER)
        return paper.of
