"""The state of a case, in ids and codes: what its workflow knows and what is filed for the pages to show."""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field

from domain.breaches import Breach
from domain.childs_voice import ChildsVoice
from domain.commands import How, Slot, StaffRole, Term
from domain.papers import Paper
from domain.parties import Channel, Party, PartyRole, Person, party_of
from domain.policy import Do, Policy, Rung
from domain.stages import Closing, OutcomeDetail, Stage


def workflow_id(case_id: str) -> str:
    """The id of a case's workflow: opaque, one for each case."""
    return f"case-{case_id}"


class CaseStart(BaseModel):
    """What a case's workflow is given at its start."""

    case_id: str
    reference: str  # "SM-2026-00042": no personal data, shown to operations
    parties: list[Party]  # the first one is the referrer
    policy: Policy
    compare: bool = False  # nobody has looked yet whether the child is known already
    lists_waiting: bool = False  # operations list cases by who is waited for; older cases go on without
    as_filed: "AsFiled | None" = None  # of a case that had ended, or whose workflow was lost
    begun_anew: str = ""  # why its workflow had to be (activities.rounds.MENDED)

    @property
    def referrer(self) -> str:
        """Party key of whoever referred."""
        return self.parties[0].key


class Fact(BaseModel):
    """What somebody told us: the answer to an ask, whether it was asked yet or not."""

    answer: str  # "yes", "no", "held", "lapsed" …
    at: datetime


StepWay = Literal["skip", "bring_forward", "postpone"]


class Armed(BaseModel):
    """The rung of an ask that comes next, unless an answer comes first."""

    at: datetime
    do: Do
    number: int  # 1 for the first letter or task of its sort ("reminder 2")
    can: list[StepWay] = Field(default_factory=list)  # what a person may do about it (domain/ladders.py)


class OpenAsk(BaseModel):
    """Somebody was asked for something and has not answered yet."""

    key: str  # "consent/p3", "visit/p1/2"
    of: str  # a party key, or a staff role
    asked: datetime
    due: datetime | None = None
    by_post: bool = False  # whoever is asked is written to by post
    later: int = 0  # working days by which a person has put off what is reckoned from `asked`
    climbed: int = 0  # how many rungs of its ladder lie behind it
    before: list[Rung] = Field(default_factory=list)  # rungs of ladders on which it stood before a change of policy
    armed: Armed | None = None
    still_since: datetime | None = None  # its ladder stands still: all in silence, or a reply of its party is unread

    @property
    def in_vain(self) -> bool:
        """Its last rung was climbed, or its case stands still: nothing more comes by itself."""
        return self.armed is None and self.climbed > 0

    @property
    def kind(self) -> str:
        """ "consent" of "consent/p3"."""
        return self.key.partition("/")[0]


class Task(BaseModel):
    """Something that a member of staff has to do."""

    key: str  # the ask's key, or "phone/<ask>/<n>", "decide/<ask>", "letter/<id>", "reply/<person>/<command>" …
    kind: str  # "explaining_call", "phone", "decide", "escalated", "letter_failed", "safeguarding" …
    about: str  # the ask it belongs to, whose reply it is (a person key), or ""
    role: StaffRole
    opened: datetime
    due: datetime | None = None


class MeetingStatus(StrEnum):
    """Where a visit or the joint meeting stands."""

    OFFERED = "offered"
    BOOKED = "booked"
    HELD = "held"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class Meeting(BaseModel):
    """An initial visit or a joint meeting, from the dates offered to the record of it."""

    key: str  # "visit/p1/1", "joint_meeting/1": also the calendar entry's identity
    party: str = ""  # of a visit
    status: MeetingStatus = MeetingStatus.OFFERED
    offered: list[Slot] = Field(default_factory=list)
    slot: Slot | None = None
    online: bool = False
    venue: str = ""  # of a joint meeting; an id
    offer_command: str = ""  # whose texts say where (PlaceTexts)
    invited: list[str] = Field(default_factory=list)  # person keys
    present: list[str] = Field(default_factory=list)
    absent: list[str] = Field(default_factory=list)  # parties without whom a joint meeting could not be held
    outcome: str = ""
    detail: OutcomeDetail | None = None  # what a joint meeting came to
    sequence: int = 0  # iCalendar SEQUENCE: rises with each change
    former: list[Slot] = Field(default_factory=list)  # when it was to take place before it was moved
    half_days: list[str] = Field(default_factory=list)  # of a joint meeting: what the parties are asked about
    availability: dict[str, list[str]] = Field(default_factory=dict)  # party -> half days that suit


