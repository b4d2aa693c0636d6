"""A letter went to somebody who should not have it: what is written down at once, and what is decided about it."""

from datetime import UTC, datetime
from typing import ClassVar

from api.forms import Field, Group, Option, Typed
from api.staff.forms.base import REASON, CommandForm, Fields, LetterForm, Questions, Setting
from domain import titles, words
from domain.breaches import Breach
from domain.journey import Letter
from domain.working_days import LONDON

_DONE = Field(
    "done",
    "What has been done?",
    "words",
    hint="For example: they were asked to delete it, and have said that they did.",
    optional=True,
    rows=2,
)
_TOLD = Field("told", "Who has been told?", "words", optional=True, rows=2)


class WentAstray(LetterForm):
    what: ClassVar[str] = "It went to the wrong address"
    button: ClassVar[str] = "Write it down and end the links"
    grave: ClassVar[bool] = True

    def intro(self, s: Setting) -> str:
        return (
            "Personal links that this person was sent end at once, wherever they are open. Nothing more goes to that "
            "address: letters go in another way that the case file knows, or wait until you give the right address "
            "with “Replace or correct a contact”. A manager has a task to decide within 72 hours whether the "
            "Information Commissioner's Office (ICO) is told."
        )

    def questions(self, s: Setting) -> Questions:
        now = s.now.astimezone(LONDON)
        return [
            Field(
                "held",
                "What does the letter tell, and about whom?",
                "words",
                hint="For example: the child's name and school, the parent's address. The letter itself is kept.",
                missing="Say what the letter tells, and about whom.",
            ),
            Field("went_to", "Who has it, as far as you know?", optional=True),
            Group(
                "When did the service hear of it?",
                (
                    Field("noticed_day", "On", "date", value=now.date().isoformat()),
                    Field("noticed_time", "At", "time", value=f"{now:%H:%M}"),
                ),
                hint="The 72 hours count from then.",
                beside=True,
            ),
            _DONE,
            _TOLD,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        letter = Letter.of_key(s.about)
        named = letter.model_dump(include={"about", "to", "number"}) | {"kind_of_letter": letter.kind} if letter else {}
        texts = {name: typed.one(name) for name in ("held", "went_to", "done", "told")}
        return {**named, "noticed": _noticed(typed, s.now)}, texts


class DecidingOnBreach(CommandForm):
    button: ClassVar[str] = "Record the decision"

    def title(self, s: Setting, kind: str) -> str:
        return f"Decide on a data breach: {_letter(s, self._breach(s))}"

    def about_is_known(self, s: Setting) -> bool:
        return s.journey.breach(s.about) is not None

    def intro(self, s: Setting) -> str:
        breach = self._breach(s)
        return (
            f"The service heard of it on {words.moment(breach.noticed)}. If it is likely to be a risk to somebody, the "
            f"ICO has to be told by {words.moment(breach.decide_by)}; if the risk is high, so have those whose data it "
            "was, without delay."
        )

    def points(self, s: Setting) -> list[str]:
        said = s.case.texts.get(s.about, {})
        labels = {"held": "It tells", "went_to": "Who has it", "done": "What was done", "told": "Who has been told"}
        return [f"{label}: {said[name]}" for name, label in labels.items() if said.get(name)]

    def questions(self, s: Setting) -> Questions:
        ico = (
            Option("yes", "Yes", "A risk to somebody is likely. Report it on ico.org.uk, and note the number below."),
            Option("no", "No", "A risk is unlikely. The reason below is what the ICO may ask for."),
        )
        people = (
            Option("yes", "Yes", "The risk to them is high, or they should hear it from us."),
            Option("no", "No"),
        )
        return [
            Field("tell_ico", "Is the ICO told?", "choice", options=ico),
            Field("tell_people", "Are those told whose data it was?", "choice", options=people),
            REASON,
            _DONE,
            _TOLD,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        chosen = {name: typed.one(name) for name in ("tell_ico", "tell_people")}
        return {"breach": s.about, **chosen}, {name: typed.one(name) for name in ("reason", "done", "told")}

    def _breach(self, s: Setting) -> Breach:
        return next(one for one in s.journey.breaches if one.key == s.about)


def _letter(s: Setting, breach: Breach) -> str:
    title = titles.LETTERS.get(breach.kind_of_letter, "a letter")
    return f"“{title}” to {words.recipient(s.case, breach.to)}"


def _noticed(typed: Typed, now: datetime) -> datetime | None:
    local = typed.moment("noticed_day", "noticed_time")
    if local is None:
        return None
    if local > now:
        typed.wrong("noticed_day", "This time lies ahead. Give when the service heard of it.")
    return local.astimezone(UTC)
