"""Could what runs go on under the code that is here? Its history is replayed against it: nothing is sent, and no case
notices. Operations ask it of the server before a release (`worker.py verify`), the tests of what was recorded."""

import gzip
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.client import Client, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

KEPT_AS = ".json.gz"  # a recorded history, unsealed
# What the SDK says of a failed replay, without the words of exceptions. The innermost type of error comes last.
TYPE_OF_ERROR = re.compile(r'r#type: "(\w+)"')
OTHER_COMMAND = re.compile(r'(?<=Nondeterminism error: )[^"\\]+')


@dataclass(frozen=True)
class Stuck:
    """A workflow that this code could not go on with."""

    workflow_id: str
    workflow_type: str
    why: str  # kinds of commands and errors, never what they are about

    def __str__(self) -> str:
        return f"{self.workflow_id} ({self.workflow_type}): {self.why}"


@dataclass
class Verdict:
    went_on: Counter[str] = field(default_factory=Counter)  # by type of workflow
    stuck: list[Stuck] = field(default_factory=list)

    def __str__(self) -> str:
        count = self.went_on.total()
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self.went_on.items()))
        good = f"{count} can go on" + (f" ({kinds})" if kinds else "")
        return f"{good}. {len(self.stuck)} cannot." if self.stuck else f"{good}."


async def replay(histories: AsyncIterator[WorkflowHistory], workflows: list[type], converter: DataConverter) -> Verdict:
    """Each history by itself: one that is stuck says nothing of the next."""
    verdict, ours = Verdict(), {workflow.__name__ for workflow in workflows}
    replayer = Replayer(workflows=workflows, data_converter=converter)
    async with replayer.workflow_replay_iterator(histories) as replayed:
        async for one in replayed:
            kind = workflow_type(one.history)
            if one.replay_failure is None:
                verdict.went_on[kind] += 1
            else:
                why = _why(one.replay_failure) if kind in ours else "there is no such workflow here"
                verdict.stuck.append(Stuck(one.history.workflow_id, kind, why))
    return verdict


def workflow_type(history: WorkflowHistory) -> str:
    return history.events[0].workflow_execution_started_event_attributes.workflow_type.name


def _why(failure: Exception) -> str:
    if isinstance(failure, NondeterminismError):
        found = OTHER_COMMAND.search(str(failure))
        return f"goes another way: {found.group()}" if found else "goes another way"
    types = TYPE_OF_ERROR.findall(str(failure))
    return f"fails with {types[-1] if types else type(failure).__name__}"


async def of_server(
    client: Client, task_queue: str, closed_within: timedelta = timedelta(0)
) -> AsyncIterator[WorkflowHistory]:
    """All that run on a queue, and those that ended a short while ago."""
    since = (datetime.now(UTC) - closed_within).isoformat()
    which = f'ExecutionStatus = "Running" OR CloseTime > "{since}"' if closed_within else 'ExecutionStatus = "Running"'
    async for found in client.list_workflows(f'TaskQueue = "{task_queue}" AND ({which})'):
        try:
            yield await client.get_workflow_handle(found.id, run_id=found.run_id).fetch_history()
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:  # the server forgot it in this moment: it will not go on
                raise


async def of_files(files: Iterable[Path]) -> AsyncIterator[WorkflowHistory]:
    for file in files:
        text = gzip.decompress(file.read_bytes()).decode()
        yield WorkflowHistory.from_json(file.name.removesuffix(KEPT_AS), text)


def recorded(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{KEPT_AS}"))
