"""The link to a new password: it leaves at once, at any hour, or is given up when it would be over."""

import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from domain.accounts import LINK_LASTS, PasswordLinkToSend
from tests.workflows.beside_the_cases import Mail, leaves_or_is_given_up
from workflows.accounts import PasswordLetter
from workflows.neighbours import Accounts, Delivery


class Desk(Mail, Accounts):
    @activity.defn
    async def send_password_link(self, order: PasswordLinkToSend) -> Delivery:
        return self.send(order)


@pytest.mark.parametrize("away", [False, True])
async def test_a_link_leaves_at_once_or_is_given_up_when_it_is_over(env: WorkflowEnvironment, away: bool) -> None:
    order = PasswordLinkToSend(link="row1")
    await leaves_or_is_given_up(env, PasswordLetter, order, Accounts, Desk(away), LINK_LASTS, "a_link")
