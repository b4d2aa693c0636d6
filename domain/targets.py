"""The service's targets as its managers read and write them (practice, section 4): days instead of rungs, and closures
with their names. From them comes the policy of each case."""

from collections.abc import Iterable
from datetime import date, time, timedelta
from typing import Any

from pydantic import BaseModel, Field, model_validator

from domain import bank_holidays, titles, words
from domain.policy import STANDARD_LADDERS, Do, Policy, Rung
from domain.stages import Stage
from domain.text import Name

YEARS_OF_HOLIDAYS = 2  # that a case is given beyond the year in which it is given its policy
MOST_DAYS = 250  # working days of a rung: about a year
MOST_REMINDERS = 10
LONGEST_CLOSURE = 31  # days


STAGE_DAYS: dict[Stage, int] = {
    Stage.REFERRAL: 1,  # acknowledged
    Stage.EXPLAINING: 2,
    Stage.PERMISSION: 13,  # when a manager decides what silence means
    Stage.CONSENT: 13,
    Stage.ALLOCATION: 4,
    Stage.INITIAL_VISITS: 10,  # by day 14
    Stage.JOINT_MEETING: 20,
    Stage.AGREEMENT: 9,  # written up in 2, commented on in 5, issued in 2
}
"""Working days in which a case should leave each stage (practice, section 4). What was agreed is carried out by dates
of its own. Nothing happens in a case when they are over: its page and the queue say so."""


class Closure(BaseModel):
    """Days on which the service is closed, beside weekends and the bank holidays that are known: an extra bank holiday,
    or a closure of its own. Both days are included. The name is for staff and is kept for good: no personal data."""

    first: date
    last: date
    name: Name

    @property
    def days(self) -> list[date]:
        """Each day of it."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


class Targets(BaseModel):
    """All that a manager may set. The defaults are the service's first targets."""

    ladders: dict[str, list[Rung]] = Field(default_factory=dict)
    stage_days: dict[Stage, int] = Field(default_factory=lambda: dict(STAGE_DAYS))
    opens: time = time(8)
    closes: time = time(18)
    morning: time = time(9)
    posting_days: int = 2
    papers_days: int = 5
    offers_before_alert: int = 3
    no_shows_before_decision: int = 2
    minutes_to_regret: int = 10
    closures: list[Closure] = Field(default_factory=list)
    open_on: list[date] = Field(default_factory=list)  # bank holidays on which the service works

    @model_validator(mode="after")
    def _a_ladder_for_everything(self) -> "Targets":
        """Targets that were written before a kind of ask existed have the standard ladder for it."""
        self.ladders = {kind: self.ladders.get(kind, ladder) for kind, ladder in STANDARD_LADDERS.items()}
        self.stage_days = {stage: self.stage_days.get(stage, days) for stage, days in STAGE_DAYS.items()}
        return self

    def policy(self, today: date, version: int = 0) -> Policy:
        """What a case is given that begins today, or goes on under these targets from today on."""
        fields = [name for name in type(self).model_fields if name not in ("closures", "open_on", "stage_days")]
        return Policy(
            version=version,
            holidays=self.holidays(today.year, today.year + YEARS_OF_HOLIDAYS),
            **{name: getattr(self, name) for name in fields},
        )

    def holidays(self, first_year: int, last_year: int) -> list[date]:
        """When the service is closed, beside weekends, in order: the bank holidays of these years, and its closures."""
        known = bank_holidays.of_england(first_year, last_year)
        closed = {day for closure in self.closures for day in closure.days}
        return sorted({day for day in known if day not in self.open_on} | closed)


# What managers may set about each ladder

_AT_ONCE = (Do.ASK, Do.TASK, Do.PHONE_TASK)  # where these follow at once, or come at the meeting, they stay so


def adjustable(kind: str) -> list[tuple[Do, Rung]]:
    """The sorts of rungs whose days may be set, in the order of the ladder, each with its first rung as a pattern."""
    found: dict[Do, Rung] = {}
    for rung in STANDARD_LADDERS[kind]:
        if rung.do not in _AT_ONCE or rung.after:
            found.setdefault(rung.do, rung)
    return list(found.items())


