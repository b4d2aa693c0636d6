"""What a coordinator does about a step that is due next: skips it, brings it forward, or postpones it."""

from typing import ClassVar

from api.forms import Field, Typed
from api.staff.forms.base import REASON, CommandForm, Fields, Questions, Setting
from domain import words
from domain.journey import StepWay
from domain.rules import POSTPONED_AT_MOST
from domain.words import NextStep


class StepForm(CommandForm):
    """A command about the next step of an ask, which the address names."""

    what: ClassVar[str]  # becomes of it: "Skip"
    way: ClassVar[StepWay]
    meaning: ClassVar[str]

    def about_is_known(self, s: Setting) -> bool:
        step = _step(s)
        return step is not None and self.way in step.can

    def title(self, s: Setting, kind: str) -> str:
        step = _step(s)
        return f"{self.what}: {step.what}" if step else super().title(s, kind)

    def intro(self, s: Setting) -> str:
        step = _step(s)
        if step is None:
            return ""
        why = f" ({step.why})" if step.why else ""
        return f"It is planned for {words.moment(step.at)}{why}, unless {step.unless}. {self.meaning}"

    def questions(self, s: Setting) -> Questions:
        return [REASON]

    def hidden(self, s: Setting) -> dict[str, str]:
        step = _step(s)
        return {"planned": step.at.isoformat()} if step else {}

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"ask": s.about, "planned": typed.one("planned")}, {"reason": typed.one("reason")}


class Skipping(StepForm):
    what: ClassVar[str] = "Skip"
    way: ClassVar[StepWay] = "skip"
    meaning: ClassVar[str] = "Skipped, it is left out. The step after it comes as it was planned."
    button: ClassVar[str] = "Skip this step"


class BringingForward(StepForm):
    what: ClassVar[str] = "Bring forward"
    way: ClassVar[StepWay] = "bring_forward"
    meaning: ClassVar[str] = (
        "Brought forward, it is done now; a letter leaves in office hours. "
        "The steps after it come as they were planned."
    )
    button: ClassVar[str] = "Do it now"


class Postponing(StepForm):
    what: ClassVar[str] = "Postpone"
    way: ClassVar[StepWay] = "postpone"
    meaning: ClassVar[str] = "The steps after it come so much later, too."
    button: ClassVar[str] = "Postpone it"

    def questions(self, s: Setting) -> Questions:
        latest = words.day(s.now + POSTPONED_AT_MOST)
        hint = f"A day until {latest}. On a weekend or a holiday it comes on the next working day."
        missing = "Give the day to which it is postponed."
        return [Field("until", "To which day?", "date", hint=hint, missing=missing), REASON]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        fields, texts = super().read(typed, s)
        return fields | {"until": typed.day("until")}, texts


def _step(s: Setting) -> NextStep | None:
    ask = s.journey.open_ask(s.about)
    return words.next_step_of(s.case, ask) if ask else None
