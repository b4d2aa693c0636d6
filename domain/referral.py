"""A referral as it comes in, with names and words: what the form, the JSON door and the case file share."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from domain.languages import ENGLISH_NAMES, Language, Written
from domain.parties import FAMILY, NEEDS, ORGANISATIONS, Channel, PartyRole, PersonRole
from domain.text import Email, Line, Name, Phone, Postcode, Words


class PersonDetails(BaseModel):
    """A participant's name and how to reach them."""

    name: Name
    email: Email = ""
    phone: Phone = ""
    address: Words = ""  # postal, as it stands on an envelope, without name and postcode
    postcode: Postcode = ""
    channel: Channel = Channel.EMAIL
    language: Line = ""  # what they speak, in words: "Polish, and some English", "BSL"; "" for English
    reads: Written | Literal[""] = ""  # the language in which we write to them; "": not told, so English
    interpreter: bool = False  # to be booked for calls and meetings
    easy_read: bool = False  # what we write is to be in Easy Read: short sentences with pictures
    adjustments: Line = ""  # what else they need: "large print", "step-free", "no calls before noon"
    role: PersonRole = PersonRole.LEAD

    @property
    def needs(self) -> str:
        """Language, interpreter, Easy Read and adjustments in one line; "" for none."""
        reads = self.reads not in ("", Language.ENGLISH)
        told = (
            self.language,
            "interpreter" if self.interpreter else "",
            f"reads {ENGLISH_NAMES[Language(self.reads)]}" if reads else "",
            "Easy Read" if self.easy_read else "",
            self.adjustments,
        )
        return " · ".join(filter(None, told))

    @property
    def postal(self) -> list[str]:
        """The lines of the postal address, the postcode last."""
        lines = [line.strip() for line in self.address.splitlines() if line.strip()]
        return lines if not self.postcode or self.postcode in self.address.upper() else [*lines, self.postcode]

    def missing_for_their_channel(self) -> str:
        """The field without which they cannot be reached in the way they chose; "" when all is there."""
        needed = NEEDS[self.channel]
        return "" if getattr(self, needed) else needed


MOST_PARTIES = 8
"""In one case."""

MOST_PEOPLE = 10
"""Of one party."""

_NEEDED = {
    "email": "an e-mail address, or another way to be reached",
    "phone": "a telephone number to be rung or sent text messages",
    "address": "a postal address to be written to by post",
}


class PartyDetails(BaseModel):
    """A side of the disagreement: a person, or an organisation with its people.

    `reached_later`: whoever refers does not know how its lead is reached. The coordinator finds out before the party is
    written to; until then its letters become tasks."""

    role: PartyRole
    organisation: Line = ""
    people: list[PersonDetails] = Field(min_length=1, max_length=MOST_PEOPLE)
    reached_later: bool = False

    @model_validator(mode="after")
    def _has_a_reachable_lead(self) -> "PartyDetails":
        leads = [person for person in self.people if person.role == PersonRole.LEAD]
        if len(leads) != 1:
            raise ValueError("each party has exactly one lead contact")
        missing = leads[0].missing_for_their_channel()
        if missing and not self.reached_later:
            raise ValueError(f"the lead contact needs {_NEEDED[missing]}")
        if self.role in ORGANISATIONS and not self.organisation:
            raise ValueError("give the organisation's name")
        if self.role in FAMILY and self.organisation:
            raise ValueError("a family has no organisation; put names with the people")
        return self


class Child(BaseModel):
    """The child or young person whom the case is about."""

    name: Name
    born: date | None = None

    @model_validator(mode="after")
    def _plausible(self) -> "Child":
        if self.born and not date(1990, 1, 1) <= self.born <= date(2100, 1, 1):
            raise ValueError("the date of birth must lie between 1990 and today")
        return self


class ReferralForm(BaseModel):
    """What the service is told when a case begins. The first party is the referrer (leaflet: parent/carer, school or
    Local Authority). `family_permits`: whoever refers for a family has stated that they have its permission."""

    child: Child
    about: Words = Field(min_length=1)
    parties: list[PartyDetails] = Field(min_length=2, max_length=MOST_PARTIES)
    policy: str = "standard"
    family_permits: bool = False

    @model_validator(mode="after")
    def _can_be_mediated(self) -> "ReferralForm":
        if self.parties[0].role == PartyRole.HEALTH_BODY:
            raise ValueError("a referral comes from a parent or carer, a young person, a school or a local authority")
        emails = [person.email.lower() for party in self.parties for person in party.people if person.email]
        if len(emails) != len(set(emails)):
            raise ValueError("two participants have the same e-mail address; give each their own")
        return self


class AnotherMatter(BaseModel):
    """The child is likely that of these cases, and somebody decided that this referral is a case of its own all the
    same."""

    references: list[str] = Field(min_length=1, max_length=50)
    why: Words = Field(min_length=1)