def days_of(ladder: Iterable[Rung], do: Do) -> list[int]:
    """ "3, 6, 9": days after, or before a due date, as a manager writes them."""
    return [abs(rung.after) for rung in ladder if rung.do == do]


def counts_back(rung: Rung) -> bool:
    """Its days are counted back from a date that is due."""
    return rung.anchor == "due" and rung.do == Do.REMIND


def ladder_with(kind: str, days: dict[Do, list[int]]) -> list[Rung]:
    """The standard ladder with other days. `days` has an entry for all that is adjustable."""
    patterns, built, placed = dict(adjustable(kind)), list[Rung](), set[Do]()
    for rung in STANDARD_LADDERS[kind]:
        if rung.do not in patterns or (rung.do in _AT_ONCE and not rung.after):
            built.append(rung)
        elif rung.do not in placed:
            placed.add(rung.do)
            sign = -1 if counts_back(rung) else 1
            built += [rung.model_copy(update={"after": sign * n}) for n in days[rung.do]]
    return built


def read_days(text: str, pattern: Rung) -> list[int] | str:
    """What a manager wrote, or the sentence that says what is wrong with it."""
    parts = [part.strip() for part in text.split(",")]
    if any(not (part.isascii() and part.isdigit() and len(part) < 6) for part in parts):
        many = " with commas between them, such as 3, 6, 9" if pattern.do == Do.REMIND else ", such as 11"
        return f"write whole working days{many}."
    days = [int(part) for part in parts]
    least = 0 if counts_back(pattern) else 1
    if min(days) < least or max(days) > MOST_DAYS:
        return f"each number must be between {least} and {MOST_DAYS}."
    if pattern.do != Do.REMIND and len(days) > 1:
        return "give one number."
    if len(days) > MOST_REMINDERS:
        return f"at most {MOST_REMINDERS} reminders are possible."
    if days != sorted(set(days), reverse=counts_back(pattern)):
        wanted = "the earliest reminder first, such as 5, 2, 1" if counts_back(pattern) else "in rising order"
        return f"write the days {wanted}, each once."
    return days


def out_of_order(days: dict[Do, list[int]], kind: str) -> tuple[Do, str] | None:
    """The first sort of rung that would come before the one that it follows, and why it cannot."""
    last, after = 0, ""
    for do, pattern in adjustable(kind):
        if counts_back(pattern):
            continue
        if after and days[do][0] <= last:
            return do, f"this must come later than {after} ({last})."
        last, after = days[do][-1], _NAMES[do]
    return None


_NAMES: dict[Do, str] = {
    Do.ASK: "the question",
    Do.REMIND: "the last reminder",
    Do.PHONE_TASK: "the call",
    Do.IN_THE_ROOM: "leaving it to the mediator",
    Do.MANAGER_DECIDES: "the manager's decision",
    Do.ESCALATE: "telling a manager",
    Do.LAPSE: "the end of waiting",
}


def label(pattern: Rung) -> str:
    """How the form calls the days of a sort of rung."""
    if counts_back(pattern):
        return "Reminders, working days before the date"
    asked = {
        Do.ASK: "Asked after",
        Do.REMIND: "Reminders after",
        Do.PHONE_TASK: "A call after",
        Do.IN_THE_ROOM: "Left to the mediator, at the meeting, after",
        Do.MANAGER_DECIDES: "A manager decides after",
        Do.ESCALATE: "A manager is told after",
        Do.LAPSE: "No longer waited for after",
    }[pattern.do]
    return f"{asked} (working days{' from the date' if pattern.anchor == 'due' else ''})"


