"""What a coordinator does about a step that is due next: the next rung of an ask's ladder, while nobody has answered.
All steps of a case at once: `Pause` and `Hold`."""

from datetime import date

from pydantic import AwareDatetime

from domain.commands.base import Change


class StepChange(Change):
    """A change of one step that is due next. It is named by its ask and by the moment for which it was planned: a form
    that was opened before somebody else changed the step, or sent twice, is refused."""

    ask: str
    planned: AwareDatetime


class SkipStep(StepChange):
    """This step is left out. The one after it comes as it was planned."""

    title = "Skip a step"


class BringStepForward(StepChange):
    """This step is taken now; letters keep office hours. Those after it come as they were planned."""

    title = "Bring a step forward"


class PostponeStep(StepChange):
    """This step comes on a later day, or on the next working day after that; those after it come so much later, too."""

    title = "Postpone a step"
    until: date
