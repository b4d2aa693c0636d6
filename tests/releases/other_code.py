"""Code of other days, as releases change it: for tests of what becomes of cases that run meanwhile."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.journey import CaseStart
    from domain.stages import Closing
from workflows.case import MediationCase

PATCH = "a_moment_first"


async def a_moment() -> None:
    await workflow.sleep(timedelta(seconds=1), summary="a moment, before all else")


@workflow.defn(name="MediationCase")
class ChangedWithoutCare(MediationCase):
    """A step more, for every case."""

    @workflow.init
    def __init__(self, case: CaseStart) -> None:
        super().__init__(case)

    @workflow.run
    async def run(self, case: CaseStart) -> Closing:
        await a_moment()
        return await super().run(case)


@workflow.defn(name="MediationCase")
class ChangedWithCare(MediationCase):
    """A step more, for cases that begin on this code."""

    @workflow.init
    def __init__(self, case: CaseStart) -> None:
        super().__init__(case)

    @workflow.run
    async def run(self, case: CaseStart) -> Closing:
        if workflow.patched(PATCH):
            await a_moment()
        return await super().run(case)


@workflow.defn
class OfAnotherDay:
    """One that this code does not know."""

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)
