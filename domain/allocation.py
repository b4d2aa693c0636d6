"""Which mediator a case is offered to: suitable first, then fair (leaflet, "About our Mediators"; practice, 6.12)."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from domain.refusals import Refusal

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class PanelMember(BaseModel):
    """A mediator of the panel, as an allocation looks at them."""

    id: str
    registered_until: date  # the last day of the registration at their professional body
    trained: bool = True  # in SEN law
    conflicts_with_case: bool = False
    organisations: list[str] = Field(default_factory=list)  # with which they declared a conflict of interest
    open_cases: int = 0  # others than the one that is allocated
    capacity: int | None = None  # cases at once; None: no limit is set
    last_case: datetime | None = None  # when they last took or were offered one; None: never


def why_not(member: PanelMember, organisations: Collection[str], today: date) -> Refusal | Literal[""]:
    """Why this mediator cannot have a case whose parties are of these organisations; "" when nothing is against it.
    Whoever is not trained in SEN law is not of the panel."""
    if not member.trained:
        return Refusal.UNKNOWN_MEDIATOR
    if today > member.registered_until:
        return Refusal.REGISTRATION_OUT_OF_DATE
    if member.conflicts_with_case or any(is_one_of(theirs, organisations) for theirs in member.organisations):
        return Refusal.CONFLICT_OF_INTEREST
    if not has_room(member.capacity, member.open_cases):
        return Refusal.AT_CAPACITY
    return ""


def has_room(capacity: int | None, open_cases: int) -> bool:
    """For one more case."""
    return capacity is None or open_cases < capacity


def next_of(panel: Iterable[PanelMember], tried: Collection[str], organisations: Collection[str], today: date) -> str:
    """Id of the suitable mediator whose turn it is, who was not tried yet: the one with the fewest open cases, of
    these the one who has been longest without a new one. "": nobody is left."""
    suitable = [one for one in panel if one.id not in tried and not why_not(one, organisations, today)]
    turn = min(suitable, key=lambda one: (one.open_cases, one.last_case or LONG_AGO, one.id), default=None)
    return turn.id if turn else ""


def is_one_of(organisation: str, others: Iterable[str]) -> bool:
    """Is it the same organisation as one of these? No name is nobody's: a parent's party and a venue that belongs to
    nobody have nothing in common."""
    name = normalise_organisation(organisation)
    return bool(name) and any(name == normalise_organisation(other) for other in others)


def normalise_organisation(name: str) -> str:
    """The name as it is compared: "St. Mary's  School" and "ST MARYS SCHOOL" are one house."""
    name = unicodedata.normalize("NFKC", name).casefold().replace("&", " and ")
    name = re.sub(r"['’‘`´.]", "", name)
    return " ".join(re.findall(r"\w+", name))
