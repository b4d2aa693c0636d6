"""A referral as it comes in, with names and words: what the form, the JSON door and the case file share."""

from datetime import date

from pydantic import BaseModel, Field, model_validator

from domain.parties import PartyRole, PersonRole
from domain.text import Email, Line, Name, Phone, Words


class PersonDetails(BaseModel):
    """A participant's name and how to reach them."""

    name: Name
    email: Email = ""
    phone: Phone = ""
    role: PersonRole = PersonRole.LEAD


class PartyDetails(BaseModel):
    """A side of the disagreement: a person, or an organisation with its people. Its lead is reached by e-mail.

    `reached_later`: whoever refers knows no e-mail address there. The coordinator asks for one before the party is
    written to; until then it is rung."""

    role: PartyRole
    organisation: Line = ""
    people: list[PersonDetails] = Field(min_length=1, max_length=10)
    reached_later: bool = False

    @model_validator(mode="after")
    def _has_a_reachable_lead(self) -> "PartyDetails":
        leads = [person for person in self.people if person.role == PersonRole.LEAD]
        if len(leads) != 1:
            raise ValueError("each party has exactly one lead contact")
        if not leads[0].email and not self.reached_later:
            raise ValueError("the lead contact needs an e-mail address")
        if self.role in (PartyRole.SCHOOL, PartyRole.LOCAL_AUTHORITY, PartyRole.HEALTH_BODY) and not self.organisation:
            raise ValueError("give the organisation's name")
        if self.role in (PartyRole.PARENT, PartyRole.YOUNG_PERSON) and self.organisation:
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
    parties: list[PartyDetails] = Field(min_length=2, max_length=8)
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
