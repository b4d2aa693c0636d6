"""Sends the link by which a member of staff chooses a new password, at any hour."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.accounts import LINK_LASTS, PasswordLinkToSend
    from workflows.errands import soon
    from workflows.neighbours import Accounts


@workflow.defn
class PasswordLetter:
    """One link. It knows the id of its row; token, name and address stay in the case file."""

    @workflow.run
    async def run(self, order: PasswordLinkToSend) -> str:
        delivery = await soon(Accounts.send_password_link, order, LINK_LASTS, "send the link to a new password")
        became = delivery.state if delivery else "given up"
        workflow.set_current_details(f"The link: **{became}**.")
        return became
