"""What a change of the service's targets would do to running cases, reckoned from the case file alone: nothing is
saved, and no case is asked. Without anybody's name: a party is told by its role."""

import asyncio
from datetime import datetime

from pydantic import BaseModel

from casefile.policies import Policies, Running
from domain import titles, words
from domain.commands import StaffRole
from domain.journey import Journey
from domain.ladders import Effect, Moved, effect_of
from domain.policy import Do, Policy

ON_PAGE = 100  # lines that a page shows; the rest is downloaded


class Line(BaseModel):
    """One open ask whose next step would move."""

    reference: str
    who: str  # "School", "Coordinator"
    what: str  # "consent"
    was: str  # "reminder"; "" when nothing came any more
    was_at: datetime | None
    at_once: str  # "call"; "" for nothing
    then: str
    then_at: datetime | None
    stands_still: bool

    @property
    def now_said(self) -> str:
        """The next step as it is."""
        return _said(self.was, self.was_at, stands_still=self.stands_still)

    @property
    def then_said(self) -> str:
        """The next step as it would be."""
        then = _said(self.then, self.then_at, stands_still=self.stands_still)
        if not self.at_once:
            return then
        return f"{_capital(self.at_once)} at once" + (f"; then {then[0].lower()}{then[1:]}" if self.then else "")


class Effects(BaseModel):
    """What changes for whom."""

    running: int = 0  # cases under the service's own targets
    changed: int = 0  # of these, with a step that moves
    dates: int = 0  # steps that would come at another time
    at_once: int = 0  # steps that would come as soon as it is saved
    standing_still: int = 0  # cases that are paused, on hold or about to close
    meetings: list[tuple[str, str]] = []  # reference and "joint meeting": booked on a day that becomes a holiday
    lines: list[Line] = []


async def effects_of(policies: Policies, new: Policy, now: datetime) -> Effects:
    """On every running case; the most urgent lines first."""
    found = Effects()
    async for page in policies.running():
        for case, effect in await asyncio.to_thread(_effects, page, new, now):
            found.running += 1
            found.standing_still += effect.stands_still
            found.changed += bool(effect.moved)
            found.lines += [_line(case.reference, case.journey, moved) for moved in effect.moved]
            found.meetings += [(case.reference, words.ASKS[key.partition("/")[0]]) for key in effect.meetings]
    found.dates = sum(not line.stands_still for line in found.lines)
    found.at_once = sum(bool(line.at_once) for line in found.lines)
    latest = datetime.max.replace(tzinfo=now.tzinfo)
    found.lines.sort(key=lambda line: (not line.at_once, line.stands_still, line.then_at or latest, line.reference))
    return found


def _effects(page: list[Running], new: Policy, now: datetime) -> list[tuple[Running, Effect]]:
    return [(case, effect_of(case.journey, case.policy, new, now)) for case in page]


def _line(reference: str, journey: Journey, moved: Moved) -> Line:
    return Line(
        reference=reference,
        who=_who(journey, moved.of),
        what=words.ASKS[moved.key.partition("/")[0]],
        was=_rung(moved.was),
        was_at=moved.was_at,
        at_once=" and ".join(_rung(do) for do in moved.at_once),
        then=_rung(moved.then),
        then_at=moved.then_at,
        stands_still=moved.stands_still,
    )


def _who(journey: Journey, of: str) -> str:
    party = journey.party(of)
    return titles.PARTY_ROLES[party.role] if party else titles.STAFF_ROLES[StaffRole(of)]


def _rung(do: Do | None) -> str:
    return titles.RUNGS[do] if do else ""


def _said(step: str, at: datetime | None, *, stands_still: bool) -> str:
    if not step:
        return "Nothing more comes by itself"
    if stands_still or at is None:
        return f"{_capital(step)}, when the case goes on"
    return f"{_capital(step)}, {words.moment(at)}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
