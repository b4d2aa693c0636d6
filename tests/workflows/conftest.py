from collections.abc import AsyncIterator

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain.bank_holidays import of_england
from domain.policy import standard
from tests.replay.keeping import FINGERPRINTED, RECORDED, told
from tests.workflows.world import Story, World, time_skipping
from workflows.case import MediationCase


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with time_skipping() as env:
        yield env


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def story(env: WorkflowEnvironment, world: World, request: pytest.FixtureRequest) -> AsyncIterator[Story]:
    """A case to be told; what it did is replayed afterwards, so that no story rests on chance. The sandbox, which knows
    what no workflow may call, is in the replay: it doubles the time of whatever runs in it. With RECORD_HISTORIES or
    RECORD_FINGERPRINTS set, what is kept of some is written anew, as `make histories` and `make fingerprints` do."""
    year = (await env.get_current_time()).year
    async with Worker(
        env.client,
        task_queue="cases",
        workflows=[MediationCase],
        activities=world.activities,
        max_cached_workflows=5,
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        story = Story(env, world, standard(of_england(year, year + 3)))
        yield story
    assert story.breaches() == []
    for run in story.runs:
        handle = env.client.get_workflow_handle(run.id, run_id=run.result_run_id)
        last = run is story.runs[-1]
        await told(
            await handle.fetch_history(),
            MediationCase,
            request.node.name.removeprefix("test_"),
            kept=last and request.node.name in RECORDED,
            fingerprint=last and request.node.name in FINGERPRINTED,
        )
