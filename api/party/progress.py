"""Where a case stands, for a party: five steps, and what comes next with its date. It names nobody else."""

from dataclasses import dataclass
from datetime import datetime

from api.party.questions import question_of
from domain import words
from domain.commands import StaffRole
from domain.journey import Journey, MeetingStatus
from domain.languages import marked, tr
from domain.parties import party_of
from domain.stages import Stage
from domain.view import CaseView

STEPS: tuple[tuple[str, tuple[Stage, ...]], ...] = (
    (
        marked("We explain mediation, and ask whether we may contact the others"),
        (Stage.REFERRAL, Stage.EXPLAINING, Stage.PERMISSION),
    ),
    (marked("Everyone says whether they take part"), (Stage.CONSENT, Stage.ALLOCATION)),
    (marked("The mediator meets each side on its own"), (Stage.INITIAL_VISITS,)),
    (marked("Everyone meets"), (Stage.JOINT_MEETING,)),
    (marked("What was agreed is written down and carried out"), (Stage.AGREEMENT, Stage.ACTIONS)),
)
"""The journey of the leaflet, as a family counts it."""


@dataclass(frozen=True)
class Step:
    """One of the five."""

    title: str
    state: str  # "done", "now", "later"


@dataclass(frozen=True)
class Next:
    """One thing that comes next. `way`: the key of a question that they can answer now."""

    what: str
    when: str = ""
    way: str = ""


def steps(journey: Journey | None) -> list[Step]:
    """All five, with where the case is; of a case that has ended, none is left."""
    stage = journey.stage if journey else Stage.REFERRAL
    now = next((n for n, (_, stages) in enumerate(STEPS) if stage in stages), len(STEPS))
    return [
        Step(tr(title), "done" if n < now else "now" if n == now else "later") for n, (title, _) in enumerate(STEPS)
    ]


def coming(case: CaseView, person: str, now: datetime) -> list[Next]:
    """What comes next: what they are asked, when they are expected, else for whom everyone waits."""
    journey = case.journey
    if journey is None or journey.closing:
        return []
    asked = [Next(title, answer_by(case, key, now), key) for key, title in questions_for(case, person, now)]
    return [*asked, *_meetings(case, journey, person, now)] or _waiting(journey, person, now)


def questions_for(case: CaseView, person: str, now: datetime) -> list[tuple[str, str]]:
    """The questions that this person can answer now: key and title."""
    journey, party = case.journey, party_of(person)
    its = journey.party(party) if journey else None
    if journey is None or its is None or its.lead != person:
        return []
    open_asks = [ask.key for ask in journey.asks if ask.of == party and journey.open_ask(ask.key)]
    questions = [(key, question_of(case, person, key, now)) for key in open_asks]
    return [(key, question.title) for key, question in questions if question is not None and question.open]


def answer_by(case: CaseView, key: str, now: datetime) -> str:
    """ "Please answer by Fri 27 Nov 2026.": when silence becomes an answer, when what was agreed is due, or when we
    remind them; "" for none of these."""
    ask = case.journey.open_ask(key) if case.journey else None
    if ask is None:
        return ""
    last = case.lapses(key) or ask.due or (ask.armed.at if ask.armed else None)
    return tr("Please answer by {day}.", day=words.day(last)) if last is not None and last > now else ""


def _meetings(case: CaseView, journey: Journey, person: str, now: datetime) -> list[Next]:
    return [
        Next(tr("Your individual visit") if meeting.party else tr("The joint meeting"), f"{words.slot(meeting.slot)}.")
        for meeting in journey.meetings
        if meeting.status == MeetingStatus.BOOKED and meeting.slot and meeting.slot.start > now
        if person in meeting.invited
    ]


def _waiting(journey: Journey, person: str, now: datetime) -> list[Next]:
    """Nothing is theirs to do: who has to, and when we look again."""
    staff = set(StaffRole)
    others = [ask for ask in journey.asks if ask.of not in staff and ask.of != party_of(person)]
    ours = [ask for ask in journey.asks if ask.of in staff]
    asks, what = (
        (others, tr("We wait for the answers of the others. You need not do anything."))
        if others
        else (ours, tr("It is our turn: we get in touch with you. You need not do anything."))
    )
    again = min((ask.armed.at for ask in asks if ask.armed and ask.armed.at > now), default=None)
    when = tr("We look at it again on {day}, if nothing has come before.", day=words.day(again)) if again else ""
    return [Next(what, when)]
