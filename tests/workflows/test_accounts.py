"""The link to a new password: it leaves at once, at any hour, or is given up when it would be over."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain.accounts import LINK_LASTS, PasswordLinkToSend
from tests.replay.keeping import told
from workflows.accounts import PasswordLetter
from workflows.neighbours import Accounts, Delivery, activities_of

ORDER = PasswordLinkToSend(link="row1")


@dataclass
class Desk(Accounts):
    """Remembers what it was asked, and when."""

    away: bool
    sent: list[PasswordLinkToSend] = field(default_factory=list)
    tried: list[datetime] = field(default_factory=list)

    @activity.defn
    async def send_password_link(self, order: PasswordLinkToSend) -> Delivery:
        self.tried.append(activity.info().current_attempt_scheduled_time)
        if self.away:
            raise ApplicationError("mail is away")
        self.sent.append(order)
        return Delivery(state="sent")


@pytest.mark.parametrize("away", [False, True])
async def test_a_link_leaves_at_once_or_is_given_up_when_it_is_over(env: WorkflowEnvironment, away: bool) -> None:
    await env.sleep(timedelta(hours=13))  # it is eleven at night
    desk, begun = Desk(away), await env.get_current_time()
    async with Worker(
        env.client,
        task_queue="links",
        workflows=[PasswordLetter],
        activities=[getattr(desk, name) for name in activities_of(Accounts)],
    ):
        handle = await env.client.start_workflow(
            PasswordLetter.run, ORDER, id=ORDER.workflow_id, task_queue="links", run_timeout=timedelta(days=1)
        )
        became = await handle.result()
    assert desk.tried[0] - begun < timedelta(seconds=30)
    assert max(desk.tried) - begun < LINK_LASTS + timedelta(seconds=30)
    assert desk.sent == ([] if away else [ORDER])
    assert became == ("given up" if away else "sent")
    assert (len(desk.tried) > 3) == away  # tried again and again within its time
    name = "a_link_that_is_given_up" if away else "a_link_that_leaves_at_once"
    await told(await handle.fetch_history(), PasswordLetter, name, kept=True, fingerprint=True)