class Signature(BaseModel):
    """A party's signature under the agreement to mediate. Who signed stands with the command."""

    party: str
    at: datetime
    how: How
    version: int  # of the text
    by: str  # actor id of whoever recorded it
    command: str
    taken_back: bool = False


class Voice(BaseModel):
    """How the child is to be heard, as it was said last. The words stand with the command."""

    how: ChildsVoice
    at: datetime
    command: str


class Action(BaseModel):
    """One action of the agreement, followed until it is done."""

    number: int
    owner: str
    by: date
    state: Literal["open", "done", "not_done", "dropped"] = "open"  # dropped: the agreement was amended


class Agreement(BaseModel):
    """The record of what was agreed, by version. The words stand with the command that wrote them."""

    version: int
    command: str  # id of the WriteAgreement or AmendAgreement whose texts hold the words
    terms: list[Term]
    meeting: str  # key of the joint meeting
    written: datetime
    status: Literal["draft", "comments", "issued"] = "draft"
    comments: dict[str, str] = Field(default_factory=dict)  # party -> "agrees" | "wants_changes" | "silent"
    issued: datetime | None = None
    copies: list[str] = Field(default_factory=list)  # who is sent this version, and was sent those before: person keys


class BadAddress(BaseModel):
    """What is sent to this person on this channel comes back, or reaches somebody else. Whoever takes over as the
    contact has no such mark."""

    person: str
    channel: Channel
    since: datetime
    wrong: bool = False  # a letter went to somebody else there: nothing more is sent to it


class Event(BaseModel):
    """One line of the timeline, in codes."""

    number: int
    at: datetime
    what: str  # "stage", a command's kind, "letter_failed" …
    about: str = ""  # an ask key, party key, stage …
    by: str = ""  # actor id or "" for the service itself
    command: str = ""  # the command whose texts belong to it
    detail: dict[str, str] = Field(default_factory=dict)


LetterState = Literal["queued", "sending", "by_hand", "sent", "withheld", "bounced", "failed", "ambiguous"]
"""What became of a letter. ambiguous: the mail server broke off twice, so it may have arrived."""


MAY_COME_BACK: tuple[LetterState, ...] = ("sending", "sent", "ambiguous")
"""States of letters that the mail server took, or may have taken, so that it may still report that one was in vain."""


LETTERS_BY_HAND = ("letter_by_post", "letter_by_phone")
"""Kinds of the tasks by which a person posts a letter or says it on the telephone."""


LETTERS_IN_TROUBLE = ("letter_failed", "letter_unclear", "letter_waits")
"""Kinds of the tasks about letters that came back or could not be sent, may have arrived, or do not leave."""


READ_REPLY = "read_reply"
"""Kind of the task to read what somebody wrote to us by e-mail."""


CALL_WANTED = "call_wanted"
"""Kind of the task to ring somebody who asked for it."""


BEGUN_ANEW = "begun_anew"
"""Kind of the task, and of the line of the timeline, when the workflow of a case had to be begun anew."""


POSSIBLE_DUPLICATE = "possible_duplicate"
"""Kind of the task to look whether a case is about the same child as another, whose reference it is about."""


class Letter(BaseModel):
    """A letter to one person. (case, kind, about, to, number) is unique: queueing it again is the same letter."""

    kind: str  # "consent_ask", "closed_withdrawn": the template's name
    about: str  # an ask's or meeting's key, or ""
    to: str  # a person key, a staff role, or "mediator/<id>"
    number: int = 1
    reply: bool = False  # a receipt, confirmation or cancellation: leaves at once; else in office hours, unless on hold
    while_asked: str = ""  # wanted only while this ask is open
    line: str = ""  # the command whose texts hold the words of our own that go with it
    sequence: int | None = None  # of its meeting, when that was so: one that was moved since makes it needless

    def once_more(self) -> "Letter":
        """The same letter by another channel: a letter of its own, so that the one that came back stays what it was."""
        return self.model_copy(update={"number": self.number + ONCE_MORE})

    def again(self, time: int) -> "Letter":
        """The same words to the same person, for the first, second … time that anything is sent again in the case."""
        return self.model_copy(update={"number": self.number % ONCE_MORE + AGAIN * time, "sequence": None})

    @property
    def of_an_earlier(self) -> "Letter | None":
        """Of a letter that is sent again: the one whose words it has."""
        return self.model_copy(update={"number": self.number % ONCE_MORE}) if self.number >= AGAIN else None

    @property
    def of_an_end(self) -> bool:
        """It says that the case has ended; its number is that of the end."""
        return of_an_end(self.kind)

    @property
    def key(self) -> str:
        """What tasks about this letter are called by: unique within its case."""
        return f"{self.kind}/{self.to}/{self.number}:{self.about.replace('/', ':')}"

    @classmethod
    def of_key(cls, key: str) -> "Letter | None":
        """The letter that is called so; None: none could be."""
        whose, _, about = key.partition(":")
        kind, _, rest = whose.partition("/")
        to, _, number = rest.rpartition("/")
        if not (kind and to and number.isascii() and number.isdigit()):
            return None
        return cls(kind=kind, about=about.replace(":", "/"), to=to, number=int(number))

    def replaces(self, other: "Letter") -> bool:
        """This is a later asking of the same person for the same thing."""
        sort, _, step = other.kind.rpartition("_")
        asked_before = step in ("ask", "remind") and self.kind == f"{sort}_remind" and self != other
        return asked_before and (self.about, self.to) == (other.about, other.to)


