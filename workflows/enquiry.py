"""Sends the code for a referral from the public form, at any hour, and has erased what never became a case."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.codes import GIVEN_UP_AFTER, KEPT
    from domain.enquiry import CodeToSend
    from workflows.errands import near, soon
    from workflows.neighbours import Enquiries


@workflow.defn
class EnquiryCode:
    """One code. It knows the enquiry's id and the code's number; digits, names and addresses stay in the case file."""

    @workflow.run
    async def run(self, order: CodeToSend) -> str:
        delivery = await soon(Enquiries.send_code, order, GIVEN_UP_AFTER, f"send code {order.number}")
        became = delivery.state if delivery else "given up"
        workflow.set_current_details(f"The code: **{became}**. The enquiry is erased after a day, unless it is a case.")
        await workflow.sleep(KEPT, summary="until the enquiry is erased, unless it has become a case")
        await near(Enquiries.erase_old, order, "erase old enquiries, this one among them")
        return became
