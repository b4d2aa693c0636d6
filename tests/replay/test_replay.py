"""Cases that were begun on earlier code go on under today's: their histories are replayed. A failure here means that a
change of the workflow needs `workflow.patched` (docs/runbook.md)."""

import gzip
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from settings import Settings
from telemetry import Tracing
from tests.workflows.conftest import RECORDED
from workflows.case import MediationCase

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json.gz"))


def test_every_recorded_story_has_its_history_and_no_other_is_there() -> None:
    stories = [f"test_{history.name.removesuffix('.json.gz')}" for history in HISTORIES]
    assert stories == sorted(RECORDED)


@pytest.mark.parametrize("history", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_case_goes_on(history: Path) -> None:
    replayer = Replayer(workflows=[MediationCase], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(WorkflowHistory.from_json("case-c1", gzip.decompress(history.read_bytes()).decode()))


async def test_traces_may_be_switched_on_while_cases_run() -> None:
    """TRACES_URL brings an interceptor into every workflow: it changes nothing of what a case does."""
    tracing = Tracing(Settings(environment="test"), "worker", InMemorySpanExporter())
    replayer = Replayer(
        workflows=[MediationCase], data_converter=pydantic_data_converter, interceptors=tracing.interceptors()
    )
    recorded = gzip.decompress(HISTORIES[0].read_bytes()).decode()
    await replayer.replay_workflow(WorkflowHistory.from_json("case-c1", recorded))
    tracing.close()