ONCE_MORE = 100  # is added to the number of a letter that goes by another channel; reminders never come so far

AGAIN = 1000  # is added, times a number that rises, to the number of a letter that is sent again


def of_an_end(kind: str) -> bool:
    """Letters of this kind say that the case has ended."""
    return kind.startswith("closed_") or kind == "withdrawal_receipt"


MESSAGE = "message"
"""Kind of the letter that holds nothing but what staff write."""


OPEN_AGAIN = "case_reopened"
"""Kind of the letter to those who were told of an end, and whose case goes on."""


TO_WHO_LEFT = ("no_longer_part", "agreement_copy")
"""Kinds of the letters that still go to people who were taken out: copies go to whoever was there."""


class Ending(BaseModel):
    """An end that staff entered and that can still be undone. Nothing leaves meanwhile."""

    closing: Closing
    at: datetime  # when it takes effect


class PersonalLine(BaseModel):
    """Words of our own that wait for the next letter of a kind to a person. They stand with the command."""

    kind: str
    to: str
    command: str


class Settled(BaseModel):
    """What became of a letter that a person took care of: posted, said on the telephone, no longer wanted, or posted
    and returned."""

    letter: Letter
    state: Literal["sent", "withheld", "bounced"]


class Journey(BaseModel):
    """The state of a case: what its workflow holds, what is filed, what the rules judge by and what pages show."""

    parties: list[Party]
    stage: Stage = Stage.REFERRAL
    contacted: list[str] = Field(default_factory=list)  # party keys that may be written to
    newcomers: list[str] = Field(default_factory=list)  # those who joined the running case, until the others are told
    reached: list[str] = Field(default_factory=list)  # those to whom a letter has gone
    bad_addresses: list[BadAddress] = Field(default_factory=list)
    breaches: list[Breach] = Field(default_factory=list)  # letters that went to somebody who should not have them
    left: list[str] = Field(default_factory=list)  # keys of parties and persons who were taken out; never used again
    record_only_after_start: bool = True  # the policy's
    on_hold: bool = False
    paused: bool = False
    mediator: str = ""  # who has the case
    offered_to: str = ""  # the mediator who has been asked, until they answer
    offer: int = 0
    tried: list[str] = Field(default_factory=list)  # mediators who declined, stayed silent, or may not have it again
    replaced: list[str] = Field(default_factory=list)  # mediators who had the case before, the latest last
    asks: list[OpenAsk] = Field(default_factory=list)
    facts: dict[str, Fact] = Field(default_factory=dict)
    corrected: dict[str, int] = Field(default_factory=dict)  # how often each record was corrected, by its key
    tasks: list[Task] = Field(default_factory=list)
    ticked: list[Task] = Field(default_factory=list)  # the latest that were ticked off, and can be brought back
    meetings: list[Meeting] = Field(default_factory=list)
    signs: bool = False  # parties sign, and the child's voice is asked for; older cases go on without
    to_sign: list[str] = Field(default_factory=list)  # party keys: those who were asked
    signatures: list[Signature] = Field(default_factory=list)  # all there ever were, the latest last
    voice: Voice | None = None  # until the family has said it
    agreement: Agreement | None = None
    actions: list[Action] = Field(default_factory=list)
    papers: list[Paper] = Field(default_factory=list)
    exchange_at: datetime | None = None  # when what has been released goes to the other parties
    ending: Ending | None = None  # until it takes effect or is undone
    closing: Closing | None = None
    closed_at: datetime | None = None
    reopened: int = 0  # how often
    lines: list[PersonalLine] = Field(default_factory=list)  # that have not gone with a letter yet
    sent_again: int = 0  # how many letters were
    reopening: Ending | None = None  # the end that was taken back, until `at`; nothing leaves before

    def open_ask(self, key: str) -> OpenAsk | None:
        """The ask of this key, while it has no answer."""
        return next((ask for ask in self.asks if ask.key == key and key not in self.facts), None)

    def open_asks(self, kind: str, party: str = "") -> list[OpenAsk]:
        """The open asks of a kind; of one party when given."""
        return [ask for ask in self.asks if ask.kind == kind and party in ("", ask.of) and ask.key not in self.facts]

    def party(self, key: str) -> Party | None:
        """The party of this key."""
        return next((party for party in self.parties if party.key == key), None)

    def person(self, key: str) -> Person | None:
        """The participant of this key."""
        return next((person for party in self.parties for person in party.people if person.key == key), None)

    def task(self, key: str) -> Task | None:
        """The open task of this key."""
        return next((task for task in self.tasks if task.key == key), None)

    def action(self, number: int) -> Action | None:
        """The action of this number."""
        return next((action for action in self.actions if action.number == number), None)

    def bad_channels(self, person: str) -> list[Channel]:
        """On which channels letters to this person come back."""
        return [bad.channel for bad in self.bad_addresses if bad.person == person]

    def wrong_channels(self, person: str) -> list[Channel]:
        """On which channels letters to this person reach somebody else."""
        return [bad.channel for bad in self.bad_addresses if bad.person == person and bad.wrong]

    def breach(self, key: str) -> Breach | None:
        """The data breach of this key."""
        return next((breach for breach in self.breaches if breach.key == key), None)

    def takes_part(self, party: str) -> bool:
        """It has agreed to: whoever referred by the permission, the others by their consent."""
        consent = self.facts.get(f"consent/{party}")
        return party == self.parties[0].key or (consent is not None and consent.answer == "yes")

    def meeting(self, key: str) -> Meeting | None:
        """The meeting of this key."""
        return next((meeting for meeting in self.meetings if meeting.key == key), None)

    def latest_joint(self) -> Meeting | None:
        """The joint meeting that is being arranged or was held last."""
        joint = [meeting for meeting in self.meetings if meeting.key.startswith("joint_meeting/")]
        took_place = [meeting for meeting in joint if meeting.status != MeetingStatus.CANCELLED]
        return next(reversed(took_place or joint), None)

    def signature(self, party: str) -> Signature | None:
        """Under the agreement to mediate, while it counts."""
        return next((one for one in self.signatures if one.party == party and not one.taken_back), None)

    @property
    def unsigned(self) -> list[str]:
        """The parties who have to sign and have not, or whose signature was taken back."""
        return [
            party.key
            for party in self.parties
            if party.key in self.to_sign or (self.signs and self.takes_part(party.key))
            if self.signature(party.key) is None
        ]

    @property
    def asked_of_the_child(self) -> list[str]:
        """The parties who can say how the child is to be heard: parents. A young person who is a party speaks for
        themself, and nobody is asked."""
        if self.has_young_person:
            return []
        return [party.key for party in self.parties if party.role == PartyRole.PARENT]

    @property
    def has_young_person(self) -> bool:
        """A young person is a party."""
        return any(party.role == PartyRole.YOUNG_PERSON for party in self.parties)

    @property
    def voice_is_open(self) -> bool:
        """Somebody could say how the child is to be heard, and it is not decided."""
        return bool(self.asked_of_the_child) and (self.voice is None or self.voice.how == ChildsVoice.UNDECIDED)

    def no_shows(self, party: str, sort: str) -> int:
        """How many visits ("visit") or joint meetings ("joint_meeting") could not be held because this party did not
        come."""
        return sum(
            meeting.status == MeetingStatus.NO_SHOW and party in (meeting.party, *meeting.absent)
            for meeting in self.meetings
            if meeting.key.startswith(f"{sort}/")
        )

    def paper(self, key: str) -> Paper | None:
        """The paper of this key, unless it was taken back or destroyed."""
        return next((paper for paper in self.papers if paper.key == key and paper.is_there), None)

    def papers_of(self, party: str) -> list[Paper]:
        """What a party has given and not taken back."""
        return [paper for paper in self.papers if party_of(paper.of) == party and paper.is_there]

    def has_unread_reply(self, party: str) -> bool:
        """Somebody of this party has written to us, and nobody has read it yet."""
        return any(task.kind == READ_REPLY and party_of(task.about) == party for task in self.tasks)

    def call_wanted(self, party: str) -> Task | None:
        """They asked to be rung, and nobody has spoken to them yet."""
        return next((task for task in self.tasks if task.kind == CALL_WANTED and task.about == party), None)

    def must_be_read_first(self, letter: Letter) -> bool:
        """The letter asks or reminds a party whose reply nobody has read yet."""
        ask = self.open_ask(letter.while_asked) if letter.while_asked else None
        return ask is not None and self.has_unread_reply(ask.of)

    @property
    def silent(self) -> bool:
        """Nothing leaves unprompted: on hold, paused, or about to end or just opened again by staff, who may still
        think better of it."""
        return self.on_hold or self.paused or self.second_thoughts

    @property
    def second_thoughts(self) -> bool:
        """Staff have entered an end, or a reopening, that can still be undone."""
        return self.ending is not None or self.reopening is not None

    @property
    def waiting_for(self) -> list[str]:
        """Whose answers are missing: party keys and staff roles, each once."""
        return list(dict.fromkeys(ask.of for ask in self.asks))

    @property
    def escalated(self) -> bool:
        """A manager has something to decide or to look at."""
        return any(task.role == StaffRole.MANAGER for task in self.tasks)

    @property
    def next_at(self) -> datetime | None:
        """When the next rung of any ask is climbed, unless it is answered before; None while all is silent."""
        return min((ask.armed.at for ask in self.asks if ask.armed), default=None)


