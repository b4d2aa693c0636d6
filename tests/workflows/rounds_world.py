"""What the rounds ask of the world, for tests: neighbours that remember, and a worker for them."""

from dataclasses import dataclass, field

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

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
class Rounds(Digests, Reconciliation, Retention):
    """What the rounds ask of the world: it remembers what it was asked."""

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


def worker(client: Client, rounds: Rounds) -> Worker:
    parts = (Digests, Reconciliation, Retention)
    return Worker(
        client,
        task_queue="rounds",
        workflows=[DailyRound, Reconcile, RetentionRound],
        activities=[getattr(rounds, name) for part in parts for name in activities_of(part)],
    )
