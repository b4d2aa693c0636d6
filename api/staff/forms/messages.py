"""What staff write in their own words: each is shown as it will look before it is sent."""

from typing import ClassVar

from api.forms import Field, Option, Typed
from api.staff.forms.base import REASON, CommandForm, Fields, LetterForm, Questions, Setting
from domain import commands as c
from domain import titles, words
from domain.journey import Letter
from domain.messages import NOT_FOR_LINES, letter_again, message_letters
from domain.parties import Channel, party_of

_MESSAGE = Field(
    "message",
    "What would you like to say?",
    "words",
    hint="Short and plain. Greeting, signature and telephone number are there already. An empty line begins a new "
    "paragraph. Leave the child's name out where you can.",
    missing="Write what you would like to say.",
    rows=8,
)
_LINE = Field(
    "message",
    "A personal line",
    "words",
    hint="It stands first in the letter, below the greeting.",
    missing="Write the line.",
    rows=3,
)


class Message(CommandForm):
    button: ClassVar[str] = "Show me the message"
    blame: ClassVar[dict[str, str]] = {"to": "to"}

    def intro(self, s: Setting) -> str:
        return "Each person gets it by their own channel. You see it before it is sent."

    def questions(self, s: Setting) -> Questions:
        return [Field("to", "To whom?", "ticks", options=_people(s, only_contacted=True)), _MESSAGE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        if not typed.many("to"):
            typed.wrong("to", "Choose one or more people.")
        return {"to": typed.many("to")}, {"message": typed.one("message")}

    def letters(self, command: c.Command, s: Setting) -> list[Letter]:
        return message_letters(command) if isinstance(command, c.WriteMessage) else []


class Line(CommandForm):
    button: ClassVar[str] = "Go on"
    button_to_send: ClassVar[str] = "Keep it for the letter"

    def intro(self, s: Setting) -> str:
        return "It goes with the next letter of this kind to this person, whenever that is."

    def points(self, s: Setting) -> list[str]:
        return [
            f"Waiting: “{titles.LETTERS.get(line.kind, line.kind)}” to {words.who(s.case, line.to)}"
            for line in s.journey.lines
        ]

    def questions(self, s: Setting) -> Questions:
        by_title = sorted(titles.LETTERS.items(), key=lambda item: item[1])
        letters = (Option(kind, title) for kind, title in by_title if not kind.startswith(NOT_FOR_LINES))
        kinds = (Option("", "Choose"), *letters)
        off = Field("off", "Take back the line that waits for this letter", "tick", optional=True)
        line = Field(_LINE.name, _LINE.label, "words", hint=_LINE.hint, optional=True, either=True, rows=_LINE.rows)
        return [
            Field("kind_of_letter", "Which letter?", "pick", options=kinds, missing="Choose the letter."),
            Field("to", "To whom?", "choice", options=_people(s)),
            line,
            *([off] if s.journey.lines else []),
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        off = typed.one("off") == "yes"
        if not off and not typed.one("message"):
            typed.wrong("message", _LINE.missing)
        fields = {"kind_of_letter": typed.one("kind_of_letter"), "to": typed.one("to"), "off": off}
        return fields, {"message": "" if off else typed.one("message")}

    def letters(self, command: c.Command, s: Setting) -> list[Letter]:
        """As far as it can be told now: about what is asked or booked at present."""
        if not isinstance(command, c.AddLine) or command.off:
            return []
        sort, party = command.kind_of_letter.rpartition("_")[0], party_of(command.to)
        keys = [*(ask.key for ask in s.journey.asks), *(meeting.key for meeting in s.journey.meetings)]
        theirs = (key for key in reversed(keys) if not key.startswith(f"{sort}/p") or party in key.split("/"))
        about = next((key for key in theirs if key.partition("/")[0] == sort), "")
        return [Letter(kind=command.kind_of_letter, about=about, to=command.to, line=command.id)]


class Again(LetterForm):
    what: ClassVar[str] = "Send again"
    button: ClassVar[str] = "Show me the letter"

    def intro(self, s: Setting) -> str:
        return "It goes in the same words, as a letter of its own. You see it before it is sent."

    def questions(self, s: Setting) -> Questions:
        line = Field(_LINE.name, _LINE.label, "words", hint=_LINE.hint, optional=True, rows=_LINE.rows)
        return [REASON, line]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        letter = Letter.of_key(s.about)
        named = letter.model_dump(include={"about", "to", "number"}) if letter else {}
        said = {"reason": typed.one("reason"), "message": typed.one("message")}
        return {"kind_of_letter": letter.kind if letter else "", **named}, said

    def letters(self, command: c.Command, s: Setting) -> list[Letter]:
        return [letter_again(command, s.journey)] if isinstance(command, c.ResendLetter) else []


def _people(s: Setting, *, only_contacted: bool = False) -> tuple[Option, ...]:
    """Everyone of the case, with the party and how they are reached."""
    return tuple(
        Option(person.key, person.details.name, _beside(party.name, person.details.name, channel))
        for party in s.case.parties
        for person in party.people
        if not only_contacted or party.key in s.journey.contacted
        if (channel := s.case.channel_of(person.key))
    )


def _beside(party: str, name: str, channel: Channel) -> str:
    """ "Oakfield School, by e-mail"; a parent is not named twice."""
    how = titles.BY_CHANNEL[channel]
    return f"{how[0].upper()}{how[1:]}" if party == name else f"{party}, {how}"
