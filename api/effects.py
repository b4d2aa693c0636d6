"""What a change of the service's targets would do to running cases, reckoned from the case file alone: nothing is
saved, and no case is asked. Without anybody's name: a party is told by its role."""

from dataclasses import dataclass, field
from datetime import datetime

from casefile.policies import Policies
from domain import titles, words
from domain.commands import StaffRole
from domain.ladders import Moved, effect_of
from domain.parties import PartyRole
from domain.policy import Do, Policy

ON_PAGE = 100  # lines that a page shows; the rest is downloaded


@dataclass(slots=True)
class Line:
    """One open ask whose next step would move, in words."""

    reference: str
    of: PartyRole | StaffRole  # who is waited for
    moved: Moved

    @property
    def who(self) -> str:
        """ "School", "Coordinator"."""
        return titles.PARTY_ROLES[self.of] if isinstance(self.of, PartyRole) else titles.STAFF_ROLES[self.of]

    @property
    def what(self) -> str:
        """ "consent"."""
        return words.ASKS[self.moved.key.partition("/")[0]]

    @property
    def now_said(self) -> str:
        """The next step as it is: "Reminder, Thu 3 Dec 2026, 09:00"."""
        return _said(self.moved.was, self.moved.was_at)

    @property
    def at_once(self) -> str:
        """What comes as soon as it is saved: "call"; "" for nothing."""
        return " and ".join(titles.RUNGS[do] for do in self.moved.at_once)

    @property
    def then_said(self) -> str:
        """The next step as it would be: "Call at once; then a manager decides, Thu 3 Dec 2026, 09:00"."""
        then = _said(self.moved.then, self.moved.then_at)
        if not self.at_once:
            return then
        return f"{_capital(self.at_once)} at once" + (f"; then {then[0].lower()}{then[1:]}" if self.moved.then else "")


@dataclass
class Effects:
    """What changes for whom."""

    running: int = 0  # cases under the service's own targets
    changed: int = 0  # of these, with a step that moves
    dates: int = 0  # steps that would come at another time
    at_once: int = 0  # steps that would come as soon as it is saved
    standing_still: int = 0  # cases that are paused, on hold or about to close
    meetings: list[tuple[str, str]] = field(default_factory=list)  # on a day that becomes a holiday: reference, which
    lines: list[Line] = field(default_factory=list)


async def effects_of(policies: Policies, new: Policy, now: datetime) -> Effects:
    """On every running case; the most urgent lines first."""
    found = Effects()
    async for page in policies.running():
        for case in page:
            roles = {party.key: party.role for party in case.journey.parties}
            effect = effect_of(case.journey, case.policy, new, now)
            found.running += 1
            found.standing_still += effect.stands_still
            found.changed += bool(effect.moved)
            found.meetings += [(case.reference, words.ASKS[key.partition("/")[0]]) for key in effect.meetings]
            for moved in effect.moved:
                of = roles[moved.of] if moved.of in roles else StaffRole(moved.of)
                found.lines.append(Line(case.reference, of, moved))
    found.dates = sum(not line.moved.stands_still for line in found.lines)
    found.at_once = sum(bool(line.moved.at_once) for line in found.lines)
    latest = datetime.max.replace(tzinfo=now.tzinfo)
    found.lines.sort(
        key=lambda line: (
            not line.moved.at_once,
            line.moved.stands_still,
            line.moved.then_at or latest,
            line.reference,
            line.moved.key,
        )
    )
    return found


def _said(do: Do | None, at: datetime | None) -> str:
    if do is None:
        return "Nothing more comes by itself"
    step = _capital(titles.RUNGS[do])
    return f"{step}, {words.moment(at)}" if at else f"{step}, when the case goes on"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
