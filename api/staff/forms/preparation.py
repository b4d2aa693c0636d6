"""What everyone does before the joint meeting: the agreement to mediate, and how the child is to be heard."""

from dataclasses import replace
from typing import ClassVar

from api.forms import Field, Option, Typed
from api.staff.forms.base import (
    HOW,
    NOTE,
    REASON,
    SAID_BY,
    Fields,
    PartyForm,
    Questions,
    Setting,
    number_of,
    told,
)
from domain import titles, words
from domain.agreement_to_mediate import LATEST, TEXTS
from domain.childs_voice import ChildsVoice

SIGNED_BY = replace(
    SAID_BY, label="Who signed, or said yes?", missing="Give the name of whoever signed.", optional=False
)


class Signing(PartyForm):
    def intro(self, s: Setting) -> str:
        return "On the telephone, read the text out; they say yes to it."

    def points(self, s: Setting) -> list[str]:
        return list(TEXTS[LATEST])

    def hidden(self, s: Setting) -> dict[str, str]:
        return {"version": str(LATEST)}

    def questions(self, s: Setting) -> Questions:
        signed = Field("signed", f"{s.party} has read the text or heard it, and agrees to it", "tick")
        return [signed, HOW, SIGNED_BY, NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        if typed.one("signed") != "yes":
            typed.wrong("signed", "Tick that they agree. If they do not agree, there is nothing to record here.")
        return {"party": s.about, "version": number_of(typed, "version"), "how": typed.one("how")}, told(typed)


class TakingBack(PartyForm):
    button: ClassVar[str] = "Take it back"
    grave: ClassVar[bool] = True

    def intro(self, s: Setting) -> str:
        return f"The signature no longer counts, and {s.party} is asked to sign anew."

    def questions(self, s: Setting) -> Questions:
        return [REASON, SAID_BY]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"party": s.about}, {"reason": typed.one("reason"), "said_by": typed.one("said_by")}


VOICES = tuple(Option(voice, title) for voice, title in titles.CHILDS_VOICES.items())
VOICE = Field(
    "childs_voice",
    "How is the child to be heard at the joint meeting?",
    "choice",
    options=VOICES,
    missing="Say how the child is to be heard, or that it is not decided yet.",
)
VOICE_WORDS = Field(
    "voice",
    "Through whom, or what matters in it",
    "words",
    hint="Somebody the child trusts: who? Staff who run the case and its mediator can read it.",
    optional=True,
    rows=2,
)


def read_voice(typed: Typed) -> tuple[str, str]:
    """The code and the words."""
    voice, said = typed.one(VOICE.name), typed.one(VOICE_WORDS.name)
    if voice == ChildsVoice.SOMEBODY and not said:
        typed.wrong(VOICE_WORDS.name, "Say who speaks for the child.")
    return voice, said


class ChildIsHeard(PartyForm):
    def about_is_known(self, s: Setting) -> bool:
        return s.about in s.journey.asked_of_the_child

    def intro(self, s: Setting) -> str:
        now = words.childs_voice(s.journey)
        return f"As it was said last: {now[0].lower()}{now[1:]}." if now else ""

    def questions(self, s: Setting) -> Questions:
        return [VOICE, VOICE_WORDS, HOW, SAID_BY, NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        voice, said = read_voice(typed)
        return {"party": s.about, "childs_voice": voice, "how": typed.one("how")}, {**told(typed), "voice": said}
