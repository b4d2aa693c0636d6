"""What can be done at any moment: other people, withdraw, pause, hold, close, reassign; tasks, letters that came back,
and the targets."""

from typing import Any, ClassVar

from api.forms import Field, Group, Option, Typed
from api.staff.forms.base import (
    HOW,
    NOTE,
    REASON,
    SAID_BY,
    CommandForm,
    Fields,
    LetterForm,
    PartyForm,
    Questions,
    Setting,
    contact_fields,
    read_contact,
    start_of,
    told,
)
from domain import titles, words
from domain.commands import COORDINATORS
from domain.journey import CALL_WANTED, POSSIBLE_DUPLICATE, Letter, Task
from domain.stages import STAFF_CLOSINGS


class Withdrawal(PartyForm):
    button: ClassVar[str] = "Withdraw this party and end the mediation"
    grave: ClassVar[bool] = True

    def intro(self, s: Setting) -> str:
        return (
            f"{s.party} leaves the mediation, and it ends. Bookings and invitations are cancelled; those who were "
            f"contacted are told neutrally, without a reason.{_can_be_undone(s)}"
        )

    def questions(self, s: Setting) -> Questions:
        return [HOW, SAID_BY, NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"party": s.about, "how": typed.one("how")}, told(typed)


class ReplacingMediator(CommandForm):
    button: ClassVar[str] = "Look for another mediator"
    grave: ClassVar[bool] = True

    def about_is_known(self, s: Setting) -> bool:
        return not s.about and bool(s.journey.mediator)

    def intro(self, s: Setting) -> str:
        name = s.case.mediator.name if s.case.mediator else "The mediator"
        return (
            f"{name} no longer has the case, is told so without a reason, and can no longer open it. You then offer it "
            "to another of the panel. Meetings whose first reminder is still to come are kept for the new mediator, if "
            "their calendar is free; the others are cancelled. The parties are told who the new mediator is."
        )

    def questions(self, s: Setting) -> Questions:
        return [
            Field(
                "why",
                "What has happened?",
                "choice",
                options=(
                    Option("unavailable", "The mediator cannot go on", "Ill, on leave, or leaving the panel."),
                    Option("objection", "A party objects", "The mediator is not offered this case again."),
                    Option("conflict", "A conflict of interest", "Kept, and the mediator is not offered it again."),
                ),
            ),
            REASON,
        ]

    def hidden(self, s: Setting) -> dict[str, str]:
        return {"mediator": s.journey.mediator}

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return (
            {"mediator": typed.one("mediator"), "why": typed.one("why")},
            {"reason": typed.one("reason")},
        )


class Contact(PartyForm):
    button: ClassVar[str] = "Write to this person from now on"

    def intro(self, s: Setting) -> str:
        lead = s.case.party(s.about).lead
        return " ".join(
            (
                "For another person, or the same one under another name or address. Links that were sent before end. "
                f"What {s.party} is being asked is asked anew, and this person is invited to what is booked.",
                *words.letters_come_back(s.case, lead.key),
            )
        )

    def questions(self, s: Setting) -> Questions:
        lead = s.case.party(s.about).lead.details
        return [
            *contact_fields(lead),
            REASON,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"party": s.about}, {**read_contact(typed), "reason": typed.one("reason")}


class Supporter(PartyForm):
    button: ClassVar[str] = "Add this person"

    def intro(self, s: Setting) -> str:
        return f"They come along with {s.party}, are invited to what is booked, and are never chased for answers."

    def questions(self, s: Setting) -> Questions:
        return [
            *contact_fields(),
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"party": s.about}, {**read_contact(typed), "note": typed.one("note")}


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
                hint="Only the safeguarding lead and managers can read it.",
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
        return f"Open bookings are cancelled, and those who were contacted are told neutrally.{_can_be_undone(s)}"

    def questions(self, s: Setting) -> Questions:
        reasons = tuple(Option(reason, titles.CLOSING_REASONS[reason]) for reason in STAFF_CLOSINGS)
        return [Field("reason", "Why does it close?", "choice", options=reasons), NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"reason": typed.one("reason")}, {"note": typed.one("note")}


class Reassigning(CommandForm):
    button: ClassVar[str] = "Hand it over"

    def intro(self, s: Setting) -> str:
        return f"{s.case.coordinator.name} looks after the case now. Tasks and letters follow to whoever you choose."

    def questions(self, s: Setting) -> Questions:
        others = [(key, name) for key, name in s.coordinators.items() if key != s.case.coordinator.id]
        options = tuple(Option(key, name) for key, name in others)
        line = Field("note", "What do they need to know?", "words", optional=True, rows=2)
        return [Field("coordinator", "To whom?", "choice", options=options), REASON, line]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"coordinator": typed.one("coordinator")}, {"reason": typed.one("reason"), "note": typed.one("note")}


class Undoing(CommandForm):
    button: ClassVar[str] = "Undo it"

    def title(self, s: Setting, kind: str) -> str:
        opened = s.journey.reopening is not None and s.journey.ending is None
        return "Undo the opening of the case" if opened else super().title(s, kind)

    def intro(self, s: Setting) -> str:
        if s.journey.ending is None and s.journey.reopening:
            return "The case was opened again. Undone, it is closed as it was before, and nobody hears of it."
        if s.journey.ending is None:
            return "There is nothing to undo: nobody has entered an end of this case in the last minutes."
        return f"{words.ending_sentence(s.journey.ending, s.case)} Undone, everything is as it was before."


