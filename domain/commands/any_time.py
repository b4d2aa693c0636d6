"""What staff and parties may do at any moment of a case."""

from typing import Literal

from pydantic import AwareDatetime, model_validator

from domain.commands.base import EVERY_STAFF, GUARDIANS, MEDIATORS, AnswerTexts, Change, Command, How, StaffRole
from domain.policy import Policy
from domain.stages import STAFF_CLOSINGS, ClosingReason


class Withdraw(Command):
    """A party leaves the mediation. Voluntary: no reason is needed, and none is passed on."""

    may = MEDIATORS
    texts = AnswerTexts
    by_link = "case"
    title = "Withdraw"
    party: str
    how: How


class Pause(Command):
    """All waiting stands still, for a bereavement or a stay in hospital, say."""

    title = "Pause the case"


class Resume(Command):
    """Waiting goes on where it stood."""

    title = "Resume the case"


class Hold(Command):
    """Safeguarding: all unprompted messages stop at once."""

    may = EVERY_STAFF
    title = "Hold for safeguarding"


class Release(Command):
    """The safeguarding hold ends; the lead's or a manager's act only."""

    may = GUARDIANS
    title = "Release the safeguarding hold"


class CloseCase(Command):
    """A manager ends the case for a reason that is nobody's answer."""

    may = (StaffRole.MANAGER,)
    title = "Close the case"
    reason: ClosingReason

    @model_validator(mode="after")
    def _closable(self) -> "CloseCase":
        if self.reason not in STAFF_CLOSINGS:
            raise ValueError(f"a manager closes for one of: {', '.join(STAFF_CLOSINGS)}")
        return self


class Undo(Command):
    """The end that a member of staff entered a few minutes ago was a mistake: everything is as it was before."""

    may = MEDIATORS
    title = "Undo the end of the case"


class Reassign(Change):
    """Another coordinator looks after the case; tasks and letters follow."""

    title = "Hand the case to another coordinator"
    coordinator: str


NOBODY_REACHED = ("no_answer", "voicemail", "call_back")


class TickTask(Command):
    """A task that stands for itself (a letter to post, a call, a letter that failed) is done; or the call reached
    nobody, and is tried again: at `call_back`, or on the next working morning."""

    may = EVERY_STAFF
    title = "Tick off a task"
    task: str
    outcome: Literal["done", "posted", "spoke", "no_answer", "voicemail", "call_back"] = "done"
    call_back: AwareDatetime | None = None


class BringBackTask(Change):
    """A task was ticked off by mistake: it is to be done again. A letter that was not posted after all has a way of its
    own (`report_returned_letter`)."""

    may = EVERY_STAFF
    title = "Bring back a task"
    task: str


class ReportReturnedLetter(Command):
    """A letter that was posted came back undelivered: it counts as not given, and goes by another channel."""

    title = "A posted letter came back"
    kind_of_letter: str
    about: str
    to: str
    number: int


class ChangePolicy(Change):
    """The case goes on under other targets or holidays; every open ask is armed anew."""

    may = (StaffRole.MANAGER,)
    title = "Change the targets"
    policy: Policy
