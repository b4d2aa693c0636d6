"""The form of the service's targets: what is asked, what stands there, and how it is read back."""

from collections.abc import Mapping
from datetime import date, time

from pydantic import ValidationError

from api.forms import Field, Group, Option, Part, Typed, fields_of
from casefile.policies import Draft, Version
from domain import targets as t
from domain import titles, words
from domain.policy import STANDARD_LADDERS, Do, Rung
from domain.targets import Closure, Targets

EMPTY_ROWS = 3  # for further closures
MOST_ROWS = 60
_NUMBERS = {
    "posting_days": ("Working days that a letter travels by post, each way", 0, 10),
    "papers_days": ("Working days before the joint meeting when papers are exchanged", 1, 20),
    "offers_before_alert": ("Mediators who are asked before a manager is told", 1, 20),
    "no_shows_before_decision": ("Meetings that a party misses before a manager decides", 1, 5),
    "minutes_to_regret": ("Minutes in which the end of a case can be undone (0: at once)", 0, 120),
}
_STAGES = {f"stage_days-{stage}": (f"{titles.STAGES[stage]} (working days)", 1, t.MOST_DAYS) for stage in t.STAGE_DAYS}
_TIMES = {"opens": "Opens", "closes": "Closes", "morning": "Reminders of a later day are made at"}
_OFFICE: list[Part] = [
    Group(
        "Office hours",
        tuple(Field(name, label, "time") for name, label in _TIMES.items()),
        hint="Letters that nobody waits for leave on working days between these times.",
        beside=True,
    ),
    *(Field(name, label, "number") for name, (label, _, _) in _NUMBERS.items()),
]
_STAGE_DAYS = Group(
    "Days for each stage",
    tuple(Field(name, label, "number") for name, (label, _, _) in _STAGES.items()),
    hint="The page “Today”, the lists and the case pages count against these, for all cases at once. Nothing else "
    "happens when they are over.",
    beside=True,
)
_WHY: list[Part] = [
    Field(
        "scope",
        "For which cases?",
        "choice",
        options=(
            Option("running", "For running cases too", "You see what changes for whom before anything is saved."),
            Option("new", "Only for cases that begin from now on"),
        ),
    ),
    Field(
        "reason",
        "Why?",
        "words",
        hint="It stands in the history of the targets and in each case that is changed. No names of families.",
        missing="Give the reason, so that others understand the change later.",
        rows=2,
    ),
]


def name_of(kind: str, do: Do) -> str:
    """The question about a sort of rung of a ladder."""
    return f"{kind}-{do}"


def sections(typed: Typed, today: date) -> list[tuple[str, list[Part]]]:
    """Headings and their questions, in the order of the leaflet."""
    found: list[tuple[str, list[Part]]] = [
        (titles.STAGES[stage], [_ladder(kind) for kind in kinds]) for stage, kinds in t.STEPS.items()
    ]
    return [
        *found,
        ("How long a case may take", [_STAGE_DAYS]),
        ("Office", _OFFICE),
        ("Days on which we are closed", _closed(typed, today)),
        ("The change", _WHY),
    ]


def _ladder(kind: str) -> Group:
    questions = [Field(name_of(kind, do), t.label(pattern)) for do, pattern in t.adjustable(kind)]
    return Group(_title(kind), tuple(questions), beside=True)


def _title(kind: str) -> str:
    title = words.ASKS[kind]
    return title[0].upper() + title[1:]


def _closed(typed: Typed, today: date) -> list[Part]:
    holidays = tuple(Option(str(day), f"{words.day(day)}: {name}") for day, name in t.coming_bank_holidays(today))
    rows = [
        Group(
            f"Closure {n}",
            (
                Field(f"closure_{n}_first", "First day", "date"),
                Field(f"closure_{n}_last", "Last day", "date", hint="Empty: one day."),
                Field(f"closure_{n}_name", "What is it?"),
            ),
            beside=True,
            optional=True,
        )
        for n in range(1, min(_filled(typed) + EMPTY_ROWS, MOST_ROWS) + 1)
    ]
    return [
        *rows,
        Field(
            "open_on",
            "Bank holidays of England and Wales on which we work all the same",
            "ticks",
            options=holidays,
            hint="We are closed on all that are not ticked.",
        ),
    ]


def _filled(typed: Typed) -> int:
    """The number of the last row in which something stands."""
    rows = range(1, MOST_ROWS + 1)
    return max((n for n in rows if any(typed.one(f"closure_{n}_{p}") for p in ("first", "last", "name"))), default=0)


def as_typed(targets: Targets, today: date) -> Typed:
    """The form as it stands before anybody has typed: these targets, without closures that are over."""
    values: dict[str, list[str]] = {
        name_of(kind, do): [", ".join(str(n) for n in t.days_of(targets.ladders[kind], do))]
        for kind in STANDARD_LADDERS
        for do, _ in t.adjustable(kind)
    }
    values |= {name: [f"{getattr(targets, name):%H:%M}"] for name in _TIMES}
    values |= {name: [str(getattr(targets, name))] for name in _NUMBERS}
    values |= {f"stage_days-{stage}": [str(days)] for stage, days in targets.stage_days.items()}
    coming = [closure for closure in targets.closures if closure.last >= today]
    for n, closure in enumerate(coming, 1):
        values[f"closure_{n}_first"] = [closure.first.isoformat()]
        values[f"closure_{n}_last"] = [closure.last.isoformat() if closure.last != closure.first else ""]
        values[f"closure_{n}_name"] = [closure.name]
    values["open_on"] = [day.isoformat() for day in targets.open_on]
    return Typed(values)


