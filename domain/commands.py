"""What people can ask of a case: one class for each command, with who may, and the free text that goes with it.

A command holds ids and codes only and travels to the workflow as an Update of the same name. Its words (a `Texts`
class) go into an erasable row of the case file beside it and never leave it."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from domain.parties import Channel
from domain.policy import Policy
from domain.referral import PersonDetails
from domain.stages import STAFF_CLOSINGS, ClosingReason, OutcomeDetail
from domain.text import Email, Line, Phone, Postcode, Words


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


# Explaining, permission, consent


class RecordExplainingCall(Command):
    """The process was explained to the referrer; what they decided, and whether permission was given on the spot."""

    title = "Record the explaining call"
    outcome: Literal["go_on", "signpost", "not_now"]
    permission: Literal["given", "refused", "not_yet"] = "not_yet"


class RecordPermission(Command):
    """The referrer allows the service to contact the others, or does not (leaflet: "with your permission")."""

    texts = AnswerTexts
    title = "Record permission to contact the others"
    by_link = "permission"
    given: bool
    how: How


class AnswerConsent(Command):
    """A party takes part, or does not."""

    texts = AnswerTexts
    title = "Record a party's consent"
    by_link = "consent"
    party: str
    yes: bool
    how: How


class NewContactTexts(Texts):
    """The person who takes over as a party's contact; needed when the decision is to replace the contact."""

    name: Line = ""
    email: Email = ""
    phone: Phone = ""
    address: Words = ""
    postcode: Postcode = ""
    channel: Channel = Channel.EMAIL
    language: Line = ""
    adjustments: Line = ""

    def names_somebody(self) -> bool:
        """They have a name, and what their channel needs."""
        return bool(self.name) and not self.as_details().missing_for_their_channel()

    def as_details(self) -> PersonDetails:
        """The new contact as a participant."""
        return PersonDetails.model_validate(self.model_dump(include=set(PersonDetails.model_fields) - {"role"}))


class DecideOnSilence(Command):
    """A manager decides what a party's silence means, for the ask that went unanswered."""

    may = (StaffRole.MANAGER,)
    texts = NewContactTexts
    title = "Decide on a party's silence"
    ask: str
    decision: Literal["wait", "replace_contact", "close"]

    def has_its_words(self, texts: Texts) -> bool:
        named = isinstance(texts, NewContactTexts) and texts.names_somebody()
        return named or self.decision != "replace_contact"


# Allocation


class OfferMediator(Command):
    """A coordinator picks the mediator to whom the case is offered."""

    title = "Offer the case to a mediator"
    mediator: str


class AnswerAllocation(Command):
    """The mediator takes the case, or passes it on; a conflict of interest is recorded and blocks for good."""

    may = (StaffRole.MEDIATOR, StaffRole.MANAGER)
    title = "Accept or decline the case"
    offer: int
    accepts: bool
    conflict: bool = False


# Visits

FIVE_MINUTES = timedelta(minutes=5)


class Slot(BaseModel):
    """A time for a meeting: an instant with its time zone, and minutes."""

    start: datetime
    minutes: int = Field(90, ge=15, le=480)

    @model_validator(mode="after")
    def _whole(self) -> "Slot":
        if self.start.tzinfo is None:
            raise ValueError("give the time with its time zone, such as 2026-12-03T10:00:00+00:00")
        odd_zone = (self.start.utcoffset() or timedelta(0)) % FIVE_MINUTES
        if self.start.second or self.start.microsecond or self.start.minute % 5 or odd_zone:
            raise ValueError("meetings start on a multiple of five minutes")
        return self


class PlaceTexts(Texts):
    """Where to come, or the address of the online room."""

    place: Line = ""


class OfferVisitDates(Command):
    """Dates for an initial visit are offered to a party."""

    may = MEDIATORS
    texts = PlaceTexts
    title = "Offer dates for an initial visit"
    party: str
    slots: list[Slot] = Field(min_length=1, max_length=10)
    online: bool = False


class ChooseVisitDate(Command):
    """A party chooses one of the dates offered, or says that none suits (`start` is None)."""

    may = MEDIATORS
    texts = AnswerTexts
    by_link = "visit_choice"
    title = "Choose the date of an initial visit"
    party: str
    start: datetime | None
    how: How


