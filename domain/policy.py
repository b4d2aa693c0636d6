"""The service's own targets: who is reminded when, and what leaves only in office hours (practice, section 4).

A policy is a value. A case is given one at its start and is given another by an Update; it reads no configuration."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from domain.working_days import add_working_days, at_local, local_day, next_office_moment


class Do(StrEnum):
    """What happens on a rung of a ladder."""

    ASK = "ask"  # the first letter
    REMIND = "remind"  # a letter again
    TASK = "task"  # a task for whoever is asked (staff)
    PHONE_TASK = "phone_task"  # a coordinator rings the silent
    MANAGER_DECIDES = "manager_decides"  # a manager decides what the silence means
    ESCALATE = "escalate"  # a manager is told that staff are late
    LAPSE = "lapse"  # silence is the answer


class Rung(BaseModel):
    """One step of a ladder: `do` happens `after` units from the anchor (negative: before it).

    working_days: at the policy's hour of the morning; 0 after `asked` means at once (letters: in office hours).
    moment: at the anchor itself, to the second. seconds: for the demonstration policy."""

    do: Do
    after: int = 0
    anchor: Literal["asked", "due"] = "asked"
    unit: Literal["working_days", "moment", "seconds"] = "working_days"


def _chase(*reminders: int, phone: int, decide: int) -> list[Rung]:
    return [
        Rung(do=Do.ASK),
        *(Rung(do=Do.REMIND, after=days) for days in reminders),
        Rung(do=Do.PHONE_TASK, after=phone),
        Rung(do=Do.MANAGER_DECIDES, after=decide),
    ]


def _staff(remind: int, escalate: int) -> list[Rung]:
    return [Rung(do=Do.TASK), Rung(do=Do.REMIND, after=remind), Rung(do=Do.ESCALATE, after=escalate)]


def _meeting(*reminders: int) -> list[Rung]:
    return [
        *(Rung(do=Do.REMIND, after=-days, anchor="due") for days in reminders),
        Rung(do=Do.TASK, anchor="due", unit="moment"),
        Rung(do=Do.ESCALATE, after=3, anchor="due"),
    ]


STANDARD_LADDERS: dict[str, list[Rung]] = {
    "explaining_call": _staff(2, 4),
    "permission": _chase(3, 6, 9, phone=11, decide=13),
    "consent": _chase(3, 6, 9, phone=11, decide=13),
    "mediator_choice": _staff(2, 4),
    "acceptance": [Rung(do=Do.ASK), Rung(do=Do.LAPSE, after=2)],
    "visit_dates": _staff(2, 4),
    "visit_choice": _chase(2, 4, 6, phone=8, decide=10),
    "visit": _meeting(2, 1),
    "availability": _chase(2, 4, 6, phone=8, decide=10),
    "joint_date": _staff(2, 4),
    "joint_meeting": _meeting(5, 2, 1),
    "terms": _staff(2, 4),
    "comments": [Rung(do=Do.ASK), Rung(do=Do.REMIND, after=3), Rung(do=Do.LAPSE, after=5)],
    "issue": _staff(2, 4),
    "action": [
        Rung(do=Do.REMIND, after=-3, anchor="due"),
        Rung(do=Do.REMIND, anchor="due"),
        Rung(do=Do.PHONE_TASK, after=2, anchor="due"),
        Rung(do=Do.ESCALATE, after=5, anchor="due"),
    ],
    "feedback": [Rung(do=Do.ASK, after=10), Rung(do=Do.LAPSE, after=20)],
    "no_show": [Rung(do=Do.PHONE_TASK), Rung(do=Do.MANAGER_DECIDES, after=1)],  # nobody is written to
}

_ADDED_LATER = ("no_show",)  # a policy that is older than these ladders climbs the standard ones


class Policy(BaseModel):
    """Targets and habits of the service, as one value with a name."""

    name: str = "standard"
    version: int = 0  # of the service's targets (domain/targets.py); 0: never written down as a version
    ladders: dict[str, list[Rung]] = Field(default_factory=lambda: STANDARD_LADDERS)
    holidays: list[date] = Field(default_factory=list)
    opens: time | None = time(8)  # None: letters leave at any hour
    closes: time = time(18)
    morning: time = time(9)  # when a rung of a later working day is climbed
    posting_days: int = 2  # working days that a letter travels, each way
    papers_days: int = 5  # working days before the joint meeting when released papers go to the other parties
    offers_before_alert: int = 3  # a manager is told after so many mediators
    no_shows_before_decision: int = Field(2, ge=1)  # of one party; from then on a manager decides
    minutes_to_regret: int = Field(10, ge=0)  # before an end that staff entered takes effect; 0: at once
    record_only_after_start: bool = True  # False: simulated people do not wait for real dates

    @model_validator(mode="after")
    def _complete(self) -> "Policy":
        later = [kind for kind in _ADDED_LATER if kind not in self.ladders]
        self.ladders = {**self.ladders, **{kind: STANDARD_LADDERS[kind] for kind in later}}
        if missing := [kind for kind in STANDARD_LADDERS if not self.ladders.get(kind)]:
            raise ValueError(f"a policy needs a ladder for everything that is asked; missing: {', '.join(missing)}")
        return self

    def differences(self, other: "Policy") -> list[str]:
        """What another policy says otherwise: kinds of asks whose ladders differ, then names of fields."""
        kinds = [kind for kind in STANDARD_LADDERS if self.ladders[kind] != other.ladders[kind]]
        compared = [name for name in type(self).model_fields if name not in ("name", "version", "ladders")]
        return kinds + [name for name in compared if getattr(self, name) != getattr(other, name)]

    def ladder(self, kind: str) -> list[Rung]:
        """The rungs of an ask's kind ("consent"). KeyError: no such kind."""
        return self.ladders[kind]

    def moment(self, rung: Rung, asked: datetime, due: datetime | None, by_post: bool = False) -> datetime:
        """The instant at which a rung is climbed. Whoever is written to by post is given the days that a letter and its
        answer travel; a letter before a date leaves so much earlier. ValueError: the rung hangs on a due date that the
        ask has not."""
        if rung.anchor == "due" and due is None:
            raise ValueError(f"rung {rung.do} hangs on a due date, and there is none")
        anchor = due if rung.anchor == "due" and due else asked
        if rung.unit == "seconds":
            return anchor + timedelta(seconds=rung.after)
        if rung.unit == "moment":
            return anchor
        if rung.after == 0 and rung.anchor == "asked":
            return self.office_moment(asked) if rung.do in (Do.ASK, Do.REMIND) else asked
        days = rung.after + self._posting(rung, by_post)
        return at_local(add_working_days(local_day(anchor), days, self.holidays), self.morning)

    def _posting(self, rung: Rung, by_post: bool) -> int:
        if not by_post:
            return 0
        if rung.anchor == "asked":
            return 2 * self.posting_days
        return -self.posting_days if rung.do == Do.REMIND else 0

    def exchange_day(self, meeting: datetime, *, by_post: bool) -> datetime:
        """The morning when papers are exchanged before a joint meeting; earlier where somebody is written to by
        post."""
        days = self.papers_days + (self.posting_days if by_post else 0)
        return at_local(add_working_days(local_day(meeting), -days, self.holidays), self.morning)

    def next_morning(self, now: datetime) -> datetime:
        """The morning of the next working day."""
        return at_local(add_working_days(local_day(now), 1, self.holidays), self.morning)

    def office_moment(self, instant: datetime) -> datetime:
        """When an unprompted message may leave: `instant`, or the next opening of the office."""
        return next_office_moment(instant, self.opens, self.closes, self.holidays) if self.opens else instant


def standard(holidays: list[date]) -> Policy:
    """The policy of practice, section 4."""
    return Policy(holidays=holidays)


def demo(seconds_a_day: float = 1.0) -> Policy:
    """The standard ladders with seconds for working days and no office hours: for demonstrations only."""

    def faster(rung: Rung) -> Rung:
        if rung.unit == "moment":
            return rung
        return rung.model_copy(update={"unit": "seconds", "after": round(rung.after * seconds_a_day)})

    ladders = {kind: [faster(rung) for rung in rungs] for kind, rungs in STANDARD_LADDERS.items()}
    soon = Rung(do=Do.REMIND, after=round(2 * seconds_a_day), unit="seconds")  # due dates stay real dates, weeks ahead
    ladders["action"] = [soon, *ladders["action"]]
    return Policy(name="demo", ladders=ladders, opens=None, record_only_after_start=False, minutes_to_regret=0)
