"""What others have done in a case while a form of it lay open: told before anything that rests on it is recorded."""

from dataclasses import dataclass, field
from datetime import datetime

from api.forms import Typed
from api.services import Services
from casefile.staff import StaffMember
from domain import words
from domain.view import CaseView

SEEN_UP_TO = "seen_up_to"
"""A hidden field: the number of the timeline's last line when the form was shown."""


@dataclass(frozen=True)
class Meanwhile:
    """`lines`: when, who ("" for the service itself) and what, the oldest first; none when nobody else did anything."""

    seen_up_to: int
    lines: list[tuple[datetime, str, str]] = field(default_factory=list)


async def meanwhile(services: Services, case: CaseView, me: StaffMember, typed: Typed) -> Meanwhile:
    """Since the form was shown that was filled in as `typed`; nothing for one that is opened now. What the service did
    by itself is told along with what people did, and alone is no reason to hold anybody up: the rules judge what it
    means. A form shows it once: sent again, it goes through."""
    seen = typed.raw(SEEN_UP_TO)
    if not (seen.isascii() and seen.isdigit() and len(seen) < 10):  # longer ones are no number of ours
        return Meanwhile(await services.reading.last_event(case.id))
    events = await services.reading.timeline(case.id, after=int(seen))
    others = [event for event in events if event.by != me.id]
    last = max((event.number for event in events), default=int(seen))
    if not any(event.by for event in others):
        return Meanwhile(last)
    names = await services.staff.names()
    return Meanwhile(
        last,
        [
            (event.at, names.get(event.by) or words.actor(case, event.by), words.event_sentence(case, event))
            for event in others
        ],
    )
