"""The form of each command: what is asked of whoever does it, and how their answers become a command and its texts.

One class for each kind. `questions` is what the page shows; `read` turns what was typed into the command's fields and
its words. What every command has (its id, case, actor, time) is added by api/staff/doing.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from api.forms import Field, Fold, Group, Option, Part, Typed
from api.intake import Intake
from casefile.reading import MediatorView
from domain import words
from domain.allocation import is_one_of
from domain.commands import COMMANDS, How, StaffRole
from domain.journey import Journey, Meeting, MeetingStatus
from domain.parties import PersonRole
from domain.scheduling import suits
from domain.stages import STAFF_CLOSINGS, OutcomeDetail
from domain.view import CaseView, VenueView
from domain.working_days import LONDON, local_day

Questions = list[Part]
Fields = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """What a form may look at."""

    case: CaseView
    journey: Journey
    about: str  # the party, ask, action … that the command is about; "" for none
    roles: list[StaffRole]
    panel: list[MediatorView]
    venues: list[VenueView]
    now: datetime
    policies: tuple[str, ...] = ("standard",)

    @property
    def party(self) -> str:
        """The party's name, where the command is about one."""
        return words.who(self.case, self.about)

    def joint_meeting(self) -> Meeting | None:
        """The joint meeting that is being arranged or was held last."""
        found = [meeting for meeting in self.journey.meetings if meeting.key.startswith("joint_meeting/")]
        return found[-1] if found else None


class UnknownAbout(LookupError):
    """The address of the form names something that the case does not have."""


HOW = Field(
    "how",
    "How did the answer reach you?",
    "choice",
    options=(
        Option(How.PHONE, "By phone"),
        Option(How.EMAIL, "By e-mail"),
        Option(How.LETTER, "By letter"),
        Option(How.IN_PERSON, "In person"),
    ),
)
NOTE = Field("note", "Note", "words", hint="For the case file. Staff of the service can read it.", optional=True)
YES_NO = (Option("yes", "Yes"), Option("no", "No"))


