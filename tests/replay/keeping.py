"""What is kept of stories, so that later code is measured by it.

**Histories** of cases that were begun on earlier code: today's must be able to go on with them.
**Fingerprints**: what a new case of today does, as text. A change of it stands in the diff, for a reviewer to read.

A fingerprint counts commands, and does not say in which order they were given: whether two letters leave in one task of
the workflow or in two is chance, and so is how often the case is filed. The order is what replay looks at."""

import gzip
import json
import os
from collections import Counter
from pathlib import Path

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from replaying import KEPT_AS, workflow_type
from workflows.neighbours import LettersToDeliver

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
    "test_one_letter_in_trouble_holds_up_none_that_leaves_with_it",
    "test_a_partial_agreement",
)
"""Stories whose histories stand in tests/replay/histories: what was released must go on under later code."""
FINGERPRINTED = (
    "test_a_full_agreement_with_one_reminder",
    "test_a_safeguarding_hold_stops_all_unprompted_messages",
    "test_a_whole_journey_without_email",
    "test_everything_comes_back_and_a_coordinator_rings",
)
"""Stories whose commands stand in tests/replay/fingerprints. A few: a change of the journey's middle shows in each."""

FINGERPRINTS = Path(__file__).parent / "fingerprints"
ENDS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: "ends",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: "begins anew",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: "fails",
}
OTHERWISE = """What begins now does something else than before. Is it meant? Then see that what runs can go on
(tests/replay; docs/runbook.md), and write down what it does with `make fingerprints`: the diff is for the reviewer."""


async def told(history: WorkflowHistory, workflow: type, name: str, *, kept: bool, fingerprint: bool) -> None:
    """A story is over. It must replay, and do what it is known to do."""
    await Replayer(workflows=[workflow], data_converter=pydantic_data_converter).replay_workflow(history)
    folder = os.environ.get("RECORD_HISTORIES")
    if kept and folder:
        packed = gzip.compress(history.to_json().encode(), mtime=0)
        (Path(folder) / f"{name}{KEPT_AS}").write_bytes(packed)
    if fingerprint:
        file, now = FINGERPRINTS / f"{name}.txt", fingerprint_of(history)
        if os.environ.get("RECORD_FINGERPRINTS"):
            file.write_text(now)
        assert now.splitlines() == file.read_text().splitlines(), OTHERWISE


def fingerprint_of(history: WorkflowHistory) -> str:
    """One line for each command that differs, with how often it was given."""
    commands = Counter(command for event in history.events for command in _commands(event))
    lines = [f"{count:3} {command}" for command, count in sorted(commands.items())]
    return "\n".join([workflow_type(history), *lines, ""])


def _commands(event: HistoryEvent) -> list[str]:
    """What the workflow asked for, in the words that operations read; nothing for what is no command of its own, and
    for those that chance decides about. Which letters leave together is chance too: each is told on its own."""
    if event.activity_task_scheduled_event_attributes.activity_type.name == "deliver_together":
        [order] = event.activity_task_scheduled_event_attributes.input.payloads
        letters = LettersToDeliver.model_validate_json(order.data).letters
        return [f"deliver: {letter.kind} to {letter.to}" for letter in letters]
    command = _command(event)
    return [command] if command else []


def _command(event: HistoryEvent) -> str:
    about = f": {json.loads(event.user_metadata.summary.data)}" if event.user_metadata.HasField("summary") else ""
    match event.event_type:
        case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            name = event.activity_task_scheduled_event_attributes.activity_type.name
            return "" if name == "file" else f"{name}{about}"
        case EventType.EVENT_TYPE_TIMER_STARTED:
            return f"timer{about}"
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
            return f"act {event.workflow_execution_update_accepted_event_attributes.accepted_request.input.name}"
        case EventType.EVENT_TYPE_MARKER_RECORDED:
            patch = json.loads(event.marker_recorded_event_attributes.details["patch-data"].payloads[0].data)
            return f"patched {patch['id']}"
        case EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
            shown = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
            values = [f"{key} {shown[key].data.decode()}" for key in sorted(shown) if key.startswith("Case")]
            return f"shows {', '.join(values)}" if values else ""
    return ENDS.get(event.event_type, "")