class VisitTexts(Texts):
    """What was said about others at the visit; a supporter becomes a participant of the party."""

    who_else: Words = ""
    may_share: Words = ""
    supporter_name: Line = ""
    supporter_email: Email = ""


class RecordVisit(Command):
    """An initial visit was held, or nobody came. Confidentiality is explained at every visit (leaflet)."""

    may = MEDIATORS
    texts = VisitTexts
    title = "Record an initial visit"
    party: str
    held: bool
    confidentiality_explained: bool = False


# Joint meeting and agreement


class GiveAvailability(Command):
    """When a party can come to the joint meeting: half days such as "2026-12-07/am"; none of them: an empty list."""

    may = MEDIATORS
    texts = AnswerTexts
    by_link = "availability"
    title = "Give availability for the joint meeting"
    party: str
    half_days: list[str] = Field(max_length=60)
    how: How


class FixJointMeeting(Command):
    """Date, time and neutral venue of the joint meeting; online when `venue` is empty."""

    texts = PlaceTexts
    title = "Fix the joint meeting"
    slot: Slot
    venue: str = ""


class RecordJointMeeting(Command):
    """Who came, and what it came to."""

    may = MEDIATORS
    title = "Record the joint meeting"
    present: list[str] = Field(max_length=60)
    outcome: Literal["full", "partial", "none", "another"]
    detail: OutcomeDetail | None = None


class Term(BaseModel):
    """One action of an agreement: which party does it, by which day. The words are in `AgreementTexts.what`."""

    owner: str
    by: date


class AgreementTexts(Texts):
    """The words of an agreement: what is done, term by term, and the child's wishes and feelings."""

    what: list[Words] = Field(min_length=1, max_length=40)
    wishes: Words = ""


class WriteAgreement(Command):
    """The terms that were agreed. As a rule they were agreed at the meeting; comments are the exception."""

    may = MEDIATORS
    texts = AgreementTexts
    title = "Write up the agreement"
    terms: list[Term] = Field(min_length=1, max_length=40)
    comments_wanted: bool = False

    def has_its_words(self, texts: Texts) -> bool:
        return isinstance(texts, AgreementTexts) and len(texts.what) == len(self.terms) and all(texts.what)


class CommentOnAgreement(Command):
    """A party agrees with the wording, or wants it changed (their words are in the note)."""

    may = MEDIATORS
    texts = AnswerTexts
    by_link = "comments"
    title = "Comment on the agreement"
    party: str
    version: int
    agrees: bool
    how: How


class IssueAgreement(Command):
    """The wording stands as it is, after comments; everyone present receives a copy."""

    may = MEDIATORS
    title = "Issue the agreement"
    version: int


class RecordAction(Command):
    """An action of the agreement was done, or will not be."""

    may = MEDIATORS
    texts = AnswerTexts
    by_link = "action"
    title = "Record an action"
    action: int
    done: bool
    how: How


class GiveFeedback(Command):
    """How it was for a party: 1 (poor) to 5 (very good), words in the note."""

    by_link = "feedback"
    title = "Give feedback"
    party: str
    score: int = Field(ge=1, le=5)


# Changes to what was booked


class ReasonTexts(Texts):
    """Why something that stood is changed. Never left out: the history of a case has to be understood by others."""

    reason: Words = ""


