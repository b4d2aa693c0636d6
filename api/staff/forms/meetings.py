"""Initial visits and the joint meeting: dates, places, and the record of who came."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from typing import ClassVar

from api.forms import Field, Group, Option, Typed
from api.staff.forms.base import (
    HOW,
    NOTE,
    REASON,
    SAID_BY,
    CommandForm,
    Fields,
    PartyForm,
    Questions,
    Setting,
    channel_field,
    everyone,
    minutes_of,
    needed_for,
    outcomes,
    start_of,
    told,
)
from api.staff.forms.preparation import VOICE, VOICE_WORDS, read_voice
from domain import words
from domain.allocation import is_one_of
from domain.journey import Meeting, MeetingStatus
from domain.parties import Channel, party_of
from domain.scheduling import suits
from domain.venues import for_half_a_day
from domain.working_days import LONDON


class VisitDates(PartyForm):
    ROWS = 5
    button: ClassVar[str] = "Offer these dates"
    blame: ClassVar[Mapping[str, str]] = {"slots": "date1"}

    def intro(self, s: Setting) -> str:
        said = f"{s.party} is written to and chooses one of the dates. Give as many as you can."
        if s.case.hides_an_address(s.about):
            said += " Their address is hidden from the others: meet online or at another place than their home."
        return said

    def questions(self, s: Setting) -> Questions:
        rows = tuple(
            Group(
                f"Date {n}",
                (
                    Field(f"date{n}", "Day", "date", optional=n > 1, missing="Give at least one date."),
                    Field(f"time{n}", "Time", "time", optional=n > 1, missing="Give its time."),
                ),
                beside=True,
                optional=n > 1,
            )
            for n in range(1, self.ROWS + 1)
        )
        return [
            *rows,
            Field("minutes", "Length in minutes", "number", value="90"),
            Field(
                "online",
                "Where",
                "choice",
                options=(Option("no", "In person"), Option("yes", "Online")),
                value="no",
            ),
            Field(
                "place",
                "Address, or link to the online room",
                hint="Printed in the invitation.",
                missing="Give the address of the visit, or the link to the online room.",
            ),
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        minutes = minutes_of(typed)
        slots = []
        for n in range(1, self.ROWS + 1):
            if typed.one(f"date{n}") or typed.one(f"time{n}"):
                start = start_of(typed, f"date{n}", f"time{n}", s.now)
                if start:
                    slots.append({"start": start, "minutes": minutes})
        return (
            {"party": s.about, "slots": slots, "online": typed.one("online") == "yes"},
            {"place": typed.one("place"), "note": typed.one("note")},
        )


class VisitChoice(PartyForm):
    button: ClassVar[str] = "Record the answer"

    def questions(self, s: Setting) -> Questions:
        meeting = next(
            (
                meeting
                for meeting in reversed(s.journey.meetings)
                if meeting.party == s.about and meeting.status == MeetingStatus.OFFERED
            ),
            None,
        )
        slots = meeting.offered if meeting else []
        options = [Option(slot.start.astimezone(UTC).isoformat(), words.slot(slot)) for slot in slots]
        return [
            Field(
                "start",
                "Which date suits?",
                "choice",
                options=(*options, Option("none", "None of them", "Other dates are offered then.")),
            ),
            HOW,
            SAID_BY,
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        start = typed.one("start")
        return (
            {"party": s.about, "start": None if start == "none" else start, "how": typed.one("how")},
            told(typed),
        )


_REACH_SUPPORTER = "Give where the supporter is reached in this way, or choose another way to reach them."
_AT_A_VISIT = (Channel.EMAIL, Channel.TEXT, Channel.PHONE)  # ways to reach a supporter that are short to ask for


class Visit(PartyForm):
    def questions(self, s: Setting) -> Questions:
        return [
            Field(
                "held",
                "Was the visit held?",
                "choice",
                options=(Option("yes", "Yes"), Option("no", "No, nobody came", self.after_a_no_show(s))),
            ),
            Field(
                "confidentiality_explained",
                "Confidentiality was explained, with its exception for serious child protection concerns",
                "tick",
                optional=True,
            ),
            *self.about_the_child(s),
            Field("may_share", "What may be shared with the others?", "words", optional=True),
            Field("who_else", "Who else should be involved?", "words", optional=True, rows=3),
            Group(
                "A supporter or friend who comes along",
                (
                    Field("supporter_name", "Name", optional=True),
                    channel_field("supporter_channel", among=_AT_A_VISIT),
                    Field("supporter_email", "E-mail address", "email", optional=True),
                    Field("supporter_phone", "Telephone number", "phone", optional=True),
                ),
                hint="They become a participant of this party, are invited to the joint meeting, and are never chased "
                "for answers. For one who is reached by post, use “Add a supporter”.",
                beside=True,
            ),
            Field(
                "note",
                "Private note",
                "words",
                hint="Only the mediator of this case can read it.",
                optional=True,
            ),
        ]

    def after_a_no_show(self, s: Setting) -> str:
        told = "They are told without blame that we missed them, and "
        if s.journey.no_shows(s.about, "visit") + 1 < s.case.policy.no_shows_before_decision:
            return f"{told}you offer new dates."
        return f"{told}a coordinator rings them. The manager decides whether new dates are offered."

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        held = typed.one("held") == "yes"
        explained = typed.one("confidentiality_explained") == "yes"
        if held and not explained:
            typed.wrong("confidentiality_explained", "Confirm that confidentiality was explained; it always is.")
        supporter = ("supporter_name", "supporter_email", "supporter_phone")
        channel = typed.one("supporter_channel") or str(Channel.EMAIL)
        needed = f"supporter_{needed_for(channel)}"
        if typed.one("supporter_name") and not typed.one(needed):
            typed.wrong(needed, _REACH_SUPPORTER)
        elif any(typed.one(name) for name in supporter) and not typed.one("supporter_name"):
            typed.wrong("supporter_name", "Name: give that of the supporter, too.")
        voice, said = read_voice(typed) if held and self.about_the_child(s) else ("", "")
        if held and self.about_the_child(s) and not voice:
            typed.wrong(VOICE.name, VOICE.missing)
        return (
            {
                "party": s.about,
                "held": held,
                "confidentiality_explained": explained,
                "childs_voice": voice or None,
            },
            {name: typed.one(name) for name in ("note", "who_else", "may_share", *supporter)}
            | {"supporter_channel": channel, "voice": said},
        )

    def about_the_child(self, s: Setting) -> list[Field]:
        """Asked at the family's visit. Nobody was there, nobody could say: so it is not asked of the browser."""
        return [replace(VOICE, optional=True), VOICE_WORDS] if s.about in s.journey.asked_of_the_child else []


