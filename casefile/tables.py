"""The tables. Columns named `sealed` hold personal text, encrypted with the case's key (vault.py); all else is ids,
codes and instants. Nothing but activities/records.py writes the journey's state."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Dialect, Index, LargeBinary, TypeDecorator, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class Instant(TypeDecorator[datetime]):
    """An instant, kept and given back in UTC (SQLite would hand back naive times)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


# People of the service


class Staff(SQLModel, table=True):
    """A member of staff, who signs in."""

    id: str = Field(primary_key=True)
    name: str
    email: str = Field(unique=True)
    password_hash: str
    roles: list[str] = Field(sa_column=Column(JSON, nullable=False))
    active: bool = True
    created: datetime = Field(sa_type=Instant)


class CoverRow(SQLModel, table=True):
    """Somebody is away, and a colleague takes their tasks and replies on these days."""

    __tablename__ = "cover"
    staff_id: str = Field(primary_key=True, foreign_key="staff.id")  # who is away
    cover_id: str = Field(foreign_key="staff.id")
    first: date
    last: date  # this day included


class StaffSession(SQLModel, table=True):
    """A signed-in browser. The cookie's token is kept hashed."""

    __tablename__ = "staff_session"
    token_hash: str = Field(primary_key=True)
    staff_id: str = Field(foreign_key="staff.id", index=True)
    csrf: str
    created: datetime = Field(sa_type=Instant)
    expires: datetime = Field(sa_type=Instant)


class ApiToken(SQLModel, table=True):
    """A staff member's token for the JSON door, kept hashed."""

    __tablename__ = "api_token"
    token_hash: str = Field(primary_key=True)
    staff_id: str = Field(foreign_key="staff.id", index=True)
    name: str
    created: datetime = Field(sa_type=Instant)
    revoked: datetime | None = Field(default=None, sa_type=Instant)


class SecondFactor(SQLModel, table=True):
    """The second step of somebody's sign-in."""

    __tablename__ = "second_factor"
    staff_id: str = Field(primary_key=True, foreign_key="staff.id")
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # casefile.second_factors.Secret
    since: datetime = Field(sa_type=Instant)
    last_step: int  # of 30 seconds, counted from 1970: codes of it and before it are used up
    failures: int = 0  # wrong codes since the last right one
    last_failed: datetime | None = Field(default=None, sa_type=Instant)


class RecoveryCode(SQLModel, table=True):
    """A code for whoever has lost the telephone. Kept as a keyed hash; its row is gone when it was used."""

    __tablename__ = "recovery_code"
    code_hash: str = Field(primary_key=True)
    staff_id: str = Field(foreign_key="staff.id", index=True)


class PasswordReset(SQLModel, table=True):
    """A link to choose a new password. Erased after a day."""

    __tablename__ = "password_reset"
    id: str = Field(primary_key=True)
    staff_id: str | None = Field(foreign_key="staff.id")  # None: there is no account of the address that was given
    asked: datetime = Field(sa_type=Instant, index=True)
    state: str = "queued"  # -> sent | bounced | failed
    token_hash: str = Field(default="", index=True)  # "": not sent yet
    used: datetime | None = Field(default=None, sa_type=Instant)


class AccountEvent(SQLModel, table=True):
    """Something that was done to an account. Append-only."""

    __tablename__ = "account_event"
    id: str = Field(primary_key=True)
    staff_id: str = Field(foreign_key="staff.id", index=True)
    at: datetime = Field(sa_type=Instant)
    what: str  # a key of domain.titles.ACCOUNT_EVENTS
    by: str = ""  # an account's id; "": at the service's own terminal
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # casefile.account_events.Reason


class Mediator(SQLModel, table=True):
    """A member of the panel: a staff member with a registration at a professional body."""

    staff_id: str = Field(primary_key=True, foreign_key="staff.id")
    professional_body: str
    registered_until: date
    trained_in_sen_law: bool = True
    training: str = ""  # the latest one
    trained_on: date | None = None
    supervised_on: date | None = None
    supervision_due: date | None = None
    capacity: int | None = None  # cases at once; None: no limit is set


class MediatorConflict(SQLModel, table=True):
    """A declared conflict of interest: with a case, or with an organisation (its name, normalised)."""

    __tablename__ = "mediator_conflict"
    staff_id: str = Field(primary_key=True, foreign_key="mediator.staff_id")
    case_id: str = Field(default="", primary_key=True)
    organisation: str = Field(default="", primary_key=True)


class Venue(SQLModel, table=True):
    """Where a joint meeting can take place. `owner` is the organisation whose house it is; "" for nobody's."""

    id: str = Field(primary_key=True)
    name: str
    address: str
    owner: str = ""
    access: str = ""
    rooms: str = ""
    cost: int | None = None  # of half a day, in pence; 0: free; None: not known
    active: bool = True


