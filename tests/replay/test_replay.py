"""Cases that were begun on earlier code go on under today's: their histories are replayed. A failure here means that a
change of the workflow needs `workflow.patched` (docs/runbook.md)."""

import gzip
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from workflows.case import MediationCase

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json.gz"))


def test_there_are_histories() -> None:
    assert len(HISTORIES) >= 6


@pytest.mark.parametrize("history", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_case_goes_on(history: Path) -> None:
    replayer = Replayer(workflows=[MediationCase], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(WorkflowHistory.from_json("case-c1", gzip.decompress(history.read_bytes()).decode()))