class Availability(PartyForm):
    def questions(self, s: Setting) -> Questions:
        meeting = s.journey.latest_joint()
        half_days = meeting.half_days if meeting else []
        return [
            Field(
                "half_days",
                f"When can {s.party} come?",
                "ticks",
                hint="Tick every half day that suits. None ticked: none of them suits.",
                options=tuple(Option(key, words.half_day(key)) for key in half_days),
            ),
            HOW,
            SAID_BY,
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return (
            {"party": s.about, "half_days": typed.many("half_days"), "how": typed.one("how")},
            told(typed),
        )


class FixMeeting(CommandForm):
    button: ClassVar[str] = "Fix the meeting and invite everyone"
    blame: ClassVar[Mapping[str, str]] = {"slot": "date", "slot.start": "time", "slot.minutes": "minutes"}

    def intro(self, s: Setting) -> str:
        meeting = s.journey.latest_joint()
        answered = meeting.availability if meeting else {}
        if meeting is None or not answered:
            return "No party has said yet when they can come."
        if any(not half.who_cannot for half in suits(answered, meeting.half_days)):
            return "These half days suit everyone who answered:"
        return "No half day suits everyone who answered. The best are:"

    def points(self, s: Setting) -> list[str]:
        meeting = s.journey.latest_joint()
        if meeting is None or not meeting.availability:
            return []
        best = suits(meeting.availability, meeting.half_days)
        everyone = [words.half_day(half.key) for half in best if not half.who_cannot]
        return everyone[:8] or [
            f"{words.half_day(half.key)}: not {', '.join(words.who(s.case, party) for party in half.who_cannot)}"
            for half in best[:4]
        ]

    def questions(self, s: Setting) -> Questions:
        return [
            Group("When", (Field("date", "Day", "date"), Field("time", "Starts at", "time")), beside=True),
            Field("minutes", "Length in minutes", "number", value="120"),
            Field(
                "venue",
                "Venue",
                "choice",
                hint="Neutral: it belongs to none of the parties.",
                options=(*_venues(s), Option("online", "Online")),
            ),
            Field(
                "place",
                "Room, or link to the online room",
                hint="Printed in the invitation.",
                optional=True,
            ),
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        start = start_of(typed, "date", "time", s.now)
        venue = typed.one("venue")
        if venue == "online" and not typed.one("place"):
            typed.wrong("place", "Give the link to the online room.")
        return (
            {"slot": {"start": start, "minutes": minutes_of(typed)}, "venue": "" if venue == "online" else venue},
            {"place": typed.one("place"), "note": typed.one("note")},
        )


class JointMeeting(CommandForm):
    def questions(self, s: Setting) -> Questions:
        return [
            Field("present", "Who came?", "ticks", hint="Everyone present receives a copy.", options=everyone(s)),
            *self.to_sign(s),
            Field(
                "outcome",
                "What did it come to?",
                "choice",
                options=(
                    Option("full", "Full agreement"),
                    Option("partial", "Agreement on some points"),
                    Option("none", "No agreement"),
                    Option("another", "Another meeting is needed"),
                    Option(
                        "no_show",
                        "It could not be held, because somebody did not come",
                        "Say below who. Everyone is told without blame, and a new date is looked for.",
                    ),
                ),
            ),
            Field(
                "absent",
                "Who did not come?",
                "ticks",
                hint="Only when it could not be held. A party that has missed a joint meeting before is rung, and the "
                "manager decides how it goes on.",
                options=tuple(Option(party.key, party.name) for party in s.case.parties),
            ),
            outcomes("Nothing in particular"),
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        if typed.one("outcome") in ("full", "partial") and not typed.many("present"):
            typed.wrong("present", "Say who came; everyone present receives a copy of an agreement.")
        came = [party_of(key) for key in typed.many("present")]
        missing = [p for p in s.journey.unsigned if p in came and p not in typed.many("signed_in_room")]
        if missing and typed.one("outcome") in ("full", "partial", "none"):
            who = ", ".join(words.who(s.case, party) for party in missing)
            typed.wrong(
                "signed_in_room",
                f"Not signed yet: {who}. Tick who signed the agreement to mediate in the room. If somebody did not, "
                "the outcome is another meeting.",
            )
        if typed.one("outcome") == "no_show" and not typed.many("absent"):
            typed.wrong("absent", "Say which party did not come; a new date is looked for.")
        if typed.one("outcome") != "no_show" and typed.many("absent"):
            typed.wrong("absent", "This is only for a meeting that could not be held. Untick it, or say so above.")
        return (
            {
                "present": typed.many("present"),
                "absent": typed.many("absent"),
                "outcome": typed.one("outcome"),
                "detail": typed.one("detail") or None,
                "signed_in_room": typed.many("signed_in_room"),
            },
            {"note": typed.one("note")},
        )

    def to_sign(self, s: Setting) -> list[Field]:
        """Those whose signature is missing: they sign before the meeting begins."""
        options = tuple(Option(party, words.who(s.case, party)) for party in s.journey.unsigned)
        label = "Who signed the agreement to mediate in the room?"
        hint = "They had not signed before. Each party that took part has to sign."
        return [Field("signed_in_room", label, "ticks", hint=hint, options=options)] if options else []


class MeetingForm(CommandForm):
    """A command about one meeting that is booked."""

    verb: ClassVar[str]

    def title(self, s: Setting, kind: str) -> str:
        return f"{self.verb}: {words.meeting_title(s.case, s.about)}"

    def about_is_known(self, s: Setting) -> bool:
        meeting = s.journey.meeting(s.about)
        return meeting is not None and meeting.status == MeetingStatus.BOOKED

    def meeting(self, s: Setting) -> Meeting:
        return next(meeting for meeting in s.journey.meetings if meeting.key == s.about)

    def booked_for(self, s: Setting) -> str:
        """When and where it is booked, in words."""
        meeting = self.meeting(s)
        where = s.case.place_of(meeting)
        return (words.slot(meeting.slot) if meeting.slot else "no date") + (f". Where: {where}" if where else "")


class Moving(MeetingForm):
    verb: ClassVar[str] = "Move"
    button: ClassVar[str] = "Move it and tell everyone"
    blame: ClassVar[Mapping[str, str]] = {"slot": "date", "slot.start": "time", "slot.minutes": "minutes"}

    def intro(self, s: Setting) -> str:
        return f"Booked for {self.booked_for(s)}. Everyone invited is told at once, and reminded of the new date."

    def questions(self, s: Setting) -> Questions:
        meeting = self.meeting(s)
        start = meeting.slot.start.astimezone(LONDON) if meeting.slot else None
        return [
            Group(
                "When",
                (
                    Field("date", "Day", "date", value=f"{start:%Y-%m-%d}" if start else ""),
                    Field("time", "Starts at", "time", value=f"{start:%H:%M}" if start else ""),
                ),
                beside=True,
            ),
            Field("minutes", "Length in minutes", "number", value=str(meeting.slot.minutes if meeting.slot else 90)),
            Field(
                "where",
                "Where",
                "choice",
                options=(
                    Option("same", "As before", s.case.place_of(meeting)),
                    *(_venues(s) if not meeting.party else [Option("address", "At another address")]),
                    Option("online", "Online"),
                ),
                value="same",
            ),
            Field(
                "place",
                "Room, or link to the online room" if not meeting.party else "Address, or link to the online room",
                hint="Only when the place is another one. Printed in the letter.",
                optional=True,
            ),
            REASON,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        start, where = start_of(typed, "date", "time", s.now), typed.one("where")
        if where in ("online", "address") and not typed.one("place"):
            typed.wrong("place", "Give the link to the online room." if where == "online" else "Give the address.")
        return (
            {
                "meeting": s.about,
                "slot": {"start": start, "minutes": minutes_of(typed)},
                "where": "same" if where == "same" else "elsewhere",
                "online": where == "online",
                "venue": "" if where in ("same", "online", "address") else where,
            },
            {"place": typed.one("place") if where != "same" else "", "reason": typed.one("reason")},
        )


class Cancelling(MeetingForm):
    verb: ClassVar[str] = "Cancel"
    button: ClassVar[str] = "Cancel it and tell everyone"
    grave: ClassVar[bool] = True

    def intro(self, s: Setting) -> str:
        after = "The mediator offers new dates." if self.meeting(s).party else "A new date is then looked for."
        return f"Booked for {self.booked_for(s)}. Everyone invited is told at once. {after}"

    def questions(self, s: Setting) -> Questions:
        return [REASON]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"meeting": s.about}, {"reason": typed.one("reason")}


def _venues(s: Setting) -> list[Option]:
    """Where a joint meeting can take place."""
    houses = [party.organisation for party in s.case.parties]
    return [
        Option(
            venue.id,
            f"{venue.name}, {venue.address}"
            + (f" (belongs to {venue.owner})" if venue.owner else "")
            + (": not neutral" if is_one_of(venue.owner, houses) else ""),
            " · ".join(filter(None, (venue.access, venue.rooms, for_half_a_day(venue.cost)))),
        )
        for venue in s.venues
    ]
