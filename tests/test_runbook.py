"""The filters that the runbook gives operations to save are understood by the real server, and find what they say."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from tests.temporal_servers import real
from workflows.details import ESCALATED, ON_HOLD, STAGE, WAITING_FOR

DOCS = Path(__file__).parents[1] / "docs"
QUESTIONS = (DOCS / "runbook.md").read_text().partition("## Ten questions\n")[2].partition("\n## ")[0]
FILTERS = [line for block in re.findall(r"```\n(.*?)```", QUESTIONS, re.DOTALL) for line in block.splitlines()]
CASES: dict[str, tuple[str, list[str], bool, bool]] = {
    "calm": ("consent", ["school", "parent"], False, False),
    "unassigned": ("allocation", ["coordinator"], False, False),
    "escalated": ("consent", ["school"], True, False),
    "held": ("consent", ["parent"], False, True),
}
ENDED = "escalated and held, and over"
FOUND = {
    'CaseWaitingFor = "school"': {"calm", "escalated"},
    'CaseWaitingFor = "coordinator" AND CaseStage = "allocation"': {"unassigned"},
    "CaseEscalated = true": {"escalated"},
    "CaseOnHold = true": {"held"},
    "TemporalReportedProblems": set(),  # nobody works on them, so none fails
    "StartTime": {*CASES, ENDED},  # of whatever day stands there, which has begun before they did
}


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with real() as env:
        for name, (stage, waiting, escalated, on_hold) in {**CASES, ENDED: ("consent", ["school"], True, True)}.items():
            shown: list[SearchAttributePair[Any]] = [
                SearchAttributePair(STAGE, stage),
                SearchAttributePair(WAITING_FOR, waiting),
                SearchAttributePair(ESCALATED, escalated),
                SearchAttributePair(ON_HOLD, on_hold),
            ]
            case = await env.client.start_workflow(
                "MediationCase", id=name, task_queue="nobody", search_attributes=TypedSearchAttributes(shown)
            )
            if name == ENDED:
                await case.terminate()
        yield env.client


async def test_a_filter_finds_what_it_says(client: Client) -> None:
    for wanted in FILTERS:
        expected = next(found for beginning, found in FOUND.items() if wanted.startswith(beginning))
        async with asyncio.timeout(20):  # lists follow what happened by a moment
            while {one.id async for one in client.list_workflows(wanted)} != expected:
                await asyncio.sleep(0.1)


def test_every_question_has_its_picture_and_no_filter_is_left_out() -> None:
    assert QUESTIONS.count("\n### ") == 10
    pictures = re.findall(r"\]\((pictures/.+?)\)", QUESTIONS)
    assert len(pictures) == 10
    assert all((DOCS / picture).stat().st_size <= 60_000 for picture in pictures)
    assert [beginning for beginning in FOUND if not any(one.startswith(beginning) for one in FILTERS)] == []
