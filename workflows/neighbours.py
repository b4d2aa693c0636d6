"""What the journey may ask of the world: names and types only. activities/ subclasses these with the real thing.

All are safe to run twice. Permanent trouble is a value in the answer; transient trouble is an exception and retried."""

from abc import ABC, abstractmethod
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field
from temporalio import activity

from domain.accounts import PasswordLinkToSend
from domain.codes import ProofToSend
from domain.commands import Slot
from domain.enquiry import CodeToSend
from domain.journey import Filing, Letter
from domain.parties import Channel, PartyRole, PersonRole
from domain.stages import LinkKind


class Verdict(BaseModel):
    """What the facts of the database say to a command: nothing (refusal ""), or a code with what it is about."""

    refusal: str = ""
    about: str = ""


class Admission(BaseModel):
    """A person named in a command's texts is to become a participant of a party."""

    case_id: str
    command: str
    party: str
    role: PersonRole


class Admitted(BaseModel):
    """The key of the participant; "" when the texts name nobody."""

    person: str = ""
    channel: Channel = Channel.EMAIL
    refusal: str = ""


class WordsToCorrect(BaseModel):
    """The words of a CorrectDetails take the place of those in the case file."""

    case_id: str
    command: str
    what: Literal["child", "referral", "organisation"]
    party: str = ""  # whose organisation


class ChannelQuestion(BaseModel):
    """How else can this person be reached? Not on the channels where letters come back."""

    case_id: str
    person: str
    not_by: list[Channel]


class ChannelChoice(BaseModel):
    """The next channel for which the case file has what is needed; None: there is none."""

    channel: Channel | None = None


class PartyAdmission(BaseModel):
    """The organisation and the person named in a command's texts are to become a party of the case. Neither the
    mediator who has it, or was asked, nor a venue that is booked may have to do with them."""

    case_id: str
    command: str
    role: PartyRole
    mediator: str = ""
    venues: list[str] = Field(default_factory=list)


class MediatorQuestion(BaseModel):
    """May this mediator be offered this case?"""

    case_id: str
    mediator: str


class Reassignment(BaseModel):
    """The case is handed to another coordinator."""

    case_id: str
    coordinator: str


class LetterGone(BaseModel):
    """A letter that went to somebody who should not have it."""

    case_id: str
    letter: Letter


class Withdrawn(Verdict):
    """The links in it end; on which channel it went."""

    channel: str = ""


class OfCase(BaseModel):
    """A question about a case."""

    case_id: str


class OfTwoCases(BaseModel):
    """A case, and another one by its reference."""

    case_id: str
    other: str


class Linking(BaseModel):
    """What somebody decided about two cases."""

    case_id: str
    other: str  # its reference
    kind: LinkKind
    command: str  # whose texts say why
    by: str


class Recipients(BaseModel):
    """To whom letters go: person keys, or "mediator/<id>"."""

    to: list[str] = Field(default_factory=list)


class Parties(BaseModel):
    """Party keys."""

    keys: list[str] = Field(default_factory=list)


class References(BaseModel):
    """Cases, by their references."""

    references: list[str] = Field(default_factory=list)


class NextMediator(BaseModel):
    """Who of the panel is to be offered the case, after those who were `tried`?"""

    case_id: str
    tried: list[str]


class MediatorChoice(BaseModel):
    """A mediator's id; "" when nobody of the panel is left."""

    mediator: str = ""


class Booking(BaseModel):
    """A meeting's claim on calendars ("mediator/<id>", "venue/<id>"). (case, meeting) identifies the entry."""

    case_id: str
    reference: str
    meeting: str
    resources: list[str]
    slot: Slot
    sequence: int = 0
    online: bool = False


class LetterToDeliver(BaseModel):
    """A queued letter, by its unique key."""

    case_id: str
    letter: Letter
    told: bool = False  # somebody knows that it does not leave


class LettersToDeliver(BaseModel):
    """Queued letters that leave at the same moment."""

    case_id: str
    letters: list[Letter]


class Delivery(BaseModel):
    """What became of a letter. held: the case is on hold or paused, ask again after the release. withheld: it is no
    longer wanted, or there is nobody to whom it may go. bounced: its address on `channel` took it not, and never will.
    failed: a person must see to it. ambiguous: the connection broke off twice, so it may have arrived. delayed: nobody
    took it for an hour, and nobody has been told of that yet; ask again. by_hand: it is written, and leaves when a
    person posts it or says it on the telephone (`channel`). later: it could not leave with the others, and goes on
    its own."""

    state: Literal["sent", "held", "withheld", "bounced", "failed", "ambiguous", "delayed", "by_hand", "later"]
    channel: Channel = Channel.EMAIL


