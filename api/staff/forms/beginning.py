"""From the explaining call to the mediator who takes the case: permission, consent, silence, allocation."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from api.forms import Field, Group, Option, Typed
from api.staff.forms.base import (
    HOW,
    NOTE,
    SAID_BY,
    YES_NO,
    CommandForm,
    Fields,
    PartyForm,
    Questions,
    Setting,
    contact_fields,
    read_contact,
    told,
)
from domain import words
from domain.allocation import has_room
from domain.working_days import local_day


class ExplainingCall(CommandForm):
    def intro(self, s: Setting) -> str:
        return f"You explained mediation to {s.case.parties[0].name} and answered their questions."

    def questions(self, s: Setting) -> Questions:
        return [
            Field(
                "outcome",
                "What did they decide?",
                "choice",
                options=(
                    Option("go_on", "To go on with mediation"),
                    Option("signpost", "Another service fits better", "We write where help can be found, and close."),
                    Option("not_now", "Not now", "We write to confirm it, and close."),
                ),
            ),
            Field(
                "permission",
                "Did they give permission to contact the others?",
                "choice",
                hint="Without it nobody else is contacted.",
                options=(Option("given", "Yes"), Option("refused", "No"), Option("not_yet", "Not decided yet")),
                value="not_yet",
            ),
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return (
            {"outcome": typed.one("outcome"), "permission": typed.one("permission")},
            {"note": typed.one("note")},
        )


class Permission(CommandForm):
    def intro(self, s: Setting) -> str:
        others = ", ".join(party.name for party in s.case.parties[1:])
        return f"With the permission of {s.case.parties[0].name} we contact: {others}. Without it, nobody."

    def questions(self, s: Setting) -> Questions:
        return [Field("given", "Was permission given?", "choice", options=YES_NO), HOW, SAID_BY, NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"given": typed.one("given") == "yes", "how": typed.one("how")}, told(typed)


class Consent(PartyForm):
    def intro(self, s: Setting) -> str:
        return "Taking part is voluntary. With the first no the mediation ends, and everyone is told neutrally."

    def questions(self, s: Setting) -> Questions:
        return [Field("yes", f"Does {s.party} take part?", "choice", options=YES_NO), HOW, SAID_BY, NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return (
            {"party": s.about, "yes": typed.one("yes") == "yes", "how": typed.one("how")},
            told(typed),
        )


class Silence(CommandForm):
    blame: ClassVar[Mapping[str, str]] = {"ask": "decision"}

    def title(self, s: Setting, kind: str) -> str:
        if self.after_no_shows(s):
            return f"Decide how it goes on: {words.ask_title(s.case, s.about)}"
        return f"Decide on the silence: {words.ask_title(s.case, s.about)}"

    def after_no_shows(self, s: Setting) -> bool:
        return s.about.startswith("no_show/")

    def about_is_known(self, s: Setting) -> bool:
        return s.journey.open_ask(s.about) is not None

    def intro(self, s: Setting) -> str:
        if not self.after_no_shows(s):
            return ""
        return "They were told without blame that we missed them. No new date is looked for before you decide."

    def questions(self, s: Setting) -> Questions:
        wait = Option("wait", "Wait longer", "The reminders begin again.")
        if self.after_no_shows(s):
            wait = Option("wait", "Look for another date", "If they miss that too, you decide again.")
        return [
            Field(
                "decision",
                "What happens now?",
                "choice",
                options=(
                    wait,
                    Option("replace_contact", "Write to somebody else", "Give the new contact below."),
                    Option("close", "Close the case", "The party could not be reached; everyone is told neutrally."),
                ),
            ),
            Group(
                "The new contact",
                tuple(replace(one, optional=True) for one in contact_fields()),
                hint="Only when you write to somebody else.",
                beside=True,
            ),
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        decided = {"ask": s.about, "decision": typed.one("decision")}
        if decided["decision"] != "replace_contact":
            return decided, {"note": typed.one("note")}
        if not typed.one("name"):
            typed.wrong("name", "Name: give it for the new contact.")
        return decided, {**read_contact(typed), "note": typed.one("note")}


class Offer(CommandForm):
    button: ClassVar[str] = "Offer the case"

    def intro(self, s: Setting) -> str:
        return "The mediator is written to and accepts or declines. Those who were asked before are not listed."

    def questions(self, s: Setting) -> Questions:
        today = local_day(s.now)
        options = tuple(
            Option(
                one.id,
                one.name,
                f"{one.professional_body}, registered until {words.day(one.registered_until)}"
                f" · {one.open_cases} open {'case' if one.open_cases == 1 else 'cases'}"
                + (f", {one.capacity} at once" if one.capacity is not None else "")
                + (" · registration out of date" if one.registered_until < today else "")
                + ("" if has_room(one.capacity, one.open_cases) else " · takes no further case"),
            )
            for one in s.panel
            if one.active and one.id not in s.journey.tried
        )
        hint = "" if options else "Nobody is left on the panel. A manager adds mediators on the page “Panel”."
        return [Field("mediator", "Mediator", "choice", hint=hint, options=options), NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"mediator": typed.one("mediator")}, {"note": typed.one("note")}


class Allocation(CommandForm):
    button: ClassVar[str] = "Send the answer"

    def about_is_known(self, s: Setting) -> bool:
        return s.about.isdigit()

    def intro(self, s: Setting) -> str:
        sides = ", ".join(party.name for party in s.case.parties)
        return f"The parties are {sides}. Do you know any of them, or have you worked for them? Then decline."

    def questions(self, s: Setting) -> Questions:
        return [
            Field(
                "answer",
                "Your answer",
                "choice",
                options=(
                    Option("accept", "I take the case", "I have no conflict of interest."),
                    Option("decline", "I cannot take it", "It is offered to the next mediator."),
                    Option(
                        "conflict",
                        "I have a conflict of interest",
                        "You are not offered this case again. The parties are not told why.",
                    ),
                ),
            ),
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        answer = typed.one("answer")
        return (
            {"offer": int(s.about), "accepts": answer == "accept", "conflict": answer == "conflict"},
            {"note": typed.one("note")},
        )
