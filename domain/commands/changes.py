"""What changes something that stood, and says why."""

from typing import Literal

from pydantic import model_validator

from domain.commands.base import MEDIATORS, Change, Command, ReasonTexts, Texts
from domain.commands.steps import NewContactTexts, PlaceTexts, Slot


class MoveTexts(PlaceTexts, ReasonTexts):
    """Why a meeting is moved, and where to come when it takes place elsewhere."""


class MoveMeeting(Change):
    """A booked visit or joint meeting takes place at another time, at another place, or both. Everyone invited is told;
    it stays the same entry in their calendars."""

    may = MEDIATORS
    texts = MoveTexts
    title = "Move a meeting"
    meeting: str
    slot: Slot
    where: Literal["same", "elsewhere"] = "same"
    online: bool = False  # elsewhere: online
    venue: str = ""  # elsewhere: at this venue; neither: at the address in the texts

    @model_validator(mode="after")
    def _at_one_place(self) -> "MoveMeeting":
        if self.online and self.venue:
            raise ValueError("a meeting is online or at a venue")
        if self.where == "same" and (self.online or self.venue):
            raise ValueError("a venue, or online, goes with where=elsewhere")
        return self

    def has_its_words(self, texts: Texts) -> bool:
        somewhere = isinstance(texts, MoveTexts) and bool(self.where == "same" or self.venue or texts.place)
        return somewhere and super().has_its_words(texts)


class CancelMeeting(Change):
    """A booked visit or joint meeting does not take place. Everyone invited is told, and a new date is looked for."""

    may = MEDIATORS
    title = "Cancel a meeting"
    meeting: str


class ReplaceMediator(Change):
    """The mediator is ill, leaves, or a party objects: the case goes back to allocation. Meetings with enough time
    before them are kept for the new mediator; the others are cancelled."""

    title = "Replace the mediator"
    mediator: str  # who has the case: a form that was opened before an earlier replacement is refused
    why: Literal["unavailable", "objection", "conflict"]


class ContactTexts(NewContactTexts, ReasonTexts):
    """The person to whom a party's letters go from now on, and why."""


class ReplaceContact(Change):
    """Somebody else speaks for a party from now on, or the same person under another name or address. Links of the old
    contact end, and what is being asked is asked anew. Whoever speaks for a party can do it themselves, once they have
    shown that they read what is sent to the old address, and to a new one (api/party/reach.py)."""

    texts = ContactTexts
    by_link = "case"
    title = "Replace or correct a contact"
    party: str

    def has_its_words(self, texts: Texts) -> bool:
        return isinstance(texts, ContactTexts) and texts.names_somebody() and super().has_its_words(texts)


class AddSupporter(Command):
    """A supporter or friend comes along with a party, and becomes a participant: invited to its meetings by the way
    they chose, and never chased for answers."""

    may = MEDIATORS
    texts = NewContactTexts
    title = "Add a supporter"
    party: str

    def has_its_words(self, texts: Texts) -> bool:
        return isinstance(texts, NewContactTexts) and texts.names_somebody()
