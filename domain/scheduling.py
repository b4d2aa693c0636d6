"""When people can meet: which half days are asked about, which of them suit everyone, and how an entry is known."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel

from domain.policy import Policy
from domain.working_days import LONDON, add_working_days, local_day

NOON = 12


class HalfDay(BaseModel):
    """A half day with who can come to a joint meeting then and who cannot, by party key."""

    key: str  # "2026-12-07/am"
    who_can: list[str]
    who_cannot: list[str]


def half_days_to_ask(
    now: datetime, policy: Policy, notice_days: int = 5, days: int = 15, by_post: bool = False
) -> list[str]:
    """The half days about which the parties are asked: both of each of `days` working days, in order. `notice_days`
    whole working days lie before the first, so that everyone can be told in time; and where somebody is written to by
    post, the days that the question, the answer and the invitation travel."""
    travel = 3 * policy.posting_days if by_post else 0
    first = add_working_days(local_day(now), notice_days + travel + 1, policy.holidays)
    working_days = [add_working_days(first, n, policy.holidays) for n in range(days)]
    return [f"{day.isoformat()}/{half}" for day in working_days for half in ("am", "pm")]


def suits(availability: dict[str, list[str]], half_days: Iterable[str]) -> list[HalfDay]:
    """The half days, best first: those that suit all who answered, then those that suit most; the earlier first."""
    found = [
        HalfDay(
            key=key,
            who_can=[party for party, theirs in availability.items() if key in theirs],
            who_cannot=[party for party, theirs in availability.items() if key not in theirs],
        )
        for key in half_days
    ]
    return sorted(found, key=lambda half_day: (len(half_day.who_cannot), half_day.key))


def half_day_of(instant: datetime) -> str:
    """The half day in which an instant falls, by London's clocks: before noon, or from noon on."""
    local = instant.astimezone(LONDON)
    return f"{local.date().isoformat()}/{'am' if local.hour < NOON else 'pm'}"


def event_uid(case_id: str, meeting: str) -> str:
    """The identity (iCalendar UID) of a meeting in every calendar and invitation: the same when it is moved."""
    return f"{case_id}-{meeting.replace('/', '-')}"
