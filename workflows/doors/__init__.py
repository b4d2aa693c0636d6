"""The doors of a case: what people can do, as Updates named like their commands. A validator judges by the case's own
state (domain/rules); facts of the database are asked for in the handler. A refusal is a code and ids; pages word it."""

from domain.journey import workflow_id
from workflows.doors.any_time import AnyTime
from workflows.doors.breaches import Breaches
from workflows.doors.changes import Changes
from workflows.doors.contact import Contacts
from workflows.doors.corrections import Corrections
from workflows.doors.desk import REFUSED, Accepted, refusal
from workflows.doors.mailbox import Mailbox
from workflows.doors.messages import Messages
from workflows.doors.next_steps import NextSteps
from workflows.doors.papers import PaperDoors
from workflows.doors.people import People
from workflows.doors.preparation import Preparation
from workflows.doors.steps import Steps
from workflows.doors.whole_case import WholeCase


class Doors(
    Steps,
    Preparation,
    Changes,
    Corrections,
    People,
    Contacts,
    PaperDoors,
    Messages,
    NextSteps,
    Breaches,
    AnyTime,
    WholeCase,
    Mailbox,
):
    """Every door of a case."""


__all__ = ["REFUSED", "Accepted", "Doors", "refusal", "workflow_id"]
