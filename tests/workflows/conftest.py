from collections.abc import AsyncIterator

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain.bank_holidays import of_england
from domain.policy import standard
from tests.replay.keeping import told
from tests.workflows.world import Story, World, time_skipping
from workflows.case import MediationCase


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with time_skipping() as env:
        yield env


@pytest.fixture
def world() -> World:
    return World()


RECORDED = (
    "test_a_full_agreement_with_one_reminder",
    "test_comments_when_they_are_wanted",
    "test_the_ladder_of_a_silent_school",
    "test_silence_passes_to_the_next_and_alerts_after_three",
    "test_withdrawal_after_the_joint_meeting_was_booked",
    "test_a_safeguarding_hold_stops_all_unprompted_messages",
    "test_a_whole_journey_without_email",
    "test_a_second_school_after_the_joint_meeting_was_booked",
    "test_withdrawn_opened_again_and_agreed",
    "test_after_a_second_no_show_the_manager_decides_for_one_more_date",
    "test_everything_comes_back_and_a_coordinator_rings",
)
"""Stories whose histories stand in tests/replay/histories: what was released must go on under later code."""
FINGERPRINTS = (
    "test_a_full_agreement_with_one_reminder",
    "test_a_safeguarding_hold_stops_all_unprompted_messages",
    "test_a_whole_journey_without_email",
    "test_everything_comes_back_and_a_coordinator_rings",
)
"""Stories whose commands stand in tests/replay/fingerprints. A few: a change of the journey's middle shows in each."""


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
            fingerprint=last and request.node.name in FINGERPRINTS,
        )
