"""Cases that were begun on earlier code go on under today's: their histories are replayed. A failure here means that a
change of the workflow needs `workflow.patched` (docs/runbook.md)."""

from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from replaying import KEPT_AS, of_files, recorded, replay, workflow_type
from settings import Settings
from telemetry import Tracing
from tests.replay.keeping import RECORDED
from worker import WORKFLOWS

HISTORIES = recorded(Path(__file__).parent / "histories")


async def read(file: Path) -> WorkflowHistory:
    [history] = [one async for one in of_files([file])]
    return history


async def test_each_workflow_has_histories_and_each_recorded_story_has_its_own() -> None:
    kinds = {file.name.removesuffix(KEPT_AS): workflow_type(await read(file)) for file in HISTORIES}
    assert set(kinds.values()) == {workflow.__name__ for workflow in WORKFLOWS}
    assert [f"test_{name}" for name, kind in kinds.items() if kind == "MediationCase"] == sorted(RECORDED)


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
    case = next(file for file in HISTORIES if f"test_{file.name.removesuffix(KEPT_AS)}" in RECORDED)
    await replayer.replay_workflow(await read(case))
    tracing.close()
