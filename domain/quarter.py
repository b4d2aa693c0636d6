"""What managers and commissioners ask of the service over a period, usually a quarter of the financial year: how many
cases, how long each stage takes, who agrees to take part, how cases end, and what it takes to get there.

Every rule of counting stands here; casefile/quarter.py reads what is counted. (The figures for whoever watches over the
machines are others: casefile/figures.py.)"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise
from statistics import median
from typing import NamedTuple

from domain.disclosure import Cell, Column, Figure, Line, count, fit_to_leave
from domain.parties import PartyRole
from domain.stages import ClosingReason, Stage
from domain.titles import CHASED, CLOSING_REASONS, MEETING_OUTCOMES, PARTY_ROLES, STAGES
from domain.working_days import ONE_DAY, at_local

# The period


@dataclass(frozen=True)
class Period:
    """From the first to the last of these days, both of them included, in London."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        return at_local(self.first, time.min)

    @property
    def ends(self) -> datetime:
        """The first instant that is no longer in it."""
        return at_local(self.last + ONE_DAY, time.min)

    @property
    def is_quarter(self) -> bool:
        return self == quarter_of(self.first)

    @property
    def title(self) -> str:
        """ "Quarter 1 of 2026/27, April to June 2026", or "3 May 2026 to 5 June 2026"."""
        if not self.is_quarter:
            return f"{_plain(self.first)} to {_plain(self.last)}"
        year = self.first.year - (self.first.month < 4)
        number = (self.first.month - 4) % 12 // 3 + 1
        return f"Quarter {number} of {year}/{(year + 1) % 100:02}, {self.first:%B} to {self.last:%B %Y}"

    @property
    def code(self) -> str:
        """ "2026-04-01-to-2026-06-30": in names of files, and sorted as the periods are."""
        return f"{self.first.isoformat()}-to-{self.last.isoformat()}"


def quarter_of(day: date) -> Period:
    """The quarter of the financial year (from April, as commissioners count) in which a day lies."""
    first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    next_one = (first + timedelta(days=100)).replace(day=1)
    return Period(first, next_one - ONE_DAY)


def quarters_back(day: date, how_many: int) -> list[Period]:
    """The quarter of this day, and those before it."""
    found = [quarter_of(day)]
    while len(found) < how_many:
        found.append(quarter_of(found[-1].first - ONE_DAY))
    return found