POSSIBLY_WANTED = ("queued", "sending", "by_hand")
"""States of letters of which nobody has said yet what became of them."""


class AsFiled(BaseModel):
    """A case that had ended, or whose workflow was lost, as the case file has it: with this its workflow begins
    again."""

    journey: Journey
    version: int  # of the last filing
    events: int  # lines of the timeline
    climbed: dict[str, int] = Field(default_factory=dict)  # "consent/p2 remind" -> 2: letters go on being numbered
    posted: list[str] = Field(default_factory=list)  # keys of the tasks by which letters were posted
    letters: list[Letter] = Field(default_factory=list)  # still on their way, or that still ask or invite

    @classmethod
    def of(
        cls, journey: Journey, version: int, timeline: list[Event], letters: "list[tuple[Letter, str]] | None" = None
    ) -> "AsFiled":
        """From its journey as it was filed last, its timeline, and its letters with the state of each, the oldest
        first."""
        climbed: dict[str, int] = {}
        for event in timeline:
            kind, _, do = event.what.partition("_")
            if kind == "rung":
                rung = f"{event.about} {do}"
                climbed[rung] = max(climbed.get(rung, 0), int(event.detail.get("number", "1")))
        last = max((event.number for event in timeline), default=0)
        posted = [event.about for event in timeline if event.detail.get("outcome") == "posted"]
        return cls(
            journey=journey,
            version=version,
            events=last,
            climbed=climbed,
            posted=posted,
            letters=[letter for letter, state in letters or [] if _still_matters(letter, state, journey)],
        )


def _still_matters(letter: Letter, state: str, journey: Journey) -> bool:
    """It has not left; or it has, and may still come back, be answered, or not be known to have arrived."""
    if state in POSSIBLY_WANTED:
        return True
    meeting = journey.meeting(letter.about)
    asks = bool(letter.while_asked) and journey.open_ask(letter.while_asked) is not None
    invites = meeting is not None and meeting.status == MeetingStatus.BOOKED
    unheard = party_of(letter.to) not in journey.reached
    return state in MAY_COME_BACK and journey.closing is None and (asks or invites or unheard)


class Filing(BaseModel):
    """One merged write to the case file: the state now, and what is new since the last write."""

    case_id: str
    version: int  # rises with each write; an older one that arrives late changes nothing
    run: str = ""  # of the workflow
    begun_after: int = 0  # the version with which this run was begun (AsFiled.version)
    journey: Journey
    policy: Policy | None = None  # when it was changed
    events: list[Event] = Field(default_factory=list)
    letters: list[Letter] = Field(default_factory=list)
    settled: list[Settled] = Field(default_factory=list)
