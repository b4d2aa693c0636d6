"""Messages that belong to no case (a code, a link to a new password), each sent by a workflow of its own."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.replay.keeping import told
from workflows.neighbours import Delivery, activities_of


@dataclass
class Mail:
    """Remembers what it was asked to send, and when."""

    away: bool
    sent: list[Any] = field(default_factory=list)
    tried: list[datetime] = field(default_factory=list)

    def send(self, order: Any) -> Delivery:
        self.tried.append(activity.info().current_attempt_scheduled_time)
        if self.away:
            raise ApplicationError("mail is away")
        self.sent.append(order)
        return Delivery(state="sent")


async def leaves_or_is_given_up(
    env: WorkflowEnvironment, workflow: Any, order: Any, neighbour: type, desk: Mail, within: timedelta, name: str
) -> datetime:
    """Told at eleven at night: the message leaves at once, or is tried again and again and given up `within` its time.
    When it began. The history is kept as `name`."""
    await env.sleep(timedelta(hours=13))
    begun = await env.get_current_time()
    activities = [getattr(desk, one) for one in activities_of(neighbour)]
    async with Worker(env.client, task_queue="messages", workflows=[workflow], activities=activities):
        handle: WorkflowHandle[Any, str] = await env.client.start_workflow(
            workflow.run, order, id=order.workflow_id, task_queue="messages", run_timeout=timedelta(days=2)
        )
        became = await handle.result()
    assert desk.tried[0] - begun < timedelta(seconds=30)
    assert max(desk.tried) - begun < within + timedelta(seconds=30)
    assert desk.sent == ([] if desk.away else [order])
    assert became == ("given up" if desk.away else "sent")
    assert (len(desk.tried) > 3) == desk.away  # tried again and again within its time
    name += "_that_is_given_up" if desk.away else "_that_leaves_at_once"
    await told(await handle.fetch_history(), workflow, name, kept=True, fingerprint=True)
    return begun