def _plain(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


# What the case file holds


class Step(NamedTuple):
    """A line of the timeline that says where a case is from now on."""

    case: str
    at: datetime
    stage: str
    reason: str = ""  # why it ended, of the line that says so


class Chased(NamedTuple):
    """What parties were asked for in the period, by its kind (titles.CHASED)."""

    kind: str
    asked: int  # how often, each party counted for itself
    reminded: int  # how many of these needed a reminder
    reminders: int  # sent to them in all


class Work(NamedTuple):
    """What a mediator has and did."""

    mediator: str  # by name
    cases: int  # at the end of the period, from the initial visits on
    visits: int  # held
    joint_meetings: int  # held


@dataclass(frozen=True)
class Counted:
    """What is told of a period, before any rule is applied to it."""

    referred: int = 0
    stages: Mapping[str, int] = field(default_factory=dict)  # of the cases open at its end
    steps: Sequence[Step] = ()  # all up to its end, of each case that ran in it; each case's in their order
    consents: Sequence[tuple[str, str]] = ()  # a party's role, and its answer
    outcomes: Sequence[str] = ()  # of the joint meetings
    chased: Sequence[Chased] = ()
    work: Sequence[Work] = ()


# Counting

WHOLE = "whole"
"""In place of a stage: from the referral to the end."""

AGREED = ("full", "partial")
CAME_TO_AN_END = (*AGREED, "none")
WITH_A_MEDIATOR = (Stage.INITIAL_VISITS, Stage.JOINT_MEETING, Stage.AGREEMENT, Stage.ACTIONS)


@dataclass(frozen=True)
class Gone:
    """How far cases came in a period."""

    days: Mapping[str, list[float]]  # by stage, or WHOLE: of each case that has left it
    reasons: Mapping[str, int]  # why cases ended


def gone(steps: Iterable[Step], period: Period) -> Gone:
    """A case counts for a stage when it left it in the period and is not back in it at the period's end, with all the
    time that it ever spent there. It counts as ended when it is so at the period's end, and was not before; the time in
    which it was closed, before it was opened again, is nobody's."""
    begins, ends = period.begins, period.ends
    days: defaultdict[str, list[float]] = defaultdict(list)
    reasons: Counter[str] = Counter()
    for _, all_of_them in groupby(steps, key=lambda step: step.case):
        walked = [step for step in all_of_them if step.at < ends]
        if not walked:
            continue
        spent: defaultdict[str, timedelta] = defaultdict(timedelta)
        left: dict[str, datetime] = {}
        for here, after in pairwise(walked):
            if here.stage != Stage.CLOSED:
                spent[here.stage] += after.at - here.at
            if after.stage != here.stage:
                left[here.stage] = after.at
        ended = walked[-1].stage == Stage.CLOSED
        for stage, when in left.items():
            if when >= begins and stage not in (Stage.CLOSED, walked[-1].stage):
                days[stage].append(spent[stage] / ONE_DAY)
        if ended and max(left.values(), default=walked[0].at) >= begins:
            days[WHOLE].append(sum(spent.values(), timedelta()) / ONE_DAY)
            reasons[walked[-1].reason] += 1
    return Gone(days, reasons)


def nearest_rank(numbers: Sequence[float], percent: int) -> float:
    """The smallest of the numbers that so many percent of them do not exceed."""
    ordered = sorted(numbers)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def share(part: int, rest: int) -> Cell:
    """How many percent the part is of the whole, in full percent."""
    return Cell(round(100 * part / (part + rest)) if part + rest else None, (part, rest), unit="%")


def _days(numbers: Sequence[float]) -> tuple[Cell, Cell, Cell]:
    size = (len(numbers),)
    if not numbers:
        return count(0), Cell(None, size), Cell(None, size)
    middle, most = median(numbers), nearest_rank(numbers, 90)
    return count(len(numbers)), Cell(middle, size, decimals=1), Cell(most, size, decimals=1)


# The figures


def figures(counted: Counted, period: Period) -> list[Figure]:
    """For managers: everything, mediators by name."""
    went = gone(counted.steps, period)
    outcomes = _outcomes(Counter(counted.outcomes))
    return [*_about_cases(counted, went), outcomes, _reminders(counted.chased), _by_mediator(counted.work)]


def report(counted: Counted, period: Period) -> list[Figure]:
    """For the commissioner: without names, and without small groups."""
    went, agreement = gone(counted.steps, period), _agreement(Counter(counted.outcomes))
    told = [*_about_cases(counted, went), agreement, _reminders(counted.chased), _of_all_mediators(counted.work)]
    return [fit_to_leave(figure) for figure in told]


def _about_cases(counted: Counted, went: Gone) -> list[Figure]:
    return [
        _cases(counted, went),
        _stages(counted.stages),
        _days_by_stage(went.days),
        _consents(counted.consents),
        _endings(went.reasons),
    ]


def _cases(counted: Counted, went: Gone) -> Figure:
    return Figure(
        key="cases",
        title="Cases",
        meaning="Cases referred in the period, cases that ended in it, and cases open when it was over. A case that "
        "ended and was opened again counts as ended only if it was closed when the period was over.",
        groups="Cases",
        columns=(Column("Number", "cases"),),
        lines=(
            Line("Referred", (count(counted.referred),)),
            Line("Ended", (count(sum(went.reasons.values())),)),
            Line("Open at the end of the period", (count(sum(counted.stages.values())),)),
        ),
    )


def _stages(stages: Mapping[str, int]) -> Figure:
    return Figure(
        key="stages",
        title="Open cases by stage",
        meaning="Where the open cases were when the period was over. Paused cases and cases on hold are among them.",
        groups="Stage",
        columns=(Column("Cases", "cases"),),
        adds_up=True,
        lines=tuple(
            Line(title, (count(stages.get(stage, 0)),)) for stage, title in STAGES.items() if stage != Stage.CLOSED
        ),
    )


def _days_by_stage(days: Mapping[str, list[float]]) -> Figure:
    timed = [stage for stage in STAGES if stage not in (Stage.REFERRAL, Stage.CLOSED)]  # a referral takes no time
    groups = [*((stage.value, STAGES[stage]) for stage in timed), (WHOLE, "From the referral to the end")]
    return Figure(
        key="days",
        title="Days by stage",
        meaning="Calendar days that cases spent in a stage, for cases that left it in the period. Half of the cases "
        "took no longer than the median, nine in ten no longer than the 90th percentile. If a case was in a stage more "
        "than once, its days there are added up. Pauses and holds count; time in which the case was closed does not.",
        groups="Stage",
        columns=(
            Column("Cases"),
            Column("Median, days", "for half"),
            Column("90th percentile, days", "for nine in ten"),
        ),
        lines=tuple(Line(title, _days(days.get(code, []))) for code, title in groups),
    )


def _consents(consents: Sequence[tuple[str, str]]) -> Figure:
    given = Counter(consents)
    return Figure(
        key="consent",
        title="Consent by role",
        meaning="What the parties answered in the period when they were asked whether they take part. Whoever referred "
        "is not asked again. “No answer”: all reminders were in vain, and a manager decided to wait no longer.",
        groups="Party",
        columns=(
            Column("Agreed", "agreed"),
            Column("Did not agree", "did not agree"),
            Column("No answer", "no answer"),
        ),
        adds_up=True,
        lines=tuple(
            Line(PARTY_ROLES[role], tuple(count(given[role, answer]) for answer in ("yes", "no", "silent")))
            for role in PartyRole
        ),
    )


def _endings(reasons: Mapping[str, int]) -> Figure:
    return Figure(
        key="endings",
        title="Why cases ended",
        meaning="The reason of each case that ended in the period and was closed when it was over.",
        groups="Reason",
        columns=(Column("Cases", "cases"),),
        adds_up=True,
        lines=tuple(Line(CLOSING_REASONS[reason], (count(reasons.get(reason, 0)),)) for reason in ClosingReason),
    )


def _outcomes(outcomes: Mapping[str, int]) -> Figure:
    held = (*CAME_TO_AN_END, "another")
    lines = [Line(title, (count(outcomes.get(code, 0)),)) for code, title in MEETING_OUTCOMES.items() if code in held]
    return _figure_of_outcomes(outcomes, lines)


def _agreement(outcomes: Mapping[str, int]) -> Figure:
    """With fewer groups than managers see: few agreements are partial, and could be told from the rate."""
    agreed = sum(outcomes.get(outcome, 0) for outcome in AGREED)
    lines = [
        Line("Full or partial agreement", (count(agreed),)),
        Line(MEETING_OUTCOMES["none"], (count(outcomes.get("none", 0)),)),
    ]
    return _figure_of_outcomes(outcomes, lines)


def _figure_of_outcomes(outcomes: Mapping[str, int], lines: Sequence[Line]) -> Figure:
    agreed = sum(outcomes.get(outcome, 0) for outcome in AGREED)
    return Figure(
        key="outcomes",
        title="Joint meetings and the agreement rate",
        meaning="What the joint meetings held in the period came to. The agreement rate is the share of those with a "
        "full or a partial agreement. A meeting after which another was needed is left out of the rate: the next one "
        "counts.",
        groups="Outcome",
        columns=(Column("Meetings", "meetings"),),
        adds_up=True,
        lines=tuple(lines),
        overall=("Agreement rate", share(agreed, outcomes.get("none", 0))),
    )


def _reminders(chased: Sequence[Chased]) -> Figure:
    by_kind = {one.kind: one for one in chased}
    rows = [(title, by_kind.get(kind, Chased(kind, 0, 0, 0))) for kind, title in CHASED.items()]
    return Figure(
        key="reminders",
        title="Reminders needed",
        meaning="What parties were asked for in the period, how often an answer needed reminding, and how many "
        "reminders were sent for it up to now. Reminders of a meeting's date or of an action are not counted: everyone "
        "gets those.",
        groups="Asked for",
        columns=(Column("Asked", "asked"), Column("Needed a reminder", "reminded"), Column("Reminders sent")),
        lines=tuple(
            Line(title, (count(one.asked), count(one.reminded), Cell(one.reminders, (one.reminded,))))
            for title, one in rows
        ),
    )


_ABOUT_WORK = (
    "Cases from the initial visits on that were open when the period was over, and the meetings held in it. Each "
    "counts for the mediator who has the case today, or had it when it ended."
)


def _by_mediator(work: Sequence[Work]) -> Figure:
    return Figure(
        key="workload",
        title="Workload of mediators",
        meaning=_ABOUT_WORK,
        groups="Mediator",
        columns=(
            Column("Open cases", "cases"),
            Column("Initial visits held", "visits"),
            Column("Joint meetings held", "joint meetings"),
        ),
        lines=tuple(
            Line(one.mediator, (count(one.cases), count(one.visits), count(one.joint_meetings)))
            for one in sorted(work, key=lambda one: (-one.cases, one.mediator))
        ),
    )


def _of_all_mediators(work: Sequence[Work]) -> Figure:
    return Figure(
        key="workload",
        title="Workload of mediators",
        meaning=f"{_ABOUT_WORK} Only mediators who had any of these are counted.",
        groups="Work",
        columns=(Column("In all"), Column("Median of a mediator"), Column("Most of a mediator")),
        lines=tuple(
            _line_of_all(title, [getattr(one, name) for one in work if any(one[1:])])
            for name, title in (
                ("cases", "Open cases"),
                ("visits", "Initial visits held"),
                ("joint_meetings", "Joint meetings held"),
            )
        ),
    )


def _line_of_all(title: str, numbers: Sequence[int]) -> Line:
    total = sum(numbers)
    if not numbers:
        return Line(title, (count(0), Cell(None, (0,)), Cell(None, (0,))))
    return Line(title, (count(total), Cell(median(numbers), (total,), decimals=1), Cell(max(numbers), (total,))))
