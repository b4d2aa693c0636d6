"""The Schedules on the real server: every worker makes them, and none of them is started against somebody's will."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import (
    Client,
    ScheduleActionExecutionStartWorkflow,
    ScheduleOverlapPolicy,
    ScheduleUpdate,
    ScheduleUpdateInput,
    WorkflowHandle,
)

from schedules import keep_schedules, schedules
from temporal_client import data_converter
from tests.temporal_servers import real
from tests.waiting import until
from tests.workflows.rounds_world import Rounds, worker


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with real(data_converter({"test": b"k" * 32})) as environment:
        yield environment.client


def of_an_earlier_release(there: ScheduleUpdateInput) -> ScheduleUpdate:
    schedule = there.description.schedule
    schedule.policy.catchup_window = timedelta(hours=1)
    return ScheduleUpdate(schedule=schedule)


async def test_brought_up_to_date_and_left_paused_by_the_next_worker(client: Client) -> None:
    await keep_schedules(client, "cases")
    await client.get_schedule_handle("daily-round-cases").update(of_an_earlier_release)
    await client.get_schedule_handle("reconciler-cases").pause(note="while the database is mended")
    await keep_schedules(client, "cases")
    for id, wanted in schedules("cases").items():
        there = (await client.get_schedule_handle(id).describe()).schedule
        assert there.policy == wanted.policy, id
        assert there.policy.overlap == ScheduleOverlapPolicy.SKIP
        assert there.state.paused == (id == "reconciler-cases")
        assert there.state.note
    assert (await client.get_schedule_handle("reconciler-cases").describe()).schedule.state.note == (
        "while the database is mended"
    )


async def test_each_says_when_it_comes_next(client: Client) -> None:
    await keep_schedules(client, "cases")
    for id in schedules("cases"):
        described = await client.get_schedule_handle(id).describe()
        assert described.info.next_action_times, id


async def test_rounds_that_are_triggered_by_hand_run_behind_the_codec(client: Client) -> None:
    """The server appends the time of each start to the workflow's id, to which payloads are bound, and hands each run
    the result of the one before."""
    rounds = Rounds(readers=["cora"])
    await keep_schedules(client, "rounds")
    async with worker(client, rounds):
        for id, schedule in schedules("rounds").items():
            for number in (1, 2):
                run = await triggered(client, id, number)
                assert await asyncio.wait_for(run.result(), 20)
                assert await (await run.describe()).static_summary() == schedule.state.note
    assert [order.reader for order in rounds.sent] == ["cora", "cora"]


async def triggered(client: Client, id: str, number: int) -> WorkflowHandle[Any, Any]:
    handle = client.get_schedule_handle(id)
    if number > 1:
        await asyncio.sleep(1)  # the runs' ids differ by the second
    await handle.trigger()
    ran = await until("it runs", handle.describe, lambda there: len(there.info.recent_actions) >= number)
    started = ran.info.recent_actions[-1].action
    assert isinstance(started, ScheduleActionExecutionStartWorkflow)
    return client.get_workflow_handle(started.workflow_id, run_id=started.first_execution_run_id)
