"""What happened while no worker was there reaches the next one all at once: what was under way has come home, and
people have acted. The case must go on, and its history must replay."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio import activity
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor, Replayer, Worker

from domain.policy import Policy
from domain.stages import ClosingReason
from tests.temporal_servers import real
from tests.workflows.world import Story, World, mediator, person
from workflows.case import MediationCase


class Slowly(Interceptor):
    """Errands of one kind take until the story lets them end."""

    def __init__(self, kind: str) -> None:
        self.kind, self.begun, self.may_end = kind, asyncio.Event(), asyncio.Event()
        self.may_end.set()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Errand(next, self)


class _Errand(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, slowly: Slowly) -> None:
        super().__init__(next)
        self.slowly = slowly

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        if activity.info().activity_type == self.slowly.kind:
            self.slowly.begun.set()
            await self.slowly.may_end.wait()
        return await super().execute_activity(input)


@pytest.fixture
async def server() -> AsyncIterator[WorkflowEnvironment]:
    """The real server: what is handed to a worker at once is its decision, and the time-skipping one decides
    otherwise."""
    async with real() as env:
        yield env


@pytest.mark.parametrize("kind", ["file", "deliver_together", "reserve"])
async def test_an_act_that_arrives_together_with_the_news(server: WorkflowEnvironment, world: World, kind: str) -> None:
    slowly = Slowly(kind)
    story = Story(server, world, Policy(opens=None))  # letters leave at any hour: time here is real
    async with Worker(server.client, task_queue="cases", activities=world.activities, interceptors=[slowly]):
        async with Worker(server.client, task_queue="cases", workflows=[MediationCase]):
            await story.refer()
            await story.explained_and_permitted()
            await story.everyone_consents()
            await story.mediator_accepts()
            slot = await story.slot(5)
            await story.act("offer_visit_dates", mediator("mia"), party="p1", slots=[slot])
            await story.breathe()
            slowly.begun.clear()
            slowly.may_end.clear()
            choice = asyncio.create_task(
                story.act("choose_visit_date", person("p1.1"), party="p1", start=slot.start, how="link")
            )
            await asyncio.wait_for(slowly.begun.wait(), 60)
        slowly.may_end.set()
        await story.nothing_in_hand()  # it comes home, and nobody tells the case
        withdrawal = asyncio.create_task(story.act("withdraw", person("p2.1"), party="p2", how="link"))
        await asyncio.sleep(0.3)  # as the act does
        async with Worker(server.client, task_queue="cases", workflows=[MediationCase], max_cached_workflows=0):
            await withdrawal
            await choice
            assert (await story.closing()).reason == ClosingReason.WITHDRAWN
    assert story.breaches() == []
    history = await story.case.fetch_history()
    await Replayer(workflows=[MediationCase], data_converter=pydantic_data_converter).replay_workflow(history)
