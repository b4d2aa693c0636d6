"""The code for the public form: it leaves at once, is given up soon, and what never becomes a case is erased."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain.codes import GIVEN_UP_AFTER, KEPT
from domain.enquiry import CodeToSend
from tests.replay.keeping import told
from workflows.enquiry import EnquiryCode
from workflows.neighbours import Delivery, Enquiries, activities_of

ORDER = CodeToSend(enquiry="e1", number=2)


@dataclass
class Desk(Enquiries):
    """Remembers what it was asked, and when."""

    away: bool = False
    sent: list[CodeToSend] = field(default_factory=list)
    tried: list[datetime] = field(default_factory=list)
    erased: list[datetime] = field(default_factory=list)

    @activity.defn
    async def send_code(self, order: CodeToSend) -> Delivery:
        self.tried.append(activity.info().current_attempt_scheduled_time)
        if self.away:
            raise ApplicationError("mail is away")
        self.sent.append(order)
        return Delivery(state="sent")

    @activity.defn
    async def erase_old(self, order: CodeToSend) -> None:
        self.erased.append(activity.info().current_attempt_scheduled_time)


@pytest.mark.parametrize("away", [False, True])
async def test_a_code_leaves_at_once_or_is_given_up_and_the_enquiry_is_erased(
    env: WorkflowEnvironment, away: bool
) -> None:
    await env.sleep(timedelta(hours=13))  # it is eleven at night
    desk, begun = Desk(away), await env.get_current_time()
    async with Worker(
        env.client,
        task_queue="codes",
        workflows=[EnquiryCode],
        activities=[getattr(desk, name) for name in activities_of(Enquiries)],
    ):
        handle = await env.client.start_workflow(
            EnquiryCode.run, ORDER, id=ORDER.workflow_id, task_queue="codes", run_timeout=timedelta(days=2)
        )
        became = await handle.result()
    assert desk.tried[0] - begun < timedelta(seconds=30)
    assert max(desk.tried) - begun < GIVEN_UP_AFTER + timedelta(seconds=30)
    assert desk.sent == ([] if away else [ORDER])
    assert became == ("given up" if away else "sent")
    assert (len(desk.tried) > 3) == away  # tried again and again within its time
    [erased] = desk.erased
    assert KEPT <= erased - begun < KEPT + GIVEN_UP_AFTER + timedelta(minutes=1)
    name = "a_code_that_is_given_up" if away else "a_code_that_leaves_at_once"
    await told(await handle.fetch_history(), EnquiryCode, name, kept=True, fingerprint=True)
