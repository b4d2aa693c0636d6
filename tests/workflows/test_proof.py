"""The code by which somebody shows that a mailbox is theirs: it leaves at once, at any hour, or is given up soon."""

import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from domain.codes import GIVEN_UP_AFTER, ProofToSend
from tests.workflows.beside_the_cases import Mail, leaves_or_is_given_up
from workflows.neighbours import Delivery, Proofs
from workflows.proof import ProofCode


class Desk(Mail, Proofs):
    @activity.defn
    async def send_proof(self, order: ProofToSend) -> Delivery:
        return self.send(order)


@pytest.mark.parametrize("away", [False, True])
async def test_a_code_leaves_at_once_or_is_given_up(env: WorkflowEnvironment, away: bool) -> None:
    order = ProofToSend(proof="k1", number=2)
    await leaves_or_is_given_up(env, ProofCode, order, Proofs, Desk(away), GIVEN_UP_AFTER, "a_proof")
