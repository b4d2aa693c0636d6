"""Cases that were begun on earlier code go on under today's: their histories are replayed. A failure here means that a
change of the workflow needs `workflow.patched` (docs/runbook.md)."""

from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from replaying import of_files, recorded, replay, workflow_type
from settings import Settings
from telemetry import Tracing
from worker import WORKFLOWS

HISTORIES = recorded(Path(__file__).parent / "histories")


async def read(file: Path) -> WorkflowHistory:
    [history] = [one async for one in of_files([file])]
    return history


async def test_there_are_histories_of_each_workflow() -> None:
    kinds = [workflow_type(await read(file)) for file in HISTORIES]
    assert set(kinds) == {workflow.__name__ for workflow in WORKFLOWS}
    assert kinds.count("MediationCase") >= 6


@pytest.mark.parametrize("history", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_case_goes_on(history: Path) -> None:
    verdict = await replay(of_files([history]), WORKFLOWS, pydantic_data_converter)
    assert verdict.stuck == []
    assert verdict.went_on.total() == 1


async def test_traces_may_be_switched_on_while_cases_run() -> None:
    """TRACES_URL brings an interceptor into every workflow: it changes nothing of what a case does."""
    tracing = Tracing(Settings(environment="test"), "worker", InMemorySpanExporter())
    replayer = Replayer(
        workflows=WORKFLOWS, data_converter=pydantic_data_converter, interceptors=tracing.interceptors()
    )
    for file in HISTORIES:
        await replayer.replay_workflow(await read(file))
    tracing.close()