# The case


class Case(SQLModel, table=True):
    """One case. The columns below `journey` repeat what lists filter by; `journey` is what was filed last."""

    __tablename__ = "mediation_case"
    __table_args__ = (  # as `urgent_first` (cases.py) orders the open ones: a page of thousands is read without a sort
        Index(
            "case_in_lists",
            "closed_at",
            text("escalated DESC"),
            text("(next_at IS NULL)"),
            "next_at",
            text("created DESC"),
            "reference",
        ),
        Index(  # all by which the queue (today.py) sorts the open ones, so that no row is opened for it
            "case_in_queue",
            "closed_at",
            "coordinator_id",
            "late_at",
            "due_at",
            "escalated",
            "stage",
            "stage_since",
            "next_at",
            "created",
            "id",
        ),
    )
    id: str = Field(primary_key=True)
    reference: str = Field(unique=True)
    route: str = "disagreement_resolution"
    created: datetime = Field(sa_type=Instant, index=True)
    coordinator_id: str | None = Field(foreign_key="staff.id", index=True)  # None: nobody has taken it yet
    wrapped_key: bytes | None = Field(sa_column=Column(LargeBinary))  # erasure deletes it
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # CaseText
    policy: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))  # domain.policy.Policy
    journey: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))  # domain.journey.Journey
    version: int = 0
    run: str = ""  # the run of its workflow that filed last; one that was reset may not
    stage: str = Field(default="referral", index=True)
    mediator_id: str = Field(default="", index=True)  # accepted, or asked
    waiting_for: str = ""  # "p2,p3" or a staff role: whose answers are missing
    stage_since: datetime | None = Field(default=None, sa_type=Instant)  # None: since `created`
    next_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    late_at: datetime | None = Field(default=None, sa_type=Instant)  # domain.queue.times_of
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    escalated: bool = Field(default=False, index=True)
    on_hold: bool = Field(default=False, index=True)
    paused: bool = False
    closed_reason: str = Field(default="", index=True)
    closed_outcome: str = ""
    closed_at: datetime | None = Field(default=None, sa_type=Instant)


class PartyRow(SQLModel, table=True):
    """A party of a case. An organisation's name is no personal text; conflicts and neutrality are judged by it."""

    __tablename__ = "party"
    case_id: str = Field(primary_key=True, foreign_key="mediation_case.id")
    key: str = Field(primary_key=True)
    role: str
    organisation: str = ""


class Participant(SQLModel, table=True):
    """A person of a party."""

    case_id: str = Field(primary_key=True, foreign_key="mediation_case.id")
    key: str = Field(primary_key=True)
    party: str
    role: str
    channel: str = "email"  # domain.parties.Channel
    command: str = ""  # the command whose texts named them; "" from the referral
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # domain.referral.PersonDetails


class CaseLink(SQLModel, table=True):
    """What was decided about two cases. One row for both; `case_id` is the duplicate, or what was split."""

    __tablename__ = "case_link"
    case_id: str = Field(primary_key=True, foreign_key="mediation_case.id")
    other_id: str = Field(primary_key=True, foreign_key="mediation_case.id", index=True)
    kind: str  # domain.stages.LinkKind
    command: str  # whose texts say why
    by: str  # actor id
    at: datetime = Field(sa_type=Instant)


class SearchToken(SQLModel, table=True):
    """A keyed hash by which a case is found (casefile/tokens.py): of a word of a name, an address, a number. It is
    deleted when the case's personal text is erased."""

    __tablename__ = "search_token"
    case_id: str = Field(primary_key=True, foreign_key="mediation_case.id")
    owner: str = Field(primary_key=True)  # a participant's key; "" for the case itself
    hash: str = Field(primary_key=True, index=True)
    kind: str  # domain.likeness.Kind


class CommandRow(SQLModel, table=True):
    """What somebody did, as it was stored before it was delivered: inbox and audit in one. Append-only."""

    __tablename__ = "command"
    __table_args__ = (UniqueConstraint("case_id", "number"),)
    id: str = Field(primary_key=True)
    case_id: str = Field(foreign_key="mediation_case.id")
    number: int  # the order within the case; "refer" is 0
    kind: str  # "refer", or a command's kind
    payload: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    actor_kind: str
    actor_id: str
    at: datetime = Field(sa_type=Instant)


