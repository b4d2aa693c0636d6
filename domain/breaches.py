"""Data breaches: a letter went to somebody who should not have it (practice 6.7; UK GDPR, articles 33 and 34)."""

from datetime import datetime, timedelta

from pydantic import BaseModel

from domain.parties import Channel

DECIDE_WITHIN = timedelta(hours=72)
"""Counted by the clock, weekends and holidays with it, from when the service became aware (article 33 (1)): until then
the Information Commissioner's Office is told, or it is written down why not."""


class Breach(BaseModel):
    """One of them, in codes. Its words stand with the commands that reported it and decided on it."""

    key: str  # id of the command that reported it
    kind_of_letter: str
    about: str
    to: str  # for whom the letter was: a person key
    number: int
    channel: Channel
    noticed: datetime
    reported_by: str  # actor id
    decided: datetime | None = None
    decided_by: str = ""
    decision: str = ""  # id of the latest command that decided
    tell_ico: bool = False
    tell_people: bool = False

    @property
    def decide_by(self) -> datetime:
        """When the 72 hours are over."""
        return self.noticed + DECIDE_WITHIN