class Change(Command):
    """A command that changes what stood, and says why."""

    texts: ClassVar[type[Texts]] = ReasonTexts

    def has_its_words(self, texts: Texts) -> bool:
        return isinstance(texts, ReasonTexts) and bool(texts.reason)


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
    contact end, and what is being asked is asked anew."""

    texts = ContactTexts
    title = "Replace or correct a contact"
    party: str

    def has_its_words(self, texts: Texts) -> bool:
        return isinstance(texts, ContactTexts) and texts.names_somebody() and super().has_its_words(texts)


class SupporterTexts(Texts):
    """A supporter or friend, who becomes a participant of the party."""

    supporter_name: Line = ""
    supporter_email: Email = ""


class AddSupporter(Command):
    """A supporter or friend comes along with a party: invited to its meetings, and never chased for answers."""

    may = MEDIATORS
    texts = SupporterTexts
    title = "Add a supporter"
    party: str

    def has_its_words(self, texts: Texts) -> bool:
        return isinstance(texts, SupporterTexts) and bool(texts.supporter_name)


# At any moment


class Withdraw(Command):
    """A party leaves the mediation. Voluntary: no reason is needed, and none is passed on."""

    may = MEDIATORS
    texts = AnswerTexts
    by_link = "case"
    title = "Withdraw"
    party: str
    how: How


class Pause(Command):
    """All waiting stands still, for a bereavement or a stay in hospital, say."""

    title = "Pause the case"


class Resume(Command):
    """Waiting goes on where it stood."""

    title = "Resume the case"


class Hold(Command):
    """Safeguarding: all unprompted messages stop at once."""

    may = EVERY_STAFF
    title = "Hold for safeguarding"


class Release(Command):
    """The safeguarding hold ends; the lead's or a manager's act only."""

    may = GUARDIANS
    title = "Release the safeguarding hold"


class CloseCase(Command):
    """A manager ends the case for a reason that is nobody's answer."""

    may = (StaffRole.MANAGER,)
    title = "Close the case"
    reason: ClosingReason

    @model_validator(mode="after")
    def _closable(self) -> "CloseCase":
        if self.reason not in STAFF_CLOSINGS:
            raise ValueError(f"a manager closes for one of: {', '.join(STAFF_CLOSINGS)}")
        return self


class Undo(Command):
    """The end that a member of staff entered a few minutes ago was a mistake: everything is as it was before."""

    may = MEDIATORS
    title = "Undo the end of the case"


class Reassign(Change):
    """Another coordinator looks after the case; tasks and letters follow."""

    title = "Hand the case to another coordinator"
    coordinator: str


NOBODY_REACHED = ("no_answer", "voicemail", "call_back")


class TickTask(Command):
    """A task that stands for itself (a letter to post, a call, a letter that failed) is done; or the call reached
    nobody, and is tried again: at `call_back`, or on the next working morning."""

    may = EVERY_STAFF
    title = "Tick off a task"
    task: str
    outcome: Literal["done", "posted", "spoke", "no_answer", "voicemail", "call_back"] = "done"
    call_back: AwareDatetime | None = None


class ChangePolicy(Command):
    """The case goes on under other targets or holidays; every open ask is armed anew."""

    may = (StaffRole.MANAGER,)
    title = "Change the policy"
    policy: Policy


# What comes into the mailbox


class ReplyTexts(Texts):
    """A message as it came: what its author wrote, without what they quoted; names and sizes of its attachments."""

    sender: Line = ""
    subject: Line = ""
    words: Words = ""
    attachments: Words = ""


class ReceiveReply(Command):
    """Somebody answered by e-mail. It is no answer to what was asked before a person has read it and recorded what it
    says; until then nobody of that party is reminded."""

    may = ()
    by_mail = True
    texts = ReplyTexts
    title = "A reply by e-mail"
    person: str


class NoteAutomaticReply(Command):
    """A machine answered: an out-of-office note, say. It is noted, and changes nothing."""

    may = ()
    by_mail = True
    texts = ReplyTexts
    title = "An automatic reply"
    person: str


class ReportBounce(Command):
    """A letter that had been taken came back for good."""

    may = ()
    by_mail = True
    title = "A letter that came back"
    kind_of_letter: str
    about: str
    to: str
    number: int


COMMANDS: dict[str, type[Command]] = {
    command.kind(): command
    for command in (
        RecordExplainingCall,
        RecordPermission,
        AnswerConsent,
        DecideOnSilence,
        OfferMediator,
        AnswerAllocation,
        OfferVisitDates,
        ChooseVisitDate,
        RecordVisit,
        GiveAvailability,
        FixJointMeeting,
        RecordJointMeeting,
        WriteAgreement,
        CommentOnAgreement,
        IssueAgreement,
        RecordAction,
        GiveFeedback,
        MoveMeeting,
        CancelMeeting,
        ReplaceMediator,
        ReplaceContact,
        AddSupporter,
        Withdraw,
        Pause,
        Resume,
        Hold,
        Release,
        CloseCase,
        Undo,
        Reassign,
        TickTask,
        ChangePolicy,
    )
}
"""Every command that a person can give, by its kind; the doors of the API are checked against it."""

EVERY_COMMAND: dict[str, type[Command]] = {
    **COMMANDS,
    **{command.kind(): command for command in (ReceiveReply, NoteAutomaticReply, ReportBounce)},
}
"""Those and what comes out of the mailbox; the doors of the workflow are checked against it."""
