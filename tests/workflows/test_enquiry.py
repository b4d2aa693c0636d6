"""The code for the public form: it leaves at once, is given up soon, and what never becomes a case is erased."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from domain.codes import GIVEN_UP_AFTER, KEPT
from domain.enquiry import CodeToSend
from tests.workflows.beside_the_cases import Mail, leaves_or_is_given_up
from workflows.enquiry import EnquiryCode
from workflows.neighbours import Delivery, Enquiries


@dataclass
class Desk(Mail, Enquiries):
    erased: list[datetime] = field(default_factory=list)

    @activity.defn
    async def send_code(self, order: CodeToSend) -> Delivery:
        return self.send(order)

    @activity.defn
    async def erase_old(self, order: CodeToSend) -> None:
        self.erased.append(activity.info().current_attempt_scheduled_time)


@pytest.mark.parametrize("away", [False, True])
async def test_a_code_leaves_at_once_or_is_given_up_and_the_enquiry_is_erased(
    env: WorkflowEnvironment, away: bool
) -> None:
    desk, order = Desk(away), CodeToSend(enquiry="e1", number=2)
    begun = await leaves_or_is_given_up(env, EnquiryCode, order, Enquiries, desk, GIVEN_UP_AFTER, "a_code")
    [erased] = desk.erased
    assert KEPT <= erased - begun < KEPT + GIVEN_UP_AFTER + timedelta(minutes=1)
