"""What is late and what is due today, as those who run the cases read it in the morning. By references and roles: an
e-mail may be read by the wrong person."""

from datetime import datetime

from pydantic import BaseModel, Field

from domain import titles, words
from domain.commands import StaffRole
from domain.journey import BEGUN_ANEW, CALL_WANTED, LETTERS_BY_HAND, POSSIBLE_DUPLICATE, READ_REPLY, OpenAsk
from domain.panel import RunsOut
from domain.parties import Party
from domain.queue import ask_times, is_late, is_of_today, task_times

MOST_LINES = 40  # of each sort; the lists of the service show all


class Digest(BaseModel):
    """The morning's list of one member of staff. Each line is a sentence that begins with a reference."""

    late: list[str] = Field(default_factory=list)
    today: list[str] = Field(default_factory=list)
    soon: list[str] = Field(default_factory=list)  # runs out within weeks

    def __bool__(self) -> bool:
        return bool(self.late or self.today or self.soon)

    def subject(self) -> str:
        """ "Your cases today: 2 late, 5 to do"."""
        parts = [(len(self.late), "late"), (len(self.today), "to do"), (len(self.soon), "about to run out")]
        return "Your cases today: " + ", ".join(f"{count} {what}" for count, what in parts if count)


def add_task(digest: Digest, reference: str, kind: str, opened: datetime, due: datetime | None, now: datetime) -> None:
    """A task that is open. One that was put off to another day is not due."""
    times, said = task_times(opened, due), f"{reference}: {task_title(kind)}"
    if due is not None and is_late(times, now):
        digest.late.append(f"{said}, by {words.soon(due)}")
    elif is_of_today(times, now):
        digest.today.append(f"{said}, since {words.day(opened)}")


def add_ask(digest: Digest, reference: str, ask: OpenAsk, parties: list[Party], now: datetime) -> None:
    """What somebody was asked and has not answered, while the case moves on."""
    waited_for = words.ASKS.get(ask.kind, ask.kind)
    said = f"{reference}: {waited_for}, from {_whom(ask, parties)}, asked on {words.day(ask.asked)}"
    times = ask_times(ask)
    if ask.due is not None and ask.due < now:
        digest.late.append(f"{said}, was due {words.soon(ask.due)}")
    elif is_late(times, now):
        digest.late.append(f"{said}; nothing more is sent by itself")
    elif ask.armed and is_of_today(times, now):
        digest.today.append(f"{said}; today {words.clock(ask.armed.at)}: {titles.RUNGS[ask.armed.do].lower()}")


def add_panel(digest: Digest, running_out: RunsOut) -> None:
    """What runs out of a mediator's place on the panel; the page says of whom."""
    said = str(running_out)
    (digest.late if running_out.is_over else digest.soon).append(f"Panel, of a mediator: {said[0].lower()}{said[1:]}")


def task_title(kind: str) -> str:
    """What is to be done, by the task's kind, without names."""
    title = _TASKS.get(kind) or words.ASKS.get(kind) or kind.replace("_", " ")
    return title[0].upper() + title[1:]


def _whom(ask: OpenAsk, parties: list[Party]) -> str:
    if ask.of in set(StaffRole):
        return f"the {titles.STAFF_ROLES[StaffRole(ask.of)].lower()}"
    role = next((party.role for party in parties if party.key == ask.of), None)
    return f"the {titles.PARTY_ROLES[role].lower()}" if role else "a party"


_TASKS: dict[str, str] = {
    "phone": "ring a party that is silent",
    "decide": "decide what a party's silence means",
    "escalated": "late: look at the case",
    "safeguarding": "safeguarding: look at the case",
    "breach": "a letter reached somebody else: decide within 72 hours",
    "letter_failed": "a letter could not be delivered",
    "letter_unclear": "a letter may not have arrived: ask",
    "letter_waits": "a letter does not leave: ring if it cannot wait",
    "bad_address": "find the right address of somebody",
    "calendar_failed": "check the calendars by hand",
    "document_failed": "the agreement could not be made as a PDF",
    "cancel_requested": "somebody pressed Cancel in the Temporal UI",
    "paper_infected": "a paper held harmful software: ring whoever gave it",
    "paper_unchecked": "a paper waits to be checked",
    "post_papers": "print and post the papers of the others",
    BEGUN_ANEW: "the case was set going again: look whether all is well",
    CALL_WANTED: "ring somebody who asked for it",
    READ_REPLY: "read a reply",
    POSSIBLE_DUPLICATE: "compare it with another case",
    LETTERS_BY_HAND[0]: "print and post a letter",
    LETTERS_BY_HAND[1]: "ring somebody about a letter",
}
