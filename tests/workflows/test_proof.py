"""The code by which somebody shows that a mailbox is theirs: it leaves at once, at any hour, or is given up soon."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain.codes import GIVEN_UP_AFTER, ProofToSend
from tests.replay.keeping import told
from workflows.neighbours import Delivery, Proofs, activities_of
from workflows.proof import ProofCode

ORDER = ProofToSend(proof="k1", number=2)


@dataclass
class Desk(Proofs):
    """Remembers what it was asked, and when."""

    away: bool = False
    sent: list[ProofToSend] = field(default_factory=list)
    tried: list[datetime] = field(default_factory=list)

    @activity.defn
    async def send_proof(self, order: ProofToSend) -> Delivery:
        self.tried.append(activity.info().current_attempt_scheduled_time)
        if self.away:
            raise ApplicationError("mail is away")
        self.sent.append(order)
        return Delivery(state="sent")


@pytest.mark.parametrize("away", [False, True])
async def test_a_code_leaves_at_once_or_is_given_up(env: WorkflowEnvironment, away: bool) -> None:
    await env.sleep(timedelta(hours=13))  # it is eleven at night
    desk, begun = Desk(away), await env.get_current_time()
    async with Worker(
        env.client,
        task_queue="proofs",
        workflows=[ProofCode],
        activities=[getattr(desk, name) for name in activities_of(Proofs)],
    ):
        handle = await env.client.start_workflow(
            ProofCode.run, ORDER, id=ORDER.workflow_id, task_queue="proofs", run_timeout=timedelta(days=2)
        )
        became = await handle.result()
    assert desk.tried[0] - begun < timedelta(seconds=30)
    assert max(desk.tried) - begun < GIVEN_UP_AFTER + timedelta(seconds=30)
    assert desk.sent == ([] if away else [ORDER])
    assert became == ("given up" if away else "sent")
    name = "a_proof_that_is_given_up" if away else "a_proof_that_leaves_at_once"
    await told(await handle.fetch_history(), ProofCode, name, kept=True, fingerprint=True)