class Deliveries(BaseModel):
    """What became of several letters, in their order."""

    of: list[Delivery]


class AgreementToMake(BaseModel):
    """A version of the agreement whose words stand with `command`."""

    case_id: str
    version: int


class Made(BaseModel):
    """The document's fingerprint: the same for the same version, however often it is made. `trouble` is a code: it
    cannot be made, and a person must see to it."""

    sha256: str = ""
    trouble: str = ""


class PaperOrder(BaseModel):
    """A paper of a case."""

    case_id: str
    key: str


class Checked(BaseModel):
    """What the virus scanner says. infected: its bytes were erased. not_scanned: the service has no scanner."""

    found: Literal["clean", "infected", "not_scanned"]


class CaseFile(ABC):
    """The case file: where the journey is written down and where facts of the database are looked up."""

    @activity.defn
    @abstractmethod
    async def file(self, filing: Filing) -> None:
        """Write the state, the timeline's new lines and the letters' rows, all or nothing."""

    @activity.defn
    @abstractmethod
    async def may_be_offered(self, question: MediatorQuestion) -> Verdict:
        """unknown_mediator, registration_out_of_date, conflict_of_interest, or nothing against it."""

    @activity.defn
    @abstractmethod
    async def next_mediator(self, question: NextMediator) -> MediatorChoice:
        """The next suitable mediator by the rules of domain/allocation."""

    @activity.defn
    @abstractmethod
    async def declare_conflict(self, question: MediatorQuestion) -> None:
        """This mediator is never offered this case again."""

    @activity.defn
    @abstractmethod
    async def reassign(self, order: Reassignment) -> Verdict:
        """The case is this coordinator's from now on; unknown_coordinator, or nothing against it."""

    @activity.defn
    @abstractmethod
    async def take(self, order: Reassignment) -> Verdict:
        """The case is this coordinator's, unless somebody else has it (taken_before, with who)."""

    @activity.defn
    @abstractmethod
    async def may_reopen(self, question: OfCase) -> Verdict:
        """goes_on_elsewhere, with the case that it is a duplicate of, or nothing against it."""

    @activity.defn
    @abstractmethod
    async def told_of_the_end(self, question: OfCase) -> Recipients:
        """The last that these heard of the case is that it has ended."""

    @activity.defn
    @abstractmethod
    async def withdraw_links(self, order: LetterGone) -> Withdrawn:
        """No link that its recipient was sent opens anything any more; or not_sent: it has never left."""

    # Other cases

    @activity.defn
    @abstractmethod
    async def link(self, order: Linking) -> Verdict:
        """The two belong together, or are two matters: no_such_case, linked_before, other_is_closed, or done."""

    @activity.defn
    @abstractmethod
    async def unlink(self, order: OfTwoCases) -> Verdict:
        """They do not belong together: not_linked, or done."""

    @activity.defn
    @abstractmethod
    async def parties_there_too(self, question: OfTwoCases) -> Parties:
        """The parties whose contact is one of the other case as well, and may be written to there."""

    @activity.defn
    @abstractmethod
    async def same_child(self, question: OfCase) -> References:
        """Cases that are likely about the same child, and of which nobody has decided yet."""

    # Calendars

    @activity.defn
    @abstractmethod
    async def reserve(self, booking: Booking) -> Verdict:
        """Claim every resource for the slot, or none: taken, unknown_venue, venue_not_neutral. Another slot of the same
        meeting is let go."""

    @activity.defn
    @abstractmethod
    async def let_go(self, booking: Booking) -> None:
        """Free what the meeting had claimed."""

    @activity.defn
    @abstractmethod
    async def another_channel(self, question: ChannelQuestion) -> ChannelChoice:
        """The next way to reach a person, in the order of domain.parties.IN_TURN."""

    @activity.defn
    @abstractmethod
    async def admit(self, admission: Admission) -> Admitted:
        """Make the person of a command's texts a participant."""

    @activity.defn
    @abstractmethod
    async def admit_party(self, admission: PartyAdmission) -> Admitted:
        """Make those named in a command's texts a party, whose key that of its lead tells; or already_a_party,
        conflict_with_them, their_venue, address_taken."""

    @activity.defn
    @abstractmethod
    async def correct_details(self, order: WordsToCorrect) -> Verdict:
        """The right words, and the case is found by them; what stood there is kept with the command. as_before: they
        are the same."""


class Correspondence(ABC):
    """Letters, by every channel."""

    @activity.defn
    @abstractmethod
    async def deliver(self, order: LetterToDeliver) -> Delivery:
        """Send it if it is still relevant."""

    @activity.defn
    @abstractmethod
    async def deliver_together(self, order: LettersToDeliver) -> Deliveries:
        """Send each that is still relevant, once, and wait for none that is in trouble."""