def sentence(kind: str, ladder: list[Rung]) -> str:
    """ "Consent: reminders after 3, 6 and 9 working days, a call after 11, a manager decides after 13"."""
    parts: list[str] = []
    unit = " working days"
    for do, pattern in adjustable(kind):
        days = days_of(ladder, do)
        if counts_back(pattern):
            parts.append(f"{'a reminder' if len(days) == 1 else 'reminders'} {_before(days)}")
            continue
        said = _SAID[do] if do != Do.REMIND else ("a reminder" if len(days) == 1 else "reminders")
        counted = f"{_listed(days)}{' working day' if unit and days == [1] else unit}"
        parts.append(f"{said} {counted} after it" if pattern.anchor == "due" else f"{said} after {counted}")
        unit = ""
    title = words.ASKS[kind]
    return f"{title[0].upper()}{title[1:]}: {', '.join(parts)}"


def _before(days: list[int]) -> str:
    ahead = [n for n in days if n]
    said = [f"{_listed(ahead)} {'working day' if ahead == [1] else 'working days'} before the date"] if ahead else []
    return " and ".join([*said, *(["on the day"] if 0 in days else [])])


def _listed(days: list[int]) -> str:
    *most, last = [str(n) for n in days]
    return f"{', '.join(most)} and {last}" if most else last


_SAID: dict[Do, str] = {
    Do.ASK: "asked",
    Do.PHONE_TASK: "a call",
    Do.IN_THE_ROOM: "left to the mediator",
    Do.MANAGER_DECIDES: "a manager decides",
    Do.ESCALATE: "a manager is told",
    Do.LAPSE: "no longer waited for",
}

STEPS: dict[Stage, tuple[str, ...]] = {
    Stage.EXPLAINING: ("explaining_call",),
    Stage.PERMISSION: ("permission",),
    Stage.CONSENT: ("consent",),
    Stage.ALLOCATION: ("mediator_choice", "acceptance"),
    Stage.INITIAL_VISITS: ("visit_dates", "visit_choice", "visit", "sign"),
    Stage.JOINT_MEETING: ("availability", "joint_date", "childs_voice", "joint_meeting", "no_show"),
    Stage.AGREEMENT: ("terms", "comments", "issue"),
    Stage.ACTIONS: ("action", "feedback"),
}
"""What is asked for in each step of the leaflet. A test sees that no ladder is missing."""


# What a page says


def coming_bank_holidays(today: date) -> list[tuple[date, str]]:
    """Those of England and Wales that a case is given today, from today on."""
    named = bank_holidays.named(today.year, today.year + YEARS_OF_HOLIDAYS)
    return [(day, name) for day, name in sorted(named.items()) if day >= today and day.weekday() < 5]


def differences(old: Targets, new: Targets, today: date) -> list[str]:
    """What is different, a sentence for each: "Consent: reminders after …; before: …"."""
    before, after = old.policy(today), new.policy(today)
    said = []
    for code in before.differences(after):
        if code in STANDARD_LADDERS:
            was = sentence(code, old.ladders[code]).partition(": ")[2]
            said.append(f"{sentence(code, new.ladders[code])}. Before: {was}.")
        elif code == "holidays":
            said += _days_said("Closed as well on", set(after.holidays) - set(before.holidays))
            said += _days_said("No longer closed on", set(before.holidays) - set(after.holidays))
        else:
            title, is_now, before_it = words.target_title(code), getattr(new, code), getattr(old, code)
            said.append(f"{title[0].upper()}{title[1:]}: {_value(is_now)}. Before: {_value(before_it)}.")
    for stage, days in new.stage_days.items():
        if days != old.stage_days[stage]:
            said.append(f"{stage_sentence(stage, days)}. Before: {old.stage_days[stage]}.")
    return said


def stage_sentence(stage: Stage, days: int) -> str:
    """ "Allocation to a mediator: 4 working days"."""
    return f"{titles.STAGES[stage]}: {days} working {'day' if days == 1 else 'days'}"


def _days_said(what: str, days: set[date]) -> list[str]:
    working = [words.day(day) for day in sorted(days) if day.weekday() < 5]
    return [f"{what} {'; '.join(working)}."] if working else []


def _value(value: Any) -> str:
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)
