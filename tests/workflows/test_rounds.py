"""What the service does at set times."""

from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.replay.keeping import told
from workflows.neighbours import (
    Delivery,
    Digests,
    DigestToSend,
    Readers,
    Reconciled,
    Reconciliation,
    Retained,
    Retention,
    Round,
    activities_of,
)
from workflows.rounds import DailyRound, Reconcile, RetentionRound


@dataclass
class Office(Digests, Reconciliation, Retention):
    """Remembers what it was asked."""

    readers: list[str] = field(default_factory=list)
    away_for: list[str] = field(default_factory=list)
    sent: list[DigestToSend] = field(default_factory=list)
    failures: int = 0

    @activity.defn
    async def readers_of_today(self, order: Round) -> Readers:
        return Readers(ids=self.readers)

    @activity.defn
    async def send_digest(self, order: DigestToSend) -> Delivery:
        if order.reader in self.away_for:
            raise ApplicationError("mail is away")
        self.sent.append(order)
        return Delivery(state="sent")

    @activity.defn
    async def reconcile(self, order: Round) -> Reconciled:
        if self.failures:
            self.failures -= 1
            raise ApplicationError("the database is away")
        return Reconciled(compared=7, mended={"terminated": 1}, reported={"unknown": 2})

    @activity.defn
    async def erase_what_is_due(self, order: Round) -> Retained:
        return Retained(cases=3, enquiries=1, kept_on_hold=1, left_for_tomorrow=False)


def worker(client: Client, office: Office) -> Worker:
    parts = (Digests, Reconciliation, Retention)
    return Worker(
        client,
        task_queue="rounds",
        workflows=[DailyRound, Reconcile, RetentionRound],
        activities=[getattr(office, name) for part in parts for name in activities_of(part)],
    )


async def test_one_list_that_cannot_leave_holds_up_no_other(env: WorkflowEnvironment) -> None:
    office = Office(readers=["cora", "cyd", "max"], away_for=["cyd"])
    async with worker(env.client, office):
        round = await env.client.start_workflow(DailyRound.run, id="daily", task_queue="rounds")
        became = await round.result()
    described = await round.describe()
    assert became == {"given up": 1, "sent": 2}
    assert sorted(order.reader for order in office.sent) == ["cora", "max"]
    assert {order.day for order in office.sent} == {described.start_time.date()}
    assert described.close_time
    assert described.close_time - described.start_time < timedelta(hours=5), "a list of yesterday is of no use"
    history = await round.fetch_history()
    await told(history, DailyRound, "one_list_that_cannot_leave", kept=True, fingerprint=True)


async def test_a_quiet_morning(env: WorkflowEnvironment) -> None:
    async with worker(env.client, Office()):
        assert await env.client.execute_workflow(DailyRound.run, id="daily", task_queue="rounds") == {}


async def test_a_round_that_stumbles_is_tried_again(env: WorkflowEnvironment) -> None:
    async with worker(env.client, Office(failures=2)):
        found = await env.client.execute_workflow(Reconcile.run, id="reconciler", task_queue="rounds")
        erased = await env.client.execute_workflow(RetentionRound.run, id="retention", task_queue="rounds")
    for workflow, id in ((Reconcile, "reconciler"), (RetentionRound, "retention")):
        history = await env.client.get_workflow_handle(id).fetch_history()
        await told(history, workflow, f"{id}_that_stumbles", kept=True, fingerprint=True)
    assert (found.mended, found.reported) == ({"terminated": 1}, {"unknown": 2})
    assert erased.cases == 3
