"""What a mediator's place on the panel rests on, and what of it runs out: practising mediators are registered with a
professional body, trained, and supervised at intervals (leaflet, "About our Mediators")."""

from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from domain import words
from domain.text import Line, Name

SOON = timedelta(days=60)  # a renewal takes weeks: a manager hears of it so long before
MOST_AT_ONCE = 99


class Standing(BaseModel):
    """Of one member of the panel, as it is kept. The last day of a registration still counts."""

    professional_body: str
    registered_until: date
    training: str = ""  # the latest one
    trained_on: date | None = None
    supervised_on: date | None = None  # the last time
    supervision_due: date | None = None  # the next time
    capacity: int | None = None  # cases at once; 0: no new one; None: no limit is set


class NewStanding(Standing):
    """As a manager gives it."""

    professional_body: Name
    training: Line = ""
    trained_on: date | None = Field(None, validate_default=True)
    capacity: int | None = Field(None, ge=0, le=MOST_AT_ONCE)

    @field_validator("trained_on")
    @classmethod
    def _goes_with_what_it_was(cls, day: date | None, before: ValidationInfo) -> date | None:
        training = before.data.get("training")
        if training and day is None:
            raise ValueError("give it, too, or leave the training empty")
        if day is not None and training == "":
            raise ValueError("say what the training was, or leave this empty")
        return day

    @field_validator("supervision_due")
    @classmethod
    def _comes_after_the_last(cls, due: date | None, before: ValidationInfo) -> date | None:
        last = before.data.get("supervised_on")
        if due is not None and last is not None and due <= last:
            raise ValueError(f"it comes after the last one, on {words.day(last)}")
        return due


class RunsOut(BaseModel):
    """Something that has run out, or is about to."""

    what: Literal["registration", "supervision"]
    on: date
    is_over: bool

    def __str__(self) -> str:
        """ "Registration ends on Fri 15 Jan 2027"."""
        if self.what == "registration":
            return f"Registration {'ended' if self.is_over else 'ends'} on {words.day(self.on)}"
        return f"Supervision {'was' if self.is_over else 'is'} due on {words.day(self.on)}"


def runs_out(one: Standing, today: date) -> list[RunsOut]:
    """What has run out and what does so within SOON."""
    days: list[tuple[Literal["registration", "supervision"], date | None]] = [
        ("registration", one.registered_until),
        ("supervision", one.supervision_due),
    ]
    return [RunsOut(what=what, on=on, is_over=on < today) for what, on in days if on is not None and on <= today + SOON]


def is_of_concern(one: Standing, open_cases: int) -> bool:
    """A manager is told in the morning of what runs out, but not of somebody who has no case and takes none."""
    return open_cases > 0 or one.capacity != 0