class CommandText(SQLModel, table=True):
    """The free text of a command: erasable."""

    __tablename__ = "command_text"
    command_id: str = Field(primary_key=True, foreign_key="command.id")
    case_id: str = Field(index=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class CommandOutcome(SQLModel, table=True):
    """What the case said to a command. No row: it is still pending."""

    __tablename__ = "command_outcome"
    command_id: str = Field(primary_key=True, foreign_key="command.id")
    status: str  # "accepted" | "refused"
    code: str = ""
    about: str = ""
    at: datetime = Field(sa_type=Instant)


class TimelineEvent(SQLModel, table=True):
    """A line of the timeline (domain.journey.Event)."""

    __tablename__ = "timeline_event"
    case_id: str = Field(primary_key=True, foreign_key="mediation_case.id")
    number: int = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant, index=True)
    what: str
    about: str = ""
    by: str = ""
    command: str = ""
    detail: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))


class LetterRow(SQLModel, table=True):
    """A letter and what became of it: queued -> sending -> sent | withheld | bounced | failed | ambiguous; by
    post or on the telephone queued -> by_hand -> sent | withheld. What each means: domain.journey.LetterState."""

    __tablename__ = "letter"
    __table_args__ = (UniqueConstraint("case_id", "kind", "about", "to", "number"),)
    id: str = Field(primary_key=True)  # derived from the unique key
    case_id: str = Field(foreign_key="mediation_case.id", index=True)
    kind: str
    about: str = ""
    to: str
    number: int
    reply: bool = False
    while_asked: str = ""
    line: str = ""  # the command whose texts hold words of our own that go with it
    channel: str = "email"  # domain.parties.Channel: the one it is sent on
    state: str = Field(default="queued", index=True)
    queued: datetime = Field(sa_type=Instant)
    settled: datetime | None = Field(default=None, sa_type=Instant)  # when its fate was decided
    attempts: int = 0
    problem: str = ""  # an SMTP code or our own; no personal text
    message_id: str = ""
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # letters.rendering.Rendered, as sent


class TaskRow(SQLModel, table=True):
    """A task of a member of staff (domain.journey.Task)."""

    __tablename__ = "task"
    case_id: str = Field(primary_key=True, foreign_key="mediation_case.id")
    key: str = Field(primary_key=True)
    kind: str
    about: str = ""
    role: str = Field(index=True)
    opened: datetime = Field(sa_type=Instant)
    due: datetime | None = Field(default=None, sa_type=Instant, index=True)
    closed: datetime | None = Field(default=None, sa_type=Instant, index=True)


class Reservation(SQLModel, table=True):
    """Five minutes of a mediator or a venue. The primary key is what makes double booking impossible."""

    resource: str = Field(primary_key=True)  # "mediator/<id>", "venue/<id>"
    start: datetime = Field(primary_key=True, sa_type=Instant)
    case_id: str = Field(foreign_key="mediation_case.id")
    meeting: str


class Document(SQLModel, table=True):
    """A PDF that the service made."""

    case_id: str = Field(primary_key=True, foreign_key="mediation_case.id")
    kind: str = Field(primary_key=True)  # "agreement"
    version: int = Field(primary_key=True)
    sha256: str
    made: datetime = Field(sa_type=Instant)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class PaperRow(SQLModel, table=True):
    """A document or photograph that a party gave. Where it stands is the journey's to say (domain.papers.Paper); when
    it is taken back, its words and bytes are erased."""

    __tablename__ = "paper"
    key: str = Field(primary_key=True)  # the id of its command, or derived from the message that it came with
    case_id: str = Field(foreign_key="mediation_case.id", index=True)
    command: str  # that brings it to its case
    media_type: str
    size: int
    given: datetime = Field(sa_type=Instant)
    sealed_text: bytes | None = Field(sa_column=Column(LargeBinary))  # domain.papers.PaperText
    sealed: bytes | None = Field(sa_column=Column(LargeBinary))  # the file itself


class NoteRow(SQLModel, table=True):
    """A note of a member of staff on a case. When it is removed its words are erased, and its row says that it was
    there."""

    __tablename__ = "note"
    id: str = Field(primary_key=True)  # derived from whose it is and the form's one-time key
    case_id: str = Field(foreign_key="mediation_case.id", index=True)
    author_id: str = Field(foreign_key="staff.id")
    private: bool  # for its writer alone; else for everybody who works on the case
    written: datetime = Field(sa_type=Instant)
    changed: datetime | None = Field(default=None, sa_type=Instant)  # corrected, or removed
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # casefile.notes.NoteText


class BreachRow(SQLModel, table=True):
    """A data breach, so that a list finds it: what else is known stands in its case's journey, and its words with the
    commands. It outlives the erasure of its case: that there was one can still be counted."""

    __tablename__ = "breach"
    id: str = Field(primary_key=True)  # domain.breaches.Breach.key
    case_id: str = Field(foreign_key="mediation_case.id", index=True)
    noticed: datetime = Field(sa_type=Instant, index=True)
    decided: datetime | None = Field(default=None, sa_type=Instant)


