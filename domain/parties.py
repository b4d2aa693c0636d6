"""Who takes part in a case, by role and opaque key. Names and addresses live in the case file only."""

from enum import StrEnum

from pydantic import BaseModel, Field

from domain.languages import Written


class PartyRole(StrEnum):
    """The sides of a disagreement about special educational needs (leaflet, "About SEN Mediation")."""

    PARENT = "parent"
    YOUNG_PERSON = "young_person"
    SCHOOL = "school"
    LOCAL_AUTHORITY = "local_authority"
    HEALTH_BODY = "health_body"


FAMILY = (PartyRole.PARENT, PartyRole.YOUNG_PERSON)
"""The roles of the family's own side."""

ORGANISATIONS = (PartyRole.SCHOOL, PartyRole.LOCAL_AUTHORITY, PartyRole.HEALTH_BODY)
"""The roles of sides that are an organisation with its people."""


class PersonRole(StrEnum):
    """What a person is within their party. The lead's answer speaks for the party; a supporter is never chased."""

    LEAD = "lead"
    DECISION_MAKER = "decision_maker"
    IN_COPY = "in_copy"
    SUPPORTER = "supporter"
    INTERPRETER = "interpreter"


class Channel(StrEnum):
    """How the service writes to a person: each is an equal of the others."""

    EMAIL = "email"
    TEXT = "text"  # text message
    POST = "post"  # printed, posted and ticked off by a person
    PHONE = "phone"  # rung by a coordinator


NEEDS: dict[Channel, str] = {
    Channel.EMAIL: "email",
    Channel.TEXT: "phone",
    Channel.POST: "address",
    Channel.PHONE: "phone",
}
"""What must be known of a person to reach them on a channel: a field of domain.referral.PersonDetails."""

IN_TURN = (Channel.EMAIL, Channel.TEXT, Channel.POST, Channel.PHONE)
"""Which channel is tried next when letters come back on another."""

BY_HAND = (Channel.POST, Channel.PHONE)
"""Channels on which a letter has left when a member of staff says so."""


class TimeOfDay(StrEnum):
    """When somebody likes to be rung, within office hours."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    LATE_AFTERNOON = "late_afternoon"


class Reading(BaseModel):
    """How somebody reads what we write, as they told us after the referral."""

    reads: Written
    easy_read: bool = False  # in Easy Read: short sentences with pictures
    interpreter: bool = False  # to be booked for calls and meetings


class Person(BaseModel):
    """One participant, by key ("p2.1": first person of the second party)."""

    key: str
    role: PersonRole = PersonRole.LEAD
    channel: Channel = Channel.EMAIL
    times: list[TimeOfDay] = Field(default_factory=list)  # when they like to be rung; none: at any time
    reading: Reading | None = None  # None: as the referral has it (domain.referral.PersonDetails)
    hidden: bool = False  # where they are reached is hidden from everybody but those who run the case


class Party(BaseModel):
    """One side of the case, by key ("p2"), with its people."""

    key: str
    role: PartyRole
    people: list[Person] = Field(min_length=1)

    @property
    def lead(self) -> str:
        """Key of the person whose answer speaks for the party: the latest lead (a contact may be replaced)."""
        return self._lead.key

    @property
    def by_post(self) -> bool:
        """The lead is written to by post: letters and answers take days."""
        return self._lead.channel == Channel.POST

    @property
    def others(self) -> list[Person]:
        """Those who come along or are in copy, and never were the lead."""
        return [person for person in self.people if person.role != PersonRole.LEAD]

    @property
    def _lead(self) -> Person:
        return [person for person in self.people if person.role == PersonRole.LEAD][-1]


def party_of(person: str) -> str:
    """The party key of a person key: "p2.1" -> "p2"."""
    return person.partition(".")[0]
