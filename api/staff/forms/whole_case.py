"""What is done with a case as a whole: it is taken, opened again, and linked with other cases."""

import re
from typing import ClassVar

from api.forms import Field, Option, Typed
from api.staff.forms.base import REASON, CommandForm, Fields, Questions, Setting
from domain import words
from domain.stages import LinkKind
from domain.text import REFERENCE


class Taking(CommandForm):
    button: ClassVar[str] = "Take this case"

    def intro(self, s: Setting) -> str:
        return "You look after this case from now on. Its tasks are yours, and letters are signed with your name."


class Reopening(CommandForm):
    button: ClassVar[str] = "Open the case again"

    def intro(self, s: Setting) -> str:
        ended = words.closing_sentence(s.journey.closing, s.case) if s.journey.closing else ""
        minutes = s.case.policy.minutes_to_regret
        regret = f" No letter leaves for {minutes} minutes; until then it can be undone." if minutes else ""
        return (
            f"{ended} Opened again, it goes on where it stood: what ended it is asked anew, all other answers stand. "
            "Meetings that were cancelled stay cancelled, and new dates are looked for. Those who were told of the end "
            f"are told that the case is open again, without a reason.{regret}"
        )

    def questions(self, s: Setting) -> Questions:
        return [REASON]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {}, {"reason": typed.one("reason")}


class _OfTwo(CommandForm):
    """About this case and another, whose reference the address may give."""

    def about_is_known(self, s: Setting) -> bool:
        return not s.about or bool(re.fullmatch(REFERENCE, s.about))

    def questions(self, s: Setting) -> Questions:
        return [
            Field(
                "other",
                "Reference of the other case",
                hint="Such as SM-2026-00042.",
                value=s.about,
                missing="Give the reference of the other case, such as SM-2026-00042.",
            ),
            REASON,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        other = typed.one("other").upper()
        if other and not re.fullmatch(REFERENCE, other):
            typed.wrong("other", "Give the whole reference of the other case, such as SM-2026-00042.")
        return {"other": other}, {"reason": typed.one("reason")}


class Linking(_OfTwo):
    button: ClassVar[str] = "Link the two cases"

    def intro(self, s: Setting) -> str:
        return "The link is shown on both cases, with your name and the reason."

    def questions(self, s: Setting) -> Questions:
        minutes = s.case.policy.minutes_to_regret
        undo = f" It closes after {minutes} minutes, until when it can be undone." if minutes else ""
        closes = (
            f"This case, {s.case.reference}, closes. Parties that are in the other case too are told its reference; "
            f"all others are told neutrally that this one ends.{undo}"
        )
        other, reason = super().questions(s)
        options = (
            Option(LinkKind.SAME_CHILD, "It is about the same child", "Both go on."),
            Option(LinkKind.SAME_DECISION, "It is about the same decision or dispute", "Both go on."),
            Option(LinkKind.DUPLICATE, "This case is a duplicate of the other", closes),
        )
        return [other, Field("link", "How do they belong together?", "choice", options=options), reason]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        fields, texts = super().read(typed, s)
        return {**fields, "link": typed.one("link")}, texts


class Unlinking(_OfTwo):
    button: ClassVar[str] = "Undo the link"

    def intro(self, s: Setting) -> str:
        return "The two cases no longer point to each other. Neither of them opens or closes by it."


class TellingApart(_OfTwo):
    button: ClassVar[str] = "It is another matter"

    def intro(self, s: Setting) -> str:
        return "This is kept with the case, and nobody is asked about the two again."