class Calendars(ABC):
    """The calendars of mediators and venues."""

    @activity.defn
    @abstractmethod
    async def book(self, booking: Booking) -> None:
        """Write the entry into each resource's calendar."""

    @activity.defn
    @abstractmethod
    async def cancel(self, booking: Booking) -> None:
        """Take the entry out again."""


class Documents(ABC):
    """PDFs."""

    @activity.defn
    @abstractmethod
    async def make_agreement(self, order: AgreementToMake) -> Made:
        """Typeset a version of the agreement and keep it in the case file."""


class PaperKeeping(ABC):
    """The files of papers, which never pass through the journey."""

    @activity.defn
    @abstractmethod
    async def has_paper(self, order: PaperOrder) -> Verdict:
        """no_file: its bytes are not in the case file."""

    @activity.defn
    @abstractmethod
    async def check_paper(self, order: PaperOrder) -> Checked:
        """Have it looked at for harmful software; an infected one is erased."""

    @activity.defn
    @abstractmethod
    async def erase_paper(self, order: PaperOrder) -> None:
        """Erase its bytes and its words."""


class Enquiries(ABC):
    """Referrals from the public form that are no cases yet."""

    @activity.defn
    @abstractmethod
    async def send_code(self, order: CodeToSend) -> Delivery:
        """Send the code, if it is still the newest and good. Never held."""

    @activity.defn
    @abstractmethod
    async def erase_old(self, order: CodeToSend) -> None:
        """Erase this enquiry and all others that are older than they may be."""


class Accounts(ABC):
    """Letters about the accounts of the staff."""

    @activity.defn
    @abstractmethod
    async def send_password_link(self, order: PasswordLinkToSend) -> Delivery:
        """Send the link to a new password, if it is still good. Never held."""


class Proofs(ABC):
    """Codes by which somebody shows that a mailbox or a telephone is theirs."""

    @activity.defn
    @abstractmethod
    async def send_proof(self, order: ProofToSend) -> Delivery:
        """Send it, unless it was used, replaced, or is too old. For somebody who waits: it never takes long."""


class Watch(BaseModel):
    """How long a worker reads the mailbox before it says so."""

    minutes: int


class Watched(BaseModel):
    """The time is over; or no mailbox is set, and nobody need look again."""

    is_set: bool = True


class Mailroom(ABC):
    """What comes into the mailbox."""

    @activity.defn
    @abstractmethod
    async def watch(self, order: Watch) -> Watched:
        """Look into the mailbox every minute, and bring what is new to its case."""


class Round(BaseModel):
    """A round by a Schedule, which has begun at this moment."""

    at: datetime


class Reconciled(BaseModel):
    """What a look at the case file and the workflows has found: how many of each kind of difference were mended, and
    how many a person has to see to."""

    compared: int
    mended: dict[str, int] = Field(default_factory=dict)
    reported: dict[str, int] = Field(default_factory=dict)


class Reconciliation(ABC):
    """The case file against the workflows."""

    @activity.defn
    @abstractmethod
    async def reconcile(self, order: Round) -> Reconciled:
        """Begin anew what has no workflow or was reset; report what cannot be mended."""


class Readers(BaseModel):
    """Members of staff, by their ids."""

    ids: list[str] = Field(default_factory=list)


class DigestToSend(BaseModel):
    """The list of what is due that a member of staff is sent in the morning of a day."""

    reader: str
    day: date


class Digests(ABC):
    """The morning's lists for those who run cases."""

    @activity.defn
    @abstractmethod
    async def readers_of_today(self, order: Round) -> Readers:
        """Who has something late or due today; nobody on a day that is no working day."""

    @activity.defn
    @abstractmethod
    async def send_digest(self, order: DigestToSend) -> Delivery:
        """Send it, once for each person and day. withheld: there is nothing to do any more."""


class Retained(BaseModel):
    """What the retention round has erased: how many, never which."""

    cases: int
    enquiries: int
    kept_on_hold: int  # cases that are kept for longer, since they are on a safeguarding hold
    left_for_tomorrow: bool


class Retention(ABC):
    """What has been kept for as long as it may be."""

    @activity.defn
    @abstractmethod
    async def erase_what_is_due(self, order: Round) -> Retained:
        """Cases whose retention period is over, and enquiries that never became one."""


def activities_of(neighbour: type) -> list[str]:
    """The names of a neighbour's activities, for whoever wires a worker."""
    return sorted(neighbour.__abstractmethods__)  # type: ignore[attr-defined]
