"""The queue of whoever runs cases: what is late, what is to be done today, what may become late, and the one thing that
is done about it next. The morning's lists (domain/digest.py) go by the same moments."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel

from domain.commands import COORDINATORS, StaffRole
from domain.journey import READ_REPLY, Journey, OpenAsk, Task
from domain.policy import Do
from domain.possible import Possible, answer_to
from domain.rules import tickable
from domain.stages import Stage
from domain.working_days import ONE_DAY, at_local, latest_start, local_day, working_days_between

FOR_PEOPLE = (Do.PHONE_TASK, Do.IN_THE_ROOM, Do.MANAGER_DECIDES, Do.ESCALATE, Do.LAPSE)
"""Rungs at which the waiting becomes somebody's business; reminders leave by themselves."""


class Section(StrEnum):
    """The parts of the queue, the most urgent first. An open case is in one of them."""

    LATE = "late"
    TODAY = "today"
    AT_RISK = "at_risk"
    NOT_TAKEN = "not_taken"  # nobody's yet, whatever else is due in it
    WAITING = "waiting"  # for others; nothing is to be done before they answer or the next step comes


# From when on something is late, or to be done


class Times(NamedTuple):
    """When something becomes late, and the instant on whose day it is to be done. None: it does not by itself."""

    late: datetime | None = None
    to_do: datetime | None = None


def task_times(opened: datetime, due: datetime | None) -> Times:
    """Of a task that is open: one that was put off to another day is not to be done before."""
    return Times(due, due or opened)


def ask_times(ask: OpenAsk) -> Times:
    """Of what somebody was asked, while the case moves on. Late: its date has passed, or nothing more comes by
    itself."""
    late = ask.asked if ask.in_vain else ask.due
    return Times(late, ask.armed.at if ask.armed and ask.armed.do in FOR_PEOPLE else None)


def is_late(times: Times, now: datetime) -> bool:
    return times.late is not None and times.late < now


def is_of_today(times: Times, now: datetime) -> bool:
    """To be done today, and not late yet."""
    return not is_late(times, now) and times.to_do is not None and times.to_do < end_of_day(now)


def end_of_day(now: datetime) -> datetime:
    """Midnight in London."""
    return at_local(local_day(now) + ONE_DAY, time(0))


def times_of(journey: Journey) -> Times:
    """Of the case: the earliest of what its coordinator has to do, or sees to because others have not done it. It is
    kept beside the journey for the queue (casefile/today.py)."""
    if journey.closing:
        return Times()
    found = [task_times(task.opened, task.due) for task in journey.tasks if task.role == StaffRole.COORDINATOR]
    found += [ask_times(ask) for ask in _waited_for(journey)]
    late = min((times.late for times in found if times.late), default=None)
    return Times(late, min((at for times in found for at in times if at), default=None))


def _waited_for(journey: Journey) -> list[OpenAsk]:
    """What others owe. Tasks say what coordinators and managers do; while nothing leaves, nobody is late."""
    if journey.silent or any(task.kind == READ_REPLY for task in journey.tasks):
        return []
    return [ask for ask in journey.asks if ask.of not in COORDINATORS]


# Days against their targets

NEARLY = 0.8
"""The share of a stage's days from which on it may become late."""


class Days(BaseModel):
    """The day on which a case, or its stage, is: in working days, 0 on the day on which it began."""

    day: int
    target: int | None = None  # None: there is none

    @property
    def at_risk(self) -> bool:
        """The target is near, or has passed."""
        return self.target is not None and self.day >= _near(self.target)

    @property
    def over(self) -> bool:
        return self.target is not None and self.day > self.target

    def __str__(self) -> str:
        """ "day 12 of 20", "day 23, target 20", "since today"."""
        if self.day == 0:
            return "since today"
        if self.target is None:
            return f"day {self.day}"
        return f"day {self.day}, target {self.target}" if self.over else f"day {self.day} of {self.target}"