class Tick(CommandForm):
    button: ClassVar[str] = "Tick it off"

    def title(self, s: Setting, kind: str) -> str:
        task = next(task for task in s.journey.tasks if task.key == s.about)
        return words.task_title(s.case, task)

    def about_is_known(self, s: Setting) -> bool:
        return any(task.key == s.about for task in s.journey.tasks)

    def questions(self, s: Setting) -> Questions:
        task = next(task for task in s.journey.tasks if task.key == s.about)
        if task.kind not in ("phone", "letter_by_phone", CALL_WANTED):
            return [NOTE]
        return [
            Field(
                "outcome",
                "What came of the call?",
                "choice",
                hint="Did they give their answer? Then record the answer itself on the case page.",
                options=(
                    Option("spoke", "I spoke to them"),
                    Option("voicemail", "I left a message", "The task comes back on the next working morning."),
                    Option("no_answer", "Nobody answered", "The task comes back on the next working morning."),
                    Option("call_back", "They want to be rung at another time", "Say below when."),
                ),
            ),
            Group(
                "Ring again",
                (
                    Field("call_back_day", "On", "date", optional=True),
                    Field("call_back_time", "At", "time", optional=True),
                ),
                beside=True,
                optional=True,
            ),
            NOTE,
        ]

    def intro(self, s: Setting) -> str:
        if self._reply(s):
            return (
                "This came by e-mail, and nobody has proved who sent it. Does it answer something? Then record the "
                "answer on the case page first: once this is ticked off, reminders go on where they stood."
            )
        task = next(task for task in s.journey.tasks if task.key == s.about)
        if task.kind == "bad_address":
            return (
                "When you have it, use “Replace or correct a contact” on the case page: that also ends this task. Tick "
                "it off here only when there is nothing more to find out."
            )
        if task.kind == POSSIBLE_DUPLICATE:
            return (
                "The case page shows why, and lets you link the two, or say that it is another matter: both tick this "
                "off. Tick it off here when the other case has nothing to do with it any more."
            )
        said = "What the letter would say. Say it in your own words, and ask for their answer:" if s.script else ""
        needs = words.needs_of(s.case, task.key, task.about)
        return " ".join(filter(None, (words.number_to_ring(s.case, task), needs and f"{needs}.", said)))

    def points(self, s: Setting) -> list[str]:
        if reply := self._reply(s):
            titles = {"sender": "From", "subject": "Subject", "attachments": "Attachments"}
            said = [f"{title}: {reply[name]}" for name, title in titles.items() if reply.get(name)]
            return [*said, *filter(None, (line.strip() for line in str(reply.get("words") or "").splitlines()))]
        if s.about.partition("/")[0] == CALL_WANTED and set(s.roles) & set(COORDINATORS):
            said = s.case.texts.get(s.about.rpartition("/")[2], {}).get("note", "")
            return [line.strip() for line in str(said).splitlines() if line.strip()]
        return s.script

    def _reply(self, s: Setting) -> dict[str, Any]:
        """The words of the reply that is to be read, for those whose task it is; none for another task."""
        kind, _, rest = s.about.partition("/")
        if not set(s.roles) & set(COORDINATORS):
            return {}
        return s.case.texts.get(rest.rpartition("/")[2], {}) if kind == "reply" else {}

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        task = next(task for task in s.journey.tasks if task.key == s.about)
        posted = "posted" if task.kind == "letter_by_post" else "done"
        fields: Fields = {"task": s.about, "outcome": typed.one("outcome") or posted}
        if fields["outcome"] == "call_back":
            fields["call_back"] = start_of(typed, "call_back_day", "call_back_time", s.now)
        return fields, {"note": typed.one("note")}


class BringingBack(CommandForm):
    button: ClassVar[str] = "Bring it back"

    def title(self, s: Setting, kind: str) -> str:
        return f"To be done again: {words.task_title(s.case, self._task(s))}"

    def about_is_known(self, s: Setting) -> bool:
        return any(task.key == s.about for task in s.journey.ticked)

    def questions(self, s: Setting) -> Questions:
        return [REASON]

    def intro(self, s: Setting) -> str:
        return "It was ticked off by mistake, and stands among the tasks again."

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"task": s.about}, {"reason": typed.one("reason")}

    def _task(self, s: Setting) -> Task:
        return next(task for task in s.journey.ticked if task.key == s.about)


class ReturnedLetter(LetterForm):
    what: ClassVar[str] = "It came back"
    button: ClassVar[str] = "It came back"

    def intro(self, s: Setting) -> str:
        return (
            "The letter counts as not given, and the postal address as bad. If it is still wanted, it goes once more, "
            "in another way that the case file knows, and you have a task to find the right address."
        )

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        letter = Letter.of_key(s.about)
        named = letter.model_dump(include={"about", "to", "number"}) | {"kind_of_letter": letter.kind} if letter else {}
        return named, {"note": typed.one("note")}


class PolicyChange(CommandForm):
    def intro(self, s: Setting) -> str:
        return "Every open question is asked, reminded and escalated by the new targets from now on."

    def questions(self, s: Setting) -> Questions:
        options = tuple(Option(name, title) for name, title in s.policies.items())
        return [Field("policy", "Targets", "choice", options=options), REASON]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"policy": typed.one("policy")}, {"reason": typed.one("reason")}  # doing.py puts the policy itself here


def _can_be_undone(s: Setting) -> str:
    minutes = s.case.policy.minutes_to_regret
    return f" This takes effect after {minutes} minutes; until then it can be undone." if minutes else ""
