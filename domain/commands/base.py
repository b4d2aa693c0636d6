"""Who acts and how, and what every command is."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import BaseModel, Field

from domain.text import Line, Words


class StaffRole(StrEnum):
    """What a member of staff does (practice, section 7)."""

    COORDINATOR = "coordinator"
    MEDIATOR = "mediator"
    SAFEGUARDING_LEAD = "safeguarding_lead"
    MANAGER = "manager"
    OPERATIONS = "operations"


class Actor(BaseModel):
    """Whose act a command is: a member of staff by id, a participant by key through a personal link, or the mailbox:
    what came in by e-mail, whose sender nobody has proved."""

    kind: Literal["staff", "participant", "mailbox"]
    id: str
    roles: list[StaffRole] = Field(default_factory=list)

    def is_any_of(self, *roles: StaffRole) -> bool:
        """Has one of these staff roles."""
        return any(role in self.roles for role in roles)

    @property
    def only_mediates(self) -> bool:
        """A mediator without a role that runs cases: sees and does only what belongs to their own."""
        return self.is_any_of(StaffRole.MEDIATOR) and not self.is_any_of(
            StaffRole.COORDINATOR, StaffRole.MANAGER, StaffRole.SAFEGUARDING_LEAD
        )


class How(StrEnum):
    """How an answer reached the service."""

    LINK = "link"
    PHONE = "phone"
    EMAIL = "email"
    LETTER = "letter"
    IN_PERSON = "in_person"


class Texts(BaseModel):
    """The words that go with a command; all optional unless a subclass says otherwise."""

    note: Words = ""


class AnswerTexts(Texts):
    """The words that go with an answer; when staff write it down for somebody, who said it."""

    said_by: Line = ""


MAILBOX = Actor(kind="mailbox", id="mailbox")
COORDINATORS = (StaffRole.COORDINATOR, StaffRole.MANAGER)
MEDIATORS = (StaffRole.MEDIATOR, StaffRole.COORDINATOR, StaffRole.MANAGER)
GUARDIANS = (StaffRole.SAFEGUARDING_LEAD, StaffRole.MANAGER)
EVERY_STAFF = (StaffRole.COORDINATOR, StaffRole.MEDIATOR, StaffRole.SAFEGUARDING_LEAD, StaffRole.MANAGER)


class Command(BaseModel):
    """One act of a person. `id` comes from the form's one-time key or Idempotency-Key; `at` is when it was stored."""

    may: ClassVar[tuple[StaffRole, ...]] = COORDINATORS  # staff; a participant may where `by_link` says so
    by_link: ClassVar[str] = ""  # the purpose of the personal link through which a participant may do it
    by_mail: ClassVar[bool] = False  # it comes out of the mailbox, and no person gives it
    texts: ClassVar[type[Texts]] = Texts
    title: ClassVar[str] = ""  # as a button or a timeline says it

    id: str
    case_id: str
    actor: Actor
    at: datetime

    def has_its_words(self, texts: Texts) -> bool:
        """Whether the words that this command cannot do without are there. Asked before it is stored: the case itself
        never sees words."""
        return True

    @classmethod
    def kind(cls) -> str:
        """The command's name, as the Update's and the URL's: RecordPermission -> "record_permission"."""
        return "".join("_" + letter.lower() if letter.isupper() else letter for letter in cls.__name__).lstrip("_")


class ReasonTexts(Texts):
    """Why something that stood is changed. Never left out: the history of a case has to be understood by others."""

    reason: Words = ""


class Change(Command):
    """A command that changes what stood, and says why."""

    texts: ClassVar[type[Texts]] = ReasonTexts

    def has_its_words(self, texts: Texts) -> bool:
        return isinstance(texts, ReasonTexts) and bool(texts.reason)
