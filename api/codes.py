"""Codes of six digits at the doors: sent by a workflow, typed into a page, and what is said about them."""

import re
from datetime import timedelta

import structlog
from fastapi import Response
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from api.services import Services
from casefile.codes import Verdict
from domain.codes import ProofToSend
from domain.enquiry import CodeToSend
from domain.languages import marked, tr, tr_many

log = structlog.get_logger(__name__)

DIGITS = re.compile(r"[0-9]{6}", re.ASCII)


async def begin_code(services: Services, order: CodeToSend | ProofToSend) -> bool:
    """Hands a code to a workflow, which knows it by its number. It is for somebody who waits: when Temporal is away it
    is given up at once (False), and the page says so."""
    workflow, summary = _SENT_BY[type(order)]
    intake = services.intake
    try:
        await intake.client.start_workflow(
            workflow,
            order,
            id=order.workflow_id,
            task_queue=intake.task_queue,
            static_summary=summary,
            rpc_timeout=timedelta(seconds=intake.patience),
        )
    except WorkflowAlreadyStartedError:
        return True
    except (RPCError, RuntimeError) as error:  # RuntimeError: how a lazy client reports an unreachable server
        log.warning("a code cannot be sent now", kind=workflow, error=type(error).__name__)
        return False
    return True


_SENT_BY: dict[type, tuple[str, str]] = {
    CodeToSend: ("EnquiryCode", "A code for the public referral form"),
    ProofToSend: ("ProofCode", "A code for somebody at their page"),
}


def six_digits(typed: str) -> str:
    """The code in what was typed, spaces and dashes apart; "" when there is none."""
    digits = re.sub(r"[\s-]", "", typed)
    return digits if DIGITS.fullmatch(digits) else ""


def in_words(verdict: Verdict, tries_left: int) -> str:
    """Why a code opens nothing."""
    tries = tr_many("one more try", "{number} more tries", tries_left)
    return tr(_WRONG[verdict], tries=tries)


_WRONG = {
    "wrong": marked("This is not the code that we sent last. You have {tries}."),
    "spent": marked("The code was wrong too often and is void. Ask for a new one below."),
    "used": marked("This code has been used. Ask for a new one below."),
    "expired": marked("The code is no longer good. Ask for a new one below."),
}


def too_many(services: Services, wait: timedelta, instead: str) -> str:
    """It does not say whether to this address or from this network. `instead`: what we do for whoever rings."""
    minutes = -(-int(wait.total_seconds() + 1) // 60)
    soon = tr_many("{number} minute", "{number} minutes", minutes)
    when = soon if minutes < 120 else tr_many("{number} hour", "{number} hours", -(-minutes // 60))
    return tr(
        "Too many codes were asked for in a short time, so none was sent. Try again in {when}, or ring us on "
        "{phone}: {instead}.",
        when=when,
        phone=services.settings.service_phone,
        instead=tr(instead),
    )


def later(answer: Response, wait: timedelta) -> Response:
    """With the header that says when to try again."""
    answer.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return answer