class CommandForm:
    """A form: subclasses say what differs."""

    button: ClassVar[str] = "Record it"
    grave: ClassVar[bool] = False  # hard to take back: the button says so by its colour
    blame: ClassVar[Mapping[str, str]] = {}  # a field of the command -> the question that is to blame

    def intro(self, s: Setting) -> str:
        """A sentence above the questions."""
        return ""

    def points(self, s: Setting) -> list[str]:
        """What is listed below that sentence."""
        return []

    def title(self, s: Setting, kind: str) -> str:
        """The page's heading."""
        return COMMANDS[kind].title

    def about_is_known(self, s: Setting) -> bool:
        """Does the case have what the address names?"""
        return not s.about

    def questions(self, s: Setting) -> Questions:
        return [NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        """The command's fields, and its texts. Complaints go into `typed`."""
        return {}, {"note": typed.one("note")}

    def hidden(self, s: Setting) -> dict[str, str]:
        """What the page was shown for (a version, say), posted back so that a stale form is noticed."""
        return {}


class PartyForm(CommandForm):
    """A command about one party."""

    def title(self, s: Setting, kind: str) -> str:
        return f"{COMMANDS[kind].title}: {s.party}"

    def about_is_known(self, s: Setting) -> bool:
        return s.journey.party(s.about) is not None


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
        return [Field("given", "Was permission given?", "choice", options=YES_NO), HOW, NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"given": typed.one("given") == "yes", "how": typed.one("how")}, {"note": typed.one("note")}


class Consent(PartyForm):
    def intro(self, s: Setting) -> str:
        return "Taking part is voluntary. With the first no the mediation ends, and everyone is told neutrally."

    def questions(self, s: Setting) -> Questions:
        return [Field("yes", f"Does {s.party} take part?", "choice", options=YES_NO), HOW, NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return (
            {"party": s.about, "yes": typed.one("yes") == "yes", "how": typed.one("how")},
            {"note": typed.one("note")},
        )


class Silence(CommandForm):
    blame: ClassVar[Mapping[str, str]] = {"ask": "decision"}

    def title(self, s: Setting, kind: str) -> str:
        return f"Decide on the silence: {words.ask_title(s.case, s.about)}"

    def about_is_known(self, s: Setting) -> bool:
        return s.journey.open_ask(s.about) is not None

    def questions(self, s: Setting) -> Questions:
        return [
            Field(
                "decision",
                "What happens now?",
                "choice",
                options=(
                    Option("wait", "Wait longer", "The reminders begin again."),
                    Option("replace_contact", "Write to somebody else", "Give the new contact below."),
                    Option("close", "Close the case", "The party could not be reached; everyone is told neutrally."),
                ),
            ),
            Group(
                "The new contact",
                (
                    Field("name", "Name", optional=True),
                    Field("email", "E-mail address", "email", optional=True),
                    Field("phone", "Telephone number", "phone", optional=True),
                ),
                hint="Only when you write to somebody else.",
                beside=True,
            ),
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        texts = {name: typed.one(name) for name in ("name", "email", "phone", "note")}
        if typed.one("decision") == "replace_contact":
            for name, label in (("name", "Name"), ("email", "E-mail address")):
                if not texts[name]:
                    typed.wrong(name, f"{label}: give it for the new contact.")
        return {"ask": s.about, "decision": typed.one("decision")}, texts


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
                + (" · registration out of date" if one.registered_until < today else ""),
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


class VisitDates(PartyForm):
    ROWS = 5
    button: ClassVar[str] = "Offer these dates"
    blame: ClassVar[Mapping[str, str]] = {"slots": "date1"}

    def intro(self, s: Setting) -> str:
        return f"{s.party} is written to and chooses one of the dates. Give as many as you can."

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
        minutes = _minutes(typed)
        slots = []
        for n in range(1, self.ROWS + 1):
            if typed.one(f"date{n}") or typed.one(f"time{n}"):
                start = _start(typed, f"date{n}", f"time{n}", s.now)
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
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        start = typed.one("start")
        return (
            {"party": s.about, "start": None if start == "none" else start, "how": typed.one("how")},
            {"note": typed.one("note")},
        )


class Visit(PartyForm):
    blame: ClassVar[Mapping[str, str]] = {"supporter_email": "supporter_email"}

    def questions(self, s: Setting) -> Questions:
        return [
            Field(
                "held",
                "Was the visit held?",
                "choice",
                options=(Option("yes", "Yes"), Option("no", "No, nobody came", "A new visit is arranged.")),
            ),
            Field(
                "confidentiality_explained",
                "Confidentiality was explained, with its exception for serious child protection concerns",
                "tick",
                optional=True,
            ),
            Field("may_share", "What may be shared with the others?", "words", optional=True),
            Field("who_else", "Who else should be involved?", "words", optional=True, rows=3),
            Group(
                "A supporter or friend who comes along",
                (
                    Field("supporter_name", "Name", optional=True),
                    Field("supporter_email", "E-mail address", "email", optional=True),
                ),
                hint="They become a participant of this party, and are never chased for answers.",
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

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        held = typed.one("held") == "yes"
        explained = typed.one("confidentiality_explained") == "yes"
        if held and not explained:
            typed.wrong("confidentiality_explained", "Confirm that confidentiality was explained; it always is.")
        names = ("note", "who_else", "may_share", "supporter_name", "supporter_email")
        return (
            {"party": s.about, "held": held, "confidentiality_explained": explained},
            {name: typed.one(name) for name in names},
        )


class Availability(PartyForm):
    blame: ClassVar[Mapping[str, str]] = {"half_days": "half_days"}

    def questions(self, s: Setting) -> Questions:
        meeting = s.joint_meeting()
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
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return (
            {"party": s.about, "half_days": typed.many("half_days"), "how": typed.one("how")},
            {"note": typed.one("note")},
        )


class FixMeeting(CommandForm):
    button: ClassVar[str] = "Fix the meeting and invite everyone"
    blame: ClassVar[Mapping[str, str]] = {"slot": "date", "slot.start": "time", "slot.minutes": "minutes"}

    def intro(self, s: Setting) -> str:
        meeting = s.joint_meeting()
        answered = meeting.availability if meeting else {}
        if meeting is None or not answered:
            return "No party has said yet when they can come."
        if any(not half.who_cannot for half in suits(answered, meeting.half_days)):
            return "These half days suit everyone who answered:"
        return "No half day suits everyone who answered. The best are:"

    def points(self, s: Setting) -> list[str]:
        meeting = s.joint_meeting()
        if meeting is None or not meeting.availability:
            return []
        best = suits(meeting.availability, meeting.half_days)
        everyone = [words.half_day(half.key) for half in best if not half.who_cannot]
        return everyone[:8] or [
            f"{words.half_day(half.key)}: not {', '.join(words.who(s.case, party) for party in half.who_cannot)}"
            for half in best[:4]
        ]

    def questions(self, s: Setting) -> Questions:
        houses = [party.organisation for party in s.case.parties]
        venues = tuple(
            Option(
                venue.id,
                f"{venue.name}, {venue.address}"
                + (f" (belongs to {venue.owner})" if venue.owner else "")
                + (": not neutral" if is_one_of(venue.owner, houses) else ""),
            )
            for venue in s.venues
        )
        return [
            Group("When", (Field("date", "Day", "date"), Field("time", "Starts at", "time")), beside=True),
            Field("minutes", "Length in minutes", "number", value="120"),
            Field(
                "venue",
                "Venue",
                "choice",
                hint="Neutral: it belongs to none of the parties.",
                options=(*venues, Option("online", "Online")),
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
        start = _start(typed, "date", "time", s.now)
        venue = typed.one("venue")
        if venue == "online" and not typed.one("place"):
            typed.wrong("place", "Give the link to the online room.")
        return (
            {"slot": {"start": start, "minutes": _minutes(typed)}, "venue": "" if venue == "online" else venue},
            {"place": typed.one("place"), "note": typed.one("note")},
        )


class JointMeeting(CommandForm):
    blame: ClassVar[Mapping[str, str]] = {"present": "present"}

    def questions(self, s: Setting) -> Questions:
        people = tuple(
            Option(
                person.key,
                person.details.name,
                party.name
                if person.role == PersonRole.LEAD
                else f"{party.name}, {words.PERSON_ROLES[person.role].lower()}",
            )
            for party in s.case.parties
            for person in party.people
        )
        return [
            Field("present", "Who came?", "ticks", hint="Everyone present receives a copy.", options=people),
            Field(
                "outcome",
                "What did it come to?",
                "choice",
                options=(
                    Option("full", "Full agreement"),
                    Option("partial", "Agreement on some points"),
                    Option("none", "No agreement"),
                    Option("another", "Another meeting is needed"),
                ),
            ),
            Field(
                "detail",
                "In particular",
                "pick",
                optional=True,
                options=(
                    Option("", "Nothing in particular"),
                    *(Option(detail, words.OUTCOMES[detail]) for detail in OutcomeDetail),
                ),
            ),
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        if typed.one("outcome") in ("full", "partial") and not typed.many("present"):
            typed.wrong("present", "Say who came; everyone present receives a copy of an agreement.")
        return (
            {
                "present": typed.many("present"),
                "outcome": typed.one("outcome"),
                "detail": typed.one("detail") or None,
            },
            {"note": typed.one("note")},
        )


class Writing(CommandForm):
    ROWS, OPEN = 10, 4
    button: ClassVar[str] = "Write it up"
    blame: ClassVar[Mapping[str, str]] = {
        "terms": "what1",
        "what": "what1",
        **{f"what.{n}": f"what{n + 1}" for n in range(10)},
        **{f"terms.{n}": f"by{n + 1}" for n in range(10)},
    }

    def intro(self, s: Setting) -> str:
        if s.journey.agreement:
            return f"This becomes version {s.journey.agreement.version + 1}. Earlier versions are kept."
        return "Write each term so that everyone can see later whether it was done."

    def questions(self, s: Setting) -> Questions:
        agreement = s.journey.agreement
        texts = s.case.texts.get(agreement.command, {}) if agreement else {}
        said = texts.get("what", [])
        terms = agreement.terms if agreement else []
        owners = (Option("", "Choose"), *(Option(party.key, party.name) for party in s.case.parties))
        rows = tuple(
            Group(
                f"Term {n}",
                (
                    Field(
                        f"what{n}",
                        "What is done",
                        "words",
                        optional=n > 1,
                        missing="Write at least one term.",
                        rows=2,
                        value=said[n - 1] if n <= len(said) else "",
                    ),
                    Field(
                        f"owner{n}",
                        "Who does it",
                        "pick",
                        options=owners,
                        optional=n > 1,
                        missing=f"Term {n}: say who does it.",
                        value=terms[n - 1].owner if n <= len(terms) else "",
                    ),
                    Field(
                        f"by{n}",
                        "By when",
                        "date",
                        optional=n > 1,
                        missing=f"Term {n}: say by when.",
                        value=terms[n - 1].by.isoformat() if n <= len(terms) else "",
                    ),
                ),
                beside=True,
                optional=n > 1,
            )
            for n in range(1, self.ROWS + 1)
        )
        return [
            *rows[: self.OPEN],
            Fold("More terms", rows[self.OPEN :]),
            Field(
                "wishes",
                "The child's wishes and feelings",
                "words",
                optional=True,
                value=str(texts.get("wishes", "")),
            ),
            Field(
                "comments_wanted",
                "The parties are to comment on the wording first",
                "tick",
                hint="As a rule terms are agreed at the meeting, and everyone receives the copy at once.",
                optional=True,
            ),
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        terms, what = [], []
        for n in range(1, self.ROWS + 1):
            said, owner, by = typed.one(f"what{n}"), typed.one(f"owner{n}"), typed.one(f"by{n}")
            if not (said or owner or by):
                continue
            day = typed.day(f"by{n}", f"The date of term {n}")
            if not said:
                typed.wrong(f"what{n}", f"Term {n}: say what is done.")
            if not owner:
                typed.wrong(f"owner{n}", f"Term {n}: say who does it.")
            if not by:
                typed.wrong(f"by{n}", f"Term {n}: say by when.")
            terms.append({"owner": owner, "by": day})
            what.append(said)
        return (
            {"terms": terms, "comments_wanted": typed.one("comments_wanted") == "yes"},
            {"what": what, "wishes": typed.one("wishes"), "note": typed.one("note")},
        )


class Comment(PartyForm):
    def hidden(self, s: Setting) -> dict[str, str]:
        return {"version": str(s.journey.agreement.version if s.journey.agreement else 0)}

    def questions(self, s: Setting) -> Questions:
        return [
            Field(
                "agrees",
                f"What does {s.party} say to the wording?",
                "choice",
                options=(Option("yes", "They agree with it"), Option("no", "They want it changed")),
            ),
            HOW,
            Field("note", "Their words", "words", optional=True),
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return (
            {
                "party": s.about,
                "version": _number(typed, "version"),
                "agrees": typed.one("agrees") == "yes",
                "how": typed.one("how"),
            },
            {"note": typed.one("note")},
        )


class Issue(CommandForm):
    button: ClassVar[str] = "Issue it to everyone present"

    def intro(self, s: Setting) -> str:
        agreement = s.journey.agreement
        if agreement is None:
            return ""
        says = {"agrees": "agrees", "wants_changes": "wants changes", "silent": "said nothing"}
        comments = [f"{words.who(s.case, p)} {says.get(c, c)}" for p, c in agreement.comments.items()]
        return f"Version {agreement.version}. " + (f"{'; '.join(comments)}." if comments else "Nobody has commented.")

    def hidden(self, s: Setting) -> dict[str, str]:
        return {"version": str(s.journey.agreement.version if s.journey.agreement else 0)}

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"version": _number(typed, "version")}, {"note": typed.one("note")}


class DoneAction(CommandForm):
    def title(self, s: Setting, kind: str) -> str:
        return f"Record action {s.about} of the agreement"

    def about_is_known(self, s: Setting) -> bool:
        return any(str(action.number) == s.about for action in s.journey.actions)

    def intro(self, s: Setting) -> str:
        action = next(action for action in s.journey.actions if str(action.number) == s.about)
        texts = s.case.texts.get(s.journey.agreement.command, {}) if s.journey.agreement else {}
        said = texts.get("what", [])
        what = said[action.number - 1] if action.number <= len(said) else "The action"
        return f"“{what}” — {words.who(s.case, action.owner)}, by {words.day(action.by)}."

    def questions(self, s: Setting) -> Questions:
        done = (Option("yes", "Yes"), Option("no", "No, and it will not be"))
        return [Field("done", "Was it done?", "choice", options=done), HOW, NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return (
            {"action": int(s.about), "done": typed.one("done") == "yes", "how": typed.one("how")},
            {"note": typed.one("note")},
        )


class Feedback(PartyForm):
    def questions(self, s: Setting) -> Questions:
        scores = ("1 – poor", "2", "3", "4", "5 – very good")
        return [
            Field(
                "score",
                f"How was it for {s.party}?",
                "choice",
                options=tuple(Option(str(n), label) for n, label in enumerate(scores, 1)),
            ),
            Field("note", "Their words", "words", optional=True),
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"party": s.about, "score": _number(typed, "score")}, {"note": typed.one("note")}


class Withdrawal(PartyForm):
    button: ClassVar[str] = "Withdraw this party and end the mediation"
    grave: ClassVar[bool] = True

    def intro(self, s: Setting) -> str:
        return (
            f"{s.party} leaves the mediation, and it ends. Bookings and invitations are cancelled; those who were "
            "contacted are told neutrally, without a reason."
        )

    def questions(self, s: Setting) -> Questions:
        return [HOW, NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"party": s.about, "how": typed.one("how")}, {"note": typed.one("note")}


class Pausing(CommandForm):
    button: ClassVar[str] = "Pause the case"

    def intro(self, s: Setting) -> str:
        return "Reminders and the service's own clocks stand still until somebody resumes the case."


class Resuming(CommandForm):
    button: ClassVar[str] = "Resume the case"

    def intro(self, s: Setting) -> str:
        return "Reminders go on where they stood."


class Holding(CommandForm):
    button: ClassVar[str] = "Hold the case"
    grave: ClassVar[bool] = True

    def intro(self, s: Setting) -> str:
        return (
            "All messages that nobody asked for stop at once, and the safeguarding lead has a task today. Only the "
            "safeguarding lead or a manager can release the hold."
        )

    def questions(self, s: Setting) -> Questions:
        return [
            Field(
                "note",
                "What is known",
                "words",
                hint="Only the safeguarding lead, managers and whoever wrote it can read it.",
                optional=True,
            )
        ]


class Releasing(CommandForm):
    button: ClassVar[str] = "Release the hold"

    def questions(self, s: Setting) -> Questions:
        hint = "Only the safeguarding lead and managers can read it."
        return [Field("note", "Why", "words", hint=hint, optional=True)]


class Closing(CommandForm):
    button: ClassVar[str] = "Close the case"
    grave: ClassVar[bool] = True

    def intro(self, s: Setting) -> str:
        return "Open bookings are cancelled, and those who were contacted are told neutrally."

    def questions(self, s: Setting) -> Questions:
        reasons = tuple(Option(reason, words.CLOSING_REASONS[reason]) for reason in STAFF_CLOSINGS)
        return [Field("reason", "Why does it close?", "choice", options=reasons), NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"reason": typed.one("reason")}, {"note": typed.one("note")}


class Tick(CommandForm):
    button: ClassVar[str] = "Tick it off"

    def title(self, s: Setting, kind: str) -> str:
        task = next(task for task in s.journey.tasks if task.key == s.about)
        return words.task_title(s.case, task)

    def about_is_known(self, s: Setting) -> bool:
        return any(task.key == s.about for task in s.journey.tasks)

    def questions(self, s: Setting) -> Questions:
        task = next(task for task in s.journey.tasks if task.key == s.about)
        if task.kind != "phone":
            return [NOTE]
        return [
            Field(
                "outcome",
                "What came of the call?",
                "choice",
                hint="Did they give their answer? Then record the answer itself on the case page.",
                options=(
                    Option("spoke", "I spoke to them"),
                    Option("voicemail", "I left a message"),
                    Option("no_answer", "Nobody answered"),
                ),
            ),
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"task": s.about, "outcome": typed.one("outcome") or "done"}, {"note": typed.one("note")}


class PolicyChange(CommandForm):
    def intro(self, s: Setting) -> str:
        return "Every open question is asked, reminded and escalated by the new targets from now on."

    def questions(self, s: Setting) -> Questions:
        titles = {"standard": "The standard targets", "demo": "Demonstration: seconds for days"}
        options = tuple(Option(name, titles.get(name, name)) for name in s.policies)
        return [Field("policy", "Policy", "choice", options=options), NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"policy": typed.one("policy")}, {"note": typed.one("note")}  # doing.py puts the policy itself here


FORMS: dict[str, CommandForm] = {
    "record_explaining_call": ExplainingCall(),
    "record_permission": Permission(),
    "answer_consent": Consent(),
    "decide_on_silence": Silence(),
    "offer_mediator": Offer(),
    "answer_allocation": Allocation(),
    "offer_visit_dates": VisitDates(),
    "choose_visit_date": VisitChoice(),
    "record_visit": Visit(),
    "give_availability": Availability(),
    "fix_joint_meeting": FixMeeting(),
    "record_joint_meeting": JointMeeting(),
    "write_agreement": Writing(),
    "comment_on_agreement": Comment(),
    "issue_agreement": Issue(),
    "record_action": DoneAction(),
    "give_feedback": Feedback(),
    "withdraw": Withdrawal(),
    "pause": Pausing(),
    "resume": Resuming(),
    "hold": Holding(),
    "release": Releasing(),
    "close_case": Closing(),
    "tick_task": Tick(),
    "change_policy": PolicyChange(),
}
"""The form of every kind of command. A test sees that none is missing."""


def with_policy(fields: Fields, intake: Intake) -> Fields:
    """A policy is chosen by name and sent as a value."""
    return {**fields, "policy": intake.policy(fields["policy"])} if "policy" in fields else fields


def _start(typed: Typed, day: str, clock: str, now: datetime) -> datetime | None:
    """The instant of a local date and time that lies ahead."""
    local = typed.moment(day, clock)
    if local is None:
        return None
    start = local.astimezone(UTC)
    if start.astimezone(LONDON).replace(tzinfo=None) != local.replace(tzinfo=None):
        typed.wrong(clock, "The clocks change that night and skip this time. Choose another.")
        return None
    if start <= now:
        typed.wrong(day, "This time has passed. Choose a later one.")
    elif start.minute % 5:
        typed.wrong(clock, "Meetings start on a multiple of five minutes, such as 10:05.")
    return start


def _minutes(typed: Typed) -> int:
    number = _number(typed, "minutes")
    if not 15 <= number <= 480:
        typed.wrong("minutes", "The length must be between 15 and 480 minutes.")
    return number


def _number(typed: Typed, name: str) -> int:
    text = typed.one(name)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        typed.wrong(name, "Give a whole number.")
        return 0
    return int(text)
