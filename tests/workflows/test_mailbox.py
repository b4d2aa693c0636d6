"""The watch over the mailbox: one reads at a time, for as long as a mailbox is set."""

from dataclasses import dataclass, field

from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.replay.keeping import told
from workflows.mailbox import WATCH, MailboxWatch
from workflows.neighbours import Mailroom, Watch, Watched, activities_of


@dataclass
class Room(Mailroom):
    """A mailbox that is away at first, and after some watches is set no more."""

    away: int = 3
    watches: list[str] = field(default_factory=list)  # the run that each watch belongs to

    @activity.defn
    async def watch(self, order: Watch) -> Watched:
        assert order == WATCH
        if self.away:
            self.away -= 1
            raise ApplicationError("the mailbox cannot be read now", type="mailbox_away")
        self.watches.append(str(activity.info().workflow_run_id))
        return Watched(is_set=len(self.watches) < 3)


async def test_a_watch_follows_the_other_until_no_mailbox_is_set(env: WorkflowEnvironment) -> None:
    room = Room()
    async with Worker(
        env.client,
        task_queue="mail",
        workflows=[MailboxWatch],
        activities=[getattr(room, name) for name in activities_of(Mailroom)],
    ):
        handles: list[WorkflowHandle[MailboxWatch, str]] = [
            await env.client.start_workflow(
                MailboxWatch.run,
                id="mailbox",
                task_queue="mail",
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )
            for _ in range(2)  # two workers start
        ]
        assert await handles[0].result() == "no mailbox is set"
    assert room.away == 0, "it tried again until the mailbox was back"
    assert len(set(room.watches)) == 3, "each watch has a history of its own"
    for run, name in ((0, "a_watch_that_begins_anew"), (2, "a_watch_without_a_mailbox")):
        history = await env.client.get_workflow_handle("mailbox", run_id=room.watches[run]).fetch_history()
        assert len(history.events) < 15, "six hours of looking every minute leave a short one"
        await told(history, MailboxWatch, name, kept=True, fingerprint=True)