def read(typed: Typed, newest: Version, today: date) -> Draft | None:
    """The version that was typed, made from the newest one; None, and complaints in `typed`."""
    form = [part for _, parts in sections(typed, today) for part in parts]
    typed.check([part for part in form if not (isinstance(part, Group) and part.optional)])
    ladders = {kind: _read_ladder(typed, kind) for kind in STANDARD_LADDERS}
    hours = {name: _read_time(typed, name) for name in _TIMES}
    numbers = {name: _read_number(typed, name) for name in _NUMBERS}
    stage_days = {stage: _read_number(typed, f"stage_days-{stage}") for stage in t.STAGE_DAYS}
    _check_hours(typed, hours)
    closures = _read_closures(typed, newest.targets, today)
    typed.in_order(form)
    if typed.errors:
        return None
    over = [day for day in newest.targets.open_on if day < today]
    said = {
        "ladders": ladders,
        "stage_days": stage_days,
        **hours,
        **numbers,
        "closures": closures,
        "open_on": over + [date.fromisoformat(day) for day in typed.many("open_on")],
    }
    return Draft(
        base=newest.number,
        targets=Targets.model_validate(said),
        reason=typed.one("reason"),
        running_too=typed.one("scope") == "running",
    )


def _read_ladder(typed: Typed, kind: str) -> list[Rung]:
    days: dict[Do, list[int]] = {}
    for do, pattern in t.adjustable(kind):
        name = name_of(kind, do)
        found = t.read_days(typed.one(name), pattern) if typed.one(name) else "give at least one day."
        if isinstance(found, str):
            typed.errors[name] = _complaint(kind, pattern, found)
        else:
            days[do] = found
    if len(days) < len(t.adjustable(kind)):
        return []
    if wrong := t.out_of_order(days, kind):
        do, why = wrong
        typed.wrong(name_of(kind, do), _complaint(kind, dict(t.adjustable(kind))[do], why))
    return t.ladder_with(kind, days)


def _complaint(kind: str, pattern: Rung, why: str) -> str:
    asked = t.label(pattern).partition(" (")[0].partition(",")[0]
    return f"{_title(kind)}, {asked[0].lower()}{asked[1:]}: {why}"


def _read_time(typed: Typed, name: str) -> time | None:
    try:
        return time.fromisoformat(typed.one(name).replace(".", ":")).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        typed.wrong(name, f"{_TIMES[name]}: write the time like 08:00.")
        return None


def _check_hours(typed: Typed, hours: Mapping[str, time | None]) -> None:
    opens, closes, morning = hours["opens"], hours["closes"], hours["morning"]
    if opens and closes and opens >= closes:
        typed.wrong("closes", "The office must close later than it opens.")
    elif opens and closes and morning and not opens <= morning < closes:
        typed.wrong("morning", "Reminders must be made in office hours.")


def _read_number(typed: Typed, name: str) -> int:
    label, least, most = (_NUMBERS | _STAGES)[name]
    text = typed.one(name)
    if not (text.isascii() and text.isdigit() and len(text) < 6 and least <= int(text) <= most):
        typed.errors[name] = f"{label.partition(' (')[0]}: give a whole number from {least} to {most}."
        return least
    return int(text)


def _read_closures(typed: Typed, present: Targets, today: date) -> list[Closure]:
    """Those that are over stay as they are: days that have been counted are not counted anew."""
    found = [closure for closure in present.closures if closure.last < today]
    begun = [closure.first for closure in present.closures if closure.first < today <= closure.last]
    for n in range(1, _filled(typed) + 1):
        row = {part: f"closure_{n}_{part}" for part in ("first", "last", "name")}
        if not any(typed.one(name) for name in row.values()):
            continue
        first, last = typed.day(row["first"], "The first day"), typed.day(row["last"], "The last day")
        if not typed.one(row["first"]):
            typed.wrong(row["first"], f"Closure {n}: give the first day, or empty its name to remove it.")
        if not typed.one(row["name"]):
            typed.wrong(row["name"], f"Closure {n}: say what it is, or empty its days to remove it.")
        if first is None or any(name in typed.errors for name in row.values()):
            continue
        last = last or first
        if first < today and first not in begun:
            typed.wrong(row["first"], f"Closure {n}: {words.day(first)} has passed. Only coming days can be closed.")
        elif first.year > today.year + t.YEARS_OF_HOLIDAYS:
            typed.wrong(row["first"], f"Closure {n}: give a day before {today.year + t.YEARS_OF_HOLIDAYS + 1}.")
        elif last < first:
            typed.wrong(row["last"], f"Closure {n}: the last day must not come before the first.")
        elif (last - first).days >= t.LONGEST_CLOSURE:
            typed.wrong(row["last"], f"Closure {n}: a closure has at most {t.LONGEST_CLOSURE} days.")
        else:
            try:
                found.append(Closure(first=first, last=last, name=typed.one(row["name"])))
            except ValidationError as error:
                typed.blame(error, {"name": row["name"]}, {row["name"]: f"Closure {n}, what is it"})
    return found


def kept(typed: Typed, today: date) -> list[tuple[str, str]]:
    """All that was typed, to be carried along by the page that shows what it would do."""
    asked = [one.name for _, parts in sections(typed, today) for one in fields_of(parts)]
    return [(name, value) for name in asked for value in typed.many(name)]