class PersonalLink(SQLModel, table=True):
    """A link for one person and one purpose. The token is derived when a letter is sent and kept hashed."""

    __tablename__ = "personal_link"
    id: str = Field(primary_key=True)  # opaque; stands in the address after the token has left it
    case_id: str = Field(foreign_key="mediation_case.id", index=True)
    person: str
    purpose: str  # an ask's key, "case" or "papers"
    token_hash: str = Field(unique=True)
    code_hash: str | None = Field(default=None, unique=True)  # of the code on a posted letter
    created: datetime = Field(sa_type=Instant)
    revoked: datetime | None = Field(default=None, sa_type=Instant)
    turn: int = 0  # rises whenever it came into the wrong hands: what was sent before opens nothing any more


class CodeColumns(SQLModel):
    """The newest code of six digits that somebody asked for (casefile/codes.py). Older ones are void."""

    code_number: int = 0
    code_hash: str = ""  # "" when no code is good any more
    code_asked: datetime | None = Field(default=None, sa_type=Instant)
    code_state: str = ""  # queued, sent, bounced, failed, told
    tries: int = 0  # of the newest code


class ProofRow(CodeColumns, table=True):
    """Somebody at a page shows that they read the mailbox, or hold the telephone, to which we write to a participant.
    Erased after a day."""

    __tablename__ = "proof"
    key: str = Field(primary_key=True)  # of the participant, or of a mailbox (casefile/proofs.py)
    case_id: str = ""  # to whom the code goes; "" to nobody: this mailbox is nobody's
    person: str = ""
    salt: str  # of the newest code
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # PersonDetails: an address to be proved


class EnquiryRow(CodeColumns, table=True):
    """A referral from the public form that is no case yet, and the code that its author has to give back. Erased after
    a day, and its words as soon as it is a case."""

    __tablename__ = "enquiry"
    id: str = Field(primary_key=True)  # derived from the browser's cookie and the form's one-time key
    created: datetime = Field(sa_type=Instant, index=True)
    wrapped_key: bytes | None = Field(sa_column=Column(LargeBinary))
    sealed: bytes | None = Field(sa_column=Column(LargeBinary))  # casefile.enquiries.EnquiryText
    confirmed: datetime | None = Field(default=None, sa_type=Instant)
    case_id: str = ""  # the case that came of it


class PolicyVersion(SQLModel, table=True):
    """The service's targets as they were from a moment on. Append-only; no personal data."""

    __tablename__ = "policy_version"
    number: int = Field(primary_key=True)
    id: str = Field(unique=True)  # of the form that saved it
    targets: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))  # domain.targets.Targets
    by: str = ""  # staff id; "" for the first, which nobody chose
    at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str = ""
    running_too: bool = False  # and not only for cases that begin later


class PolicyChange(SQLModel, table=True):
    """A running case that was given a version, and the command that brought it. Append-only."""

    __tablename__ = "policy_change"
    number: int = Field(primary_key=True, foreign_key="policy_version.number")
    case_id: str = Field(primary_key=True, foreign_key="mediation_case.id")
    command_id: str = Field(unique=True, foreign_key="command.id")


class LetterText(SQLModel, table=True):
    """A text of letters in words of the service's own, from a moment on. Append-only, but for what came of it."""

    __tablename__ = "letter_text"
    language: str = Field(primary_key=True)
    name: str = Field(primary_key=True)  # letters.texts
    number: int = Field(primary_key=True)  # 1, 2, …; 0 is what ships
    id: str = Field(unique=True)  # of the form that saved it
    text: str = ""  # "": as it ships
    by: str  # staff id
    at: datetime = Field(sa_type=Instant)
    reason: str
    failed: int = 0  # letters that could not be written by it, and went in the words that ship
    failed_at: datetime | None = Field(default=None, sa_type=Instant)
    problem: str = ""  # a code


class DigestRow(SQLModel, table=True):
    """The list of what is due that a member of staff is sent in the morning of a day. Its words are kept nowhere."""

    __tablename__ = "digest"
    staff_id: str = Field(primary_key=True, foreign_key="staff.id")
    day: date = Field(primary_key=True)
    state: str = "queued"  # queued -> sending -> sent | withheld | bounced | failed
    attempts: int = 0  # whose fate is unclear
    problem: str = ""
    settled: datetime | None = Field(default=None, sa_type=Instant)


class SavedFilter(SQLModel, table=True):
    """A filter of the list of cases under a name that a member of staff gave it, for themself. No personal data."""

    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("staff_id", "name"),)
    id: str = Field(primary_key=True)  # derived from whose it is and the form's one-time key
    staff_id: str = Field(foreign_key="staff.id")
    name: str
    wanted: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))  # what the list is asked for in its address


class Counter(SQLModel, table=True):
    """A number that rises: case references by year."""

    name: str = Field(primary_key=True)
    value: int = 0
