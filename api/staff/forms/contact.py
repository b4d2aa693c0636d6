"""How people are reached: they would like to be rung, and when; and how they read."""

from dataclasses import replace
from typing import ClassVar

from api.forms import Field, Option, Typed
from api.staff.forms.base import NOTE, SAID_BY, Fields, PartyForm, Questions, Setting, reading_fields, told
from domain import titles
from domain.languages import Language

TIMES = Field(
    "times",
    "When do they like to be rung?",
    "ticks",
    hint="Nothing ticked: at any time.",
    options=tuple(Option(time, title) for time, title in titles.TIMES_OF_DAY.items()),
)


class CallWanted(PartyForm):
    button: ClassVar[str] = "Make it a task"

    def intro(self, s: Setting) -> str:
        return "They wrote, or left a message, that they would rather talk. It becomes a task for the coordinator."

    def questions(self, s: Setting) -> Questions:
        return [TIMES, SAID_BY, NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"party": s.about, "times": typed.many("times")}, told(typed)


class WhenToRing(PartyForm):
    def questions(self, s: Setting) -> Questions:
        party = s.journey.party(s.about)
        lead = s.journey.person(party.lead) if party else None
        known = " ".join(lead.times) if lead else ""
        return [replace(TIMES, value=known), SAID_BY, NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"party": s.about, "times": typed.many("times")}, told(typed)


class HowTheyRead(PartyForm):
    def questions(self, s: Setting) -> Questions:
        return [*reading_fields(s.case.party(s.about).lead.details), SAID_BY, NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        fields = {ticked: typed.one(ticked) == "yes" for ticked in ("easy_read", "interpreter")}
        return {"party": s.about, "reads": typed.one("reads") or Language.ENGLISH, **fields}, told(typed)
