"""Who takes part changes: a party joins, or is taken out again; somebody no longer comes along."""

from dataclasses import replace
from typing import ClassVar

from api.forms import Field, Option, Typed
from api.staff.forms.base import (
    REASON,
    CommandForm,
    Fields,
    PartyForm,
    Questions,
    Setting,
    contact_fields,
    read_contact,
)
from domain import titles, words
from domain.commands import COMMANDS
from domain.parties import FAMILY, ORGANISATIONS, PartyRole
from domain.rules import permission_was_asked
from domain.stages import Stage


class Joining(CommandForm):
    button: ClassVar[str] = "Add this party"

    def intro(self, s: Setting) -> str:
        return f"A second school, the other parent or a health body, say. {_what_follows(s.journey.stage)}"

    def questions(self, s: Setting) -> Questions:
        roles = tuple(Option(role, titles.PARTY_ROLES[role]) for role in PartyRole)
        return [
            Field("role", "Who joins?", "choice", options=roles),
            Field(
                "organisation",
                "Name of the organisation",
                hint="Of a school, an authority or a health body; not for a parent or a young person.",
                optional=True,
            ),
            *(replace(one, label="Name of the contact") if one.name == "name" else one for one in contact_fields()),
            *([_permitted(s)] if permission_was_asked(s.journey) else []),
            REASON,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        role, organisation = typed.one("role"), typed.one("organisation")
        if role in ORGANISATIONS and not organisation:
            typed.wrong("organisation", "Give the name of the organisation.")
        if role in FAMILY and organisation:
            typed.wrong("organisation", "A family has no organisation: leave this empty, or choose who joins anew.")
        permitted = typed.one("permitted") == "yes"
        if permission_was_asked(s.journey) and not permitted:
            typed.wrong("permitted", f"Ask {s.case.parties[0].name} first, and confirm here that they agree.")
        return (
            {"role": role, "permitted": permitted},
            {**read_contact(typed), "organisation": organisation, "reason": typed.one("reason")},
        )


def _permitted(s: Setting) -> Field:
    return Field(
        "permitted",
        f"{s.case.parties[0].name} agrees that we contact them",
        "tick",
        hint="Nobody is contacted without the permission of whoever referred. It did not speak of this party.",
        optional=True,
    )


def _what_follows(stage: Stage) -> str:
    """What adding a party sets going, by where the case is."""
    match stage:
        case Stage.REFERRAL | Stage.EXPLAINING | Stage.PERMISSION:
            return "They are contacted with the others, after the permission."
        case Stage.CONSENT | Stage.ALLOCATION:
            return "They are asked at once whether they take part. The initial visits begin when they have agreed."
    return (
        "They are asked at once whether they take part, and are then offered an initial visit of their own. A joint "
        "meeting that is booked stays booked: they are invited to it as soon as they have agreed."
    )


class TakingOut(PartyForm):
    button: ClassVar[str] = "Take out this party"
    grave: ClassVar[bool] = True

    def intro(self, s: Setting) -> str:
        told = (
            "They were written to, and are told that they do not take part any more."
            if s.about in s.journey.reached
            else "They were not written to, and hear nothing."
        )
        return f"For a party that was named or added by mistake. {told} The other parties hear nothing of it."

    def questions(self, s: Setting) -> Questions:
        return [REASON]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"party": s.about}, {"reason": typed.one("reason")}


class NoLongerAlong(CommandForm):
    button: ClassVar[str] = "Send them no more invitations"

    def title(self, s: Setting, kind: str) -> str:
        return f"{COMMANDS[kind].title}: {words.who(s.case, s.about)}"

    def about_is_known(self, s: Setting) -> bool:
        return any(person.key == s.about for party in s.journey.parties for person in party.others)

    def intro(self, s: Setting) -> str:
        return (
            f"{words.who(s.case, s.about)} gets no more letters. Invitations to what is booked are cancelled, for them "
            "alone; the meetings take place."
        )

    def questions(self, s: Setting) -> Questions:
        return [REASON]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"person": s.about}, {"reason": typed.one("reason")}


class HidingAddress(CommandForm):
    """Hides what is not hidden, and the other way round."""

    def title(self, s: Setting, kind: str) -> str:
        name = words.who(s.case, s.about)
        return f"Show where {name} is reached again" if s.case.is_hidden(s.about) else f"Hide the address: {name}"

    def about_is_known(self, s: Setting) -> bool:
        return s.journey.person(s.about) is not None

    def intro(self, s: Setting) -> str:
        if s.case.is_hidden(s.about):
            return "The mediator of the case can see address, telephone number and e-mail address again."
        return (
            "Address, telephone number and e-mail address are shown to coordinators, managers and the safeguarding "
            "lead only, and not printed with the case. No letter, invitation or agreement names them to anybody else. "
            "Whoever joins this party is hidden, too. What people write themselves is not looked through: look at "
            "their papers before they are released, and hold visits online or at another place than their home."
        )

    def questions(self, s: Setting) -> Questions:
        return [REASON]

    def hidden(self, s: Setting) -> dict[str, str]:
        return {"hide": "no" if s.case.is_hidden(s.about) else "yes"}

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"person": s.about, "hidden": typed.one("hide")}, {"reason": typed.one("reason")}
