"""What the journey waits for, step by step as the leaflet tells it."""

from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from domain.childs_voice import ChildsVoice
from domain.commands.base import MEDIATORS, AnswerTexts, Command, How, StaffRole, Texts
from domain.languages import Written
from domain.parties import Channel
from domain.referral import PersonDetails
from domain.stages import OutcomeDetail
from domain.text import Email, Line, Phone, Postcode, Words

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
    """A person who becomes a participant, and how they are reached. With a decision on silence they are needed only
    when the decision is to replace the contact."""

    name: Line = ""
    email: Email = ""
    phone: Phone = ""
    address: Words = ""
    postcode: Postcode = ""
    channel: Channel = Channel.EMAIL
    language: Line = ""
    reads: Written | Literal[""] = ""
    interpreter: bool = False
    easy_read: bool = False
    adjustments: Line = ""

    def names_somebody(self) -> bool:
        """They have a name, and what their channel needs."""
        return bool(self.name) and not self.as_details().missing_for_their_channel()

    def as_details(self) -> PersonDetails:
        """This person as a participant."""
        return PersonDetails.model_validate(self.model_dump(include=set(PersonDetails.model_fields) - {"role"}))


class DecideOnSilence(Command):
    """A manager decides what a party's silence means, for the ask that went unanswered; or, after no-shows, whether
    another date is looked for ("wait"), with this contact or another, or the case closes."""

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
    voice: Words = ""  # of the child: through whom it is heard, or what matters in it
    supporter_phone: Phone = ""
    supporter_channel: Channel = Channel.EMAIL

    def supporter(self) -> NewContactTexts | None:
        """Who comes along from now on; None: nobody was named."""
        if not self.supporter_name:
            return None
        return NewContactTexts(
            name=self.supporter_name,
            email=self.supporter_email,
            phone=self.supporter_phone,
            channel=self.supporter_channel,
        )


class RecordVisit(Command):
    """An initial visit was held, or nobody came. Confidentiality is explained at every visit (leaflet)."""

    may = MEDIATORS
    texts = VisitTexts
    title = "Record an initial visit"
    party: str
    held: bool
    confidentiality_explained: bool = False
    childs_voice: ChildsVoice | None = None  # asked at the family's visit

    def has_its_words(self, texts: Texts) -> bool:
        if self.childs_voice == ChildsVoice.SOMEBODY and not (isinstance(texts, VisitTexts) and texts.voice):
            return False
        supporter = texts.supporter() if isinstance(texts, VisitTexts) else None
        return supporter is None or supporter.names_somebody()


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
    """Who came, and what it came to. no_show: it could not be held, because the parties in `absent` did not come; where
    all present agreed to meet without somebody, it was held."""

    may = MEDIATORS
    title = "Record the joint meeting"
    present: list[str] = Field(max_length=60)
    absent: list[str] = Field(default_factory=list, max_length=20)
    outcome: Literal["full", "partial", "none", "another", "no_show"]
    detail: OutcomeDetail | None = None
    signed_in_room: list[str] = Field(default_factory=list, max_length=20)  # parties: the agreement to mediate

    @model_validator(mode="after")
    def _held_or_not(self) -> "RecordJointMeeting":
        if self.absent and self.outcome != "no_show":
            raise ValueError("name absent parties only where the meeting could not be held without them")
        return self


class Term(BaseModel):
    """One action of an agreement: which party does it, by which day. The words are in `AgreementTexts.what`."""

    owner: str
    by: date
    dropped: bool = False  # of an amended agreement: it no longer applies, and keeps its number


class AgreementTexts(Texts):
    """The words of an agreement: what is done and how that is checked, term by term; the child's wishes and feelings;
    and the points on which nothing was agreed, where it is a partial one."""

    what: list[Words] = Field(min_length=1, max_length=40)
    checked: list[Words] = Field(default_factory=list, max_length=40)  # as many as `what`, or none
    wishes: Words = ""
    not_agreed: Words = ""

    def belong_to(self, terms: list[Term]) -> bool:
        """Whether each of these terms has its words."""
        return len(self.what) == len(terms) and all(self.what) and len(self.checked) in (0, len(terms))


class WriteAgreement(Command):
    """The terms that were agreed. As a rule they were agreed at the meeting; comments are the exception."""

    may = MEDIATORS
    texts = AgreementTexts
    title = "Write up the agreement"
    terms: list[Term] = Field(min_length=1, max_length=40)
    comments_wanted: bool = False

    @model_validator(mode="after")
    def _drops_nothing(self) -> "WriteAgreement":
        if any(term.dropped for term in self.terms):
            raise ValueError("a term is dropped by amending an agreement that was issued")
        return self

    def has_its_words(self, texts: Texts) -> bool:
        return isinstance(texts, AgreementTexts) and texts.belong_to(self.terms)


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