def _near(target: int) -> int:
    return max(1, -int(-target * NEARLY // 1))


def days_of_stage(
    stage: Stage, since: datetime, now: datetime, targets: Mapping[Stage, int], holidays: Collection[date]
) -> Days:
    day = working_days_between(local_day(since), local_day(now), holidays)
    return Days(day=day, target=targets.get(stage))


def days_of_case(
    stage: Stage, created: datetime, now: datetime, targets: Mapping[Stage, int], holidays: Collection[date]
) -> Days:
    """The target of a case is reached when what was agreed is written down: the targets of all stages before. What is
    then carried out has dates of its own."""
    day = working_days_between(local_day(created), local_day(now), holidays)
    return Days(day=day, target=sum(targets.values()) if stage.lies_before(Stage.ACTIONS) else None)


def at_risk_since(now: datetime, targets: Mapping[Stage, int], holidays: Collection[date]) -> dict[Stage, datetime]:
    """The instant before which a case must have come into its stage to be at risk now (Days.at_risk), for queries."""
    began = {stage: latest_start(local_day(now), _near(target), holidays) for stage, target in targets.items()}
    return {stage: at_local(day + ONE_DAY, time(0)) for stage, day in began.items()}


# What a case is listed for, and what is done about it


class Matter(BaseModel):
    """What a case is listed for: a task, what somebody was asked, or neither: it stands still, or is being taken in.
    `action`: the one thing that is done next, if a person can do anything."""

    task: Task | None = None
    ask: OpenAsk | None = None
    late: bool = False
    today: bool = False
    action: Possible | None = None


def matter_of(journey: Journey | None, now: datetime) -> Matter:
    """The most urgent: what is late for longest, then what is to be done today, then what waits for a manager or the
    safeguarding lead, then what comes next by itself. A task about what was asked stands for it."""
    if journey is None:
        return Matter()
    tasks = [task for task in journey.tasks if task.role != StaffRole.MEDIATOR]  # what mediators owe was asked, too
    asks = [ask for ask in _waited_for(journey) if ask.key not in [task.about for task in tasks]]
    matters = [
        _matter(task_times(task.opened, task.due), now, task=task, action=doing(journey, task)) for task in tasks
    ]
    matters += [_matter(ask_times(ask), now, ask=ask, action=_answering(ask, now)) for ask in asks]
    if journey.silent and not any(one.late or one.today for one in matters):
        return Matter(action=_going_on(journey))
    return min(matters, key=_urgency, default=Matter())


def _matter(
    times: Times, now: datetime, action: Possible | None, task: Task | None = None, ask: OpenAsk | None = None
) -> Matter:
    return Matter(task=task, ask=ask, late=is_late(times, now), today=is_of_today(times, now), action=action)


def _urgency(one: Matter) -> tuple[bool, bool, bool, float]:
    """A coordinator's own first; the earliest of each sort."""
    elsewhere = one.task is not None and one.task.role != StaffRole.COORDINATOR
    times = task_times(one.task.opened, one.task.due) if one.task else ask_times(one.ask) if one.ask else Times()
    at = (times.late if one.late else times.to_do) or (one.ask.armed.at if one.ask and one.ask.armed else times.late)
    put_off = not (one.late or one.today or elsewhere)
    return (not one.late or elsewhere, not one.today or elsewhere, put_off, at.timestamp() if at else float("inf"))


def doing(journey: Journey, task: Task) -> Possible | None:
    """The command by which a task is done; None: it is not done by a form of its own."""
    if tickable(task.kind):
        return Possible(kind="tick_task", about=task.key)
    if task.kind == "decide":
        return Possible(kind="decide_on_silence", about=task.about)
    if task.kind == "breach":
        return Possible(kind="decide_on_breach", about=task.about)
    ask = journey.open_ask(task.key) or journey.open_ask(task.about)
    return answer_to(ask) if ask and not journey.closing else None


def _answering(ask: OpenAsk, now: datetime) -> Possible | None:
    """A manager decides on missed meetings, and nobody records a meeting before it has been."""
    to_come = ask.kind in ("visit", "joint_meeting") and ask.due is not None and ask.due > now
    return None if ask.kind == "no_show" or to_come else answer_to(ask)


def _going_on(journey: Journey) -> Possible | None:
    """By what a case that stands still goes on."""
    if journey.second_thoughts:
        return Possible(kind="undo")
    return Possible(kind="release" if journey.on_hold else "resume")
