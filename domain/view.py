"""A case read whole, with its words opened: what letters, pages and the JSON door show. Filled by casefile/cases.py."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field, model_validator

from domain.journey import Journey, Meeting
from domain.languages import Language, tr
from domain.papers import PaperView
from domain.parties import Channel, PartyRole, PersonRole
from domain.policy import Do, Policy
from domain.referral import Child, PersonDetails


class CaseText(BaseModel):
    """The personal text of a case."""

    child: Child
    about: str
    form: str = ""  # fingerprint of the referral: the same key with another form is refused
    family_permits: bool = False  # who referred for the family stated that it wants this


class PersonView(BaseModel):
    """A participant with their details."""

    key: str
    party: str
    role: PersonRole
    details: PersonDetails


class PartyView(BaseModel):
    """A party with its people."""

    key: str
    role: PartyRole
    organisation: str = ""
    people: list[PersonView]

    @property
    def lead(self) -> PersonView:
        """The latest lead contact."""
        return [person for person in self.people if person.role == PersonRole.LEAD][-1]

    @property
    def name(self) -> str:
        """What the party is called: its organisation, or its lead's name."""
        return self.organisation or self.lead.details.name


class StaffView(BaseModel):
    """A member of staff as others see them."""

    id: str
    name: str
    email: str


class VenueView(BaseModel):
    """A venue as people are told of it."""

    id: str
    name: str
    address: str
    owner: str = ""
    access: str = ""  # such as: step-free, a hearing loop
    rooms: str = ""
    cost: int | None = None  # of half a day, in pence; 0: free; None: not known


class CaseView(BaseModel):
    """A case read whole: its words opened, its journey as last filed. What letters, pages and the JSON door show."""

    id: str
    reference: str
    route: str
    created: datetime
    stage_since: datetime | None = None  # None: since it was created
    child: Child
    about: str
    parties: list[PartyView]
    former: list[PartyView] = Field(default_factory=list)  # who was taken out again: known by name, and no more
    coordinator: StaffView  # without id and name until somebody takes the case
    policy: Policy
    journey: Journey | None = None  # None: the workflow has not filed anything yet
    mediator: StaffView | None = None  # who has the case, or has been offered it
    venues: dict[str, VenueView] = Field(default_factory=dict)  # those of its meetings
    texts: dict[str, dict[str, Any]] = Field(default_factory=dict)  # command id -> its texts
    family_permits: bool = False
    papers: dict[str, PaperView] = Field(default_factory=dict)  # by key

    @model_validator(mode="after")
    def _as_they_read_now(self) -> "CaseView":
        """What people told us of how they read stands in the journey, and counts instead of what the referral said."""
        for party in self.parties:
            for person in party.people:
                told = self.journey.person(person.key) if self.journey else None
                if told and told.reading:
                    person.details = person.details.model_copy(update=told.reading.model_dump())
        return self

    def party(self, key: str) -> PartyView:
        """Of this key, even if it was taken out. KeyError: no such party."""
        for party in (*self.parties, *self.former):
            if party.key == key:
                return party
        raise KeyError(key)

    def person(self, key: str) -> PersonView:
        """Of this key, even if they were taken out. KeyError: no such person."""
        for party in (*self.parties, *self.former):
            for person in party.people:
                if person.key == key:
                    return person
        raise KeyError(key)

    def channel_of(self, key: str) -> Channel:
        """How this person is written to now: as they chose, or by another channel when letters came back. KeyError: no
        such person."""
        known = self.journey.person(key) if self.journey else None
        return known.channel if known else self.person(key).details.channel

    def language_of(self, key: str) -> Language:
        """In which language we write to this person. KeyError: no such person."""
        return Language(self.person(key).details.reads or Language.ENGLISH)

    def lapses(self, key: str) -> datetime | None:
        """When silence becomes an answer to an open ask; None where it does not."""
        ask = self.journey.open_ask(key) if self.journey else None
        ladder = self.policy.ladders.get(ask.kind, []) if ask else []
        lapse = next((rung for rung in ladder if rung.do == Do.LAPSE), None)
        return self.policy.moment(lapse, ask.asked, ask.due, ask.by_post) if ask and lapse else None

    def meeting(self, key: str) -> Meeting:
        """KeyError: no such meeting."""
        for meeting in self.journey.meetings if self.journey else []:
            if meeting.key == key:
                return meeting
        raise KeyError(key)

    def place_of(self, meeting: Meeting) -> str:
        """Where to come, in words: the text of whoever fixed it, or the venue with its address."""
        said = str(self.texts.get(meeting.offer_command, {}).get("place", ""))
        if meeting.venue and meeting.venue in self.venues:
            venue = self.venues[meeting.venue]
            return ", ".join(part for part in (venue.name, venue.address, said) if part)
        return said or (tr("online") if meeting.online else "")
