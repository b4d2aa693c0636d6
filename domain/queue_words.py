"""A line of the queue in words: who, what, and until when."""

from datetime import datetime

from pydantic import BaseModel

from domain import titles, words
from domain.commands import StaffRole
from domain.journey import OpenAsk, Task
from domain.queue import Matter
from domain.view import CaseView


class Said(BaseModel):
    """What a case is listed for."""

    who: str  # "Oakfield School", "Coordinator"
    what: str  # "Consent"
    until: str  # "was due Mon 23 Nov 09:00"; ""
    then: str = ""  # what happens by itself when nobody answers: "Reminder 2 to Oakfield School on Thu 3 Dec 09:00"


def said_of(case: CaseView, matter: Matter, now: datetime) -> Said:
    """What `matter_of` found in this case."""
    if matter.task:
        return _task(case, matter.task, late=matter.late)
    if matter.ask:
        return _ask(case, matter.ask, now)
    journey = case.journey
    if journey is None:
        return Said(who="The service", what="The referral is being taken in", until="")
    if journey.ending or journey.reopening:
        change = journey.ending or journey.reopening
        what = "The case is about to close" if journey.ending else "The case has just been opened again"
        until = f"can be undone until {words.soon(change.at)}" if change else ""
        return Said(who="Nobody", what=what, until=until)
    if journey.on_hold or journey.paused:
        what = "On a safeguarding hold" if journey.on_hold else "Paused"
        return Said(who="Nobody", what=f"{what}: nothing leaves", until="until it is released or resumed")
    return Said(who="Nobody", what="Nothing is waited for", until="")


def _task(case: CaseView, task: Task, *, late: bool) -> Said:
    mine = task.role == StaffRole.COORDINATOR
    who = (case.coordinator.name if mine else "") or titles.STAFF_ROLES[task.role]
    until = f"since {words.day(task.opened)}"
    if task.due:
        until = f"{'was due' if late else 'by'} {words.soon(task.due)}"
    return Said(who=who, what=words.task_title(case, task), until=until)


def _ask(case: CaseView, ask: OpenAsk, now: datetime) -> Said:
    step = words.next_step_of(case, ask)
    if ask.due:
        until = f"{'was due' if ask.due < now else 'by'} {words.soon(ask.due)}"
    elif ask.in_vain:
        until = f"asked on {words.day(ask.asked)}; nothing more is sent by itself"
    else:
        until = f"asked on {words.day(ask.asked)}"
    return Said(
        who=_capital(words.who(case, ask.of)),
        what=_capital(words.waited_of(case, ask)),
        until=until,
        then=f"{step.what} on {words.soon(step.at)}" if step else "",
    )


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]
