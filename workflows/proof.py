"""Sends the code by which somebody shows that a mailbox or a telephone is theirs, at any hour."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.codes import GIVEN_UP_AFTER, ProofToSend
    from workflows.errands import soon
    from workflows.neighbours import Proofs


@workflow.defn
class ProofCode:
    """One code. It knows an opaque key and the code's number; digits, names and addresses stay in the case file."""

    @workflow.run
    async def run(self, order: ProofToSend) -> str:
        delivery = await soon(Proofs.send_proof, order, GIVEN_UP_AFTER, f"send code {order.number}")
        became = delivery.state if delivery else "given up"
        workflow.set_current_details(f"The code: **{became}**.")
        return became
