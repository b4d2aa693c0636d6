"""What the forms of all commands have in common: what they may look at, and how dates and numbers are read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from api.forms import Field, Option, Part, Typed
from casefile.reading import MediatorView
from domain import titles, words
from domain.commands import COMMANDS, Command, How, StaffRole
from domain.journey import Journey, Letter
from domain.languages import ENGLISH_NAMES, WHOLE
from domain.parties import NEEDS, Channel, PersonRole
from domain.referral import PersonDetails
from domain.stages import OutcomeDetail
from domain.view import CaseView, VenueView
from domain.working_days import LONDON

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
    coordinators: Mapping[str, str] = field(default_factory=dict)  # id -> name
    policies: Mapping[str, str] = field(default_factory=dict)  # name -> title
    script: list[str] = field(default_factory=list)  # of a call: what is to be said
    rows: int = 0  # of a form with as many as one likes: how many are shown

    @property
    def party(self) -> str:
        """The party's name, where the command is about one."""
        return words.who(self.case, self.about)


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
SAID_BY = Field("said_by", "Who said it?", hint="The name of whoever gave the answer.", optional=True)
NOTE = Field("note", "Note", "words", hint="For the case file. Staff of the service can read it.", optional=True)
REASON = Field(
    "reason",
    "Why?",
    "words",
    hint="Kept in the case file for staff of the service. It is not told to the parties.",
    missing="Give the reason, so that others understand the change later.",
    rows=2,
)
YES_NO = (Option("yes", "Yes"), Option("no", "No"))


def told(typed: Typed) -> Fields:
    """The words that go with an answer that reached the service somehow."""
    return {"note": typed.one("note"), "said_by": typed.one("said_by")}


def everyone(s: Setting) -> tuple[Option, ...]:
    """Whoever can have come to a meeting, party by party."""
    return tuple(
        Option(
            person.key,
            person.details.name,
            party.name
            if person.role == PersonRole.LEAD
            else f"{party.name}, {titles.PERSON_ROLES[person.role].lower()}",
        )
        for party in s.case.parties
        for person in party.people
    )


def outcomes(otherwise: str) -> Field:
    """What a joint meeting came to in particular; `otherwise` says what it means when nothing is chosen."""
    details = (Option(detail, titles.OUTCOMES[detail]) for detail in OutcomeDetail)
    return Field("detail", "In particular", "pick", optional=True, options=(Option("", otherwise), *details))


class CommandForm:
    """A form: subclasses say what differs."""

    button: ClassVar[str] = "Record it"
    grave: ClassVar[bool] = False  # hard to take back: the button says so by its colour
    takes_a_file: ClassVar[bool] = False
    has_rows: ClassVar[bool] = False  # which can be added, moved and removed
    button_to_send: ClassVar[str] = "Send it"
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

    def letters(self, command: Command, s: Setting) -> list[Letter]:
        """What would be sent, to be shown before it is."""
        return []

    def only_moves(self, typed: Typed) -> bool:
        """Whether the button that was pressed only moves what was typed, which is done then: nothing is recorded."""
        return False

    def hidden(self, s: Setting) -> dict[str, str]:
        """What the page was shown for (a version, say), posted back so that a stale form is noticed."""
        return {}


class PartyForm(CommandForm):
    """A command about one party."""

    def title(self, s: Setting, kind: str) -> str:
        return f"{COMMANDS[kind].title}: {s.party}"

    def about_is_known(self, s: Setting) -> bool:
        return s.journey.party(s.about) is not None


class LetterForm(CommandForm):
    """A command about one letter, which the address names by its key."""

    what: ClassVar[str]  # becomes of it: "Send again"

    def about_is_known(self, s: Setting) -> bool:
        letter = Letter.of_key(s.about)
        return letter is not None and s.journey.person(letter.to) is not None

    def title(self, s: Setting, kind: str) -> str:
        letter = Letter.of_key(s.about)
        if letter is None:
            return COMMANDS[kind].title
        title = titles.LETTERS.get(letter.kind, "a letter")
        return f"{self.what}: “{title}” to {words.recipient(s.case, letter.to)}"


REACHED_AT: dict[str, tuple[str, Literal["email", "phone", "words"], str]] = {
    "email": ("E-mail address", "email", "the e-mail address"),
    "phone": ("Telephone number", "phone", "the telephone number"),
    "address": ("Postal address", "words", "the postal address"),
}
"""Where a person is reached: how it is asked, and what a complaint calls it."""


def channel_field(name: str, value: str = Channel.EMAIL, among: Iterable[Channel] = Channel) -> Field:
    """How a person is reached."""
    options = tuple(Option(channel, titles.CHANNELS[channel]) for channel in among)
    return Field(name, "How do we reach them?", "pick", options=options, value=value, optional=True)


def needed_for(channel: str) -> str:
    """Which of REACHED_AT a channel needs, as it was typed: e-mail's where it is none."""
    return NEEDS[Channel(channel) if channel in set(Channel) else Channel.EMAIL]


def contact_fields(known: PersonDetails | None = None) -> list[Field]:
    """The questions about a person who becomes a participant; what is known already stands there."""
    there = known.model_dump() if known else {}
    return [
        Field("name", "Name", value=there.get("name", "")),
        channel_field("channel", there.get("channel", Channel.EMAIL)),
        *(
            Field(part, label, kind, optional=True, rows=3, value=there.get(part, ""))
            for part, (label, kind, _) in REACHED_AT.items()
        ),
        Field("postcode", "Postcode", optional=True, value=there.get("postcode", "")),
        Field("language", "Language", optional=True, value=there.get("language", "")),
        *reading_fields(known),
        Field("adjustments", "Other needs", optional=True, value=there.get("adjustments", "")),
    ]


def reading_fields(known: PersonDetails | None = None) -> list[Field]:
    """The questions about how somebody reads what we write, and whether they need an interpreter."""
    return [
        Field(
            "reads",
            "We write to them in",
            "pick",
            options=(
                Option("", "Not known: English"),
                *(Option(language, ENGLISH_NAMES[language]) for language in WHOLE),
            ),
            value=known.reads if known else "",
            optional=True,
        ),
        Field("interpreter", "They need an interpreter", "tick", value="yes" if known and known.interpreter else ""),
        Field(
            "easy_read",
            "They need Easy Read",
            "tick",
            hint="Short sentences with pictures.",
            value="yes" if known and known.easy_read else "",
        ),
    ]


def read_contact(typed: Typed) -> Fields:
    """What was typed into them. Complains where the channel lacks what it needs."""
    said: Fields = {field.name: typed.one(field.name) for field in contact_fields()}
    said |= {ticked: said[ticked] == "yes" for ticked in ("interpreter", "easy_read")}
    said["channel"] = said["channel"] or str(Channel.EMAIL)
    needed = needed_for(said["channel"])
    if not said[needed]:
        typed.wrong(needed, f"Give {REACHED_AT[needed][2]}, or choose another way to reach them.")
    return said


def start_of(typed: Typed, day: str, clock: str, now: datetime) -> datetime | None:
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


def minutes_of(typed: Typed) -> int:
    number = number_of(typed, "minutes")
    if not 15 <= number <= 480:
        typed.wrong("minutes", "The length must be between 15 and 480 minutes.")
    return number


def number_of(typed: Typed, name: str) -> int:
    text = typed.one(name)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        typed.wrong(name, "Give a whole number.")
        return 0
    return int(text)
