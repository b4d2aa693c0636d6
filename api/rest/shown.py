"""What the JSON door shows: a case as people know it, with names and words, and the lists around it."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from api.privacy import hide_addresses, hide_papers, may_read
from casefile.cases import CaseLine
from casefile.finding import FoundCase
from casefile.letters import LetterView, SentWords
from casefile.notes import Note
from casefile.related import RelatedCase
from casefile.staff import StaffMember
from domain import words
from domain.childs_voice import ChildsVoice
from domain.commands import How, StaffRole
from domain.journey import Event, Journey, LetterState, Meeting
from domain.papers import PaperState
from domain.parties import Channel
from domain.possible import Possible, possible
from domain.view import CaseView, StaffView


class CaseBegun(BaseModel):
    """A referral that was taken in."""

    reference: str = Field(examples=["SM-2026-00042"])
    status: Literal["accepted", "pending"]  # pending: stored, and begun as soon as the case system is reachable
    created: bool  # false: this Idempotency-Key had begun this case before


class KnownCase(BaseModel):
    """A case that is likely about the child of a new referral, and why."""

    reference: str
    child: str
    stage: str
    coordinator: str = Field(description="the name")
    why: list[str] = Field(examples=[["similar_name", "same_phone"]])


def known_case(found: FoundCase) -> KnownCase:
    """As a 409 names it."""
    line = found.line
    return KnownCase(
        reference=line.reference,
        child=line.child,
        stage=line.stage,
        coordinator=found.coordinator,
        why=list(found.why),
    )


class CaseList(BaseModel):
    """One page of cases, the most urgent first."""

    cases: list[CaseLine]
    total: int
    page: int
    per_page: int


class Waiting(BaseModel):
    """Whose answer is missing."""

    who: str = Field(examples=["Oakfield School"])
    of: str = Field(examples=["p2"])  # a party's key, or a staff role
    what: str = Field(examples=["consent"])
    ask: str = Field(examples=["consent/p2"])
    asked: datetime | None
    due: datetime | None = None


class Participant(BaseModel):
    """One person of a party."""

    key: str
    party: str
    party_role: str
    organisation: str
    role: str
    name: str
    email: str
    phone: str
    postcode: str
    address_hidden: bool  # from everybody but those who run the case
    channel: Channel  # how they are written to now
    letters_come_back: list[Channel]
    contacted: bool  # whether the service may write to the party


class MeetingShown(Meeting):
    """A visit or joint meeting, with where it is in words."""

    place: str = ""


class TermShown(BaseModel):
    """One action of the agreement: who does what by when, and whether it is done."""

    number: int
    owner: str
    owner_name: str
    what: str
    checked: str  # how it is seen that it was done; "" where nobody said
    by: date
    state: Literal["open", "done", "not_done", "dropped"] = "open"


class LetterLine(BaseModel):
    """A letter and what became of it. Its words are read one by one."""

    id: str
    kind: str = Field(examples=["consent_ask"])
    about: str
    to: str = Field(examples=["p2.1"])
    to_name: str
    number: int
    state: LetterState
    queued: datetime
    settled: datetime | None
    problem: str


class LetterShown(LetterLine):
    """A letter with its words as they were sent; a placeholder stands where the recipient's personal link was."""

    words: SentWords | None  # null: not written yet, or erased


class AgreementShown(BaseModel):
    """The agreement in its newest version."""

    version: int
    status: Literal["draft", "comments", "issued"]
    written: datetime
    issued: datetime | None
    terms: list[TermShown]
    wishes: str
    not_agreed: str  # the points that stay open
    comments: dict[str, str]
    pdf: str  # where the document is fetched, once it is issued


class SignatureShown(BaseModel):
    """A party's signature under the agreement to mediate; null fields: not signed yet."""

    party: str
    at: datetime | None = None
    how: How | None = None
    version: int | None = None


class PaperShown(BaseModel):
    """A document or photograph that a party gave."""

    key: str
    of: str = Field(examples=["p1.1"])  # who gave it
    of_name: str
    title: str
    name: str  # of the file
    media_type: str
    size: int = Field(description="bytes")
    given: datetime
    state: PaperState
    scanned: bool  # whether a virus scanner has looked at it
    url: str = Field(description="where it is fetched; empty while nobody can open it, or when it was erased")


class TaskShown(BaseModel):
    """A task of a member of staff."""

    reference: str
    key: str
    kind: str
    title: str
    about: str
    role: StaffRole
    opened: datetime
    due: datetime | None


class EventShown(BaseModel):
    """One line of the timeline."""

    at: datetime
    what: str
    about: str
    by: str  # a name, or "" for the service itself
    sentence: str
    texts: dict[str, Any] = Field(default_factory=dict)  # the words that went with it, where the reader may see them


class NoteShown(BaseModel):
    """A note that everybody who works on the case may read."""

    by: str  # a name
    written: datetime
    corrected: datetime | None
    words: str


class Closed(BaseModel):
    """How a case ended, in codes."""

    reason: str = Field(examples=["agreement_full"])
    outcome: str | None = Field(examples=["extra_support"])
    who: str
    at: datetime | None
    sentence: str


class ChildShown(BaseModel):
    """The child or young person."""

    name: str
    born: date | None


class CaseShown(BaseModel):
    """A case read whole."""

    reference: str
    route: str
    stage: str
    created: datetime
    policy: str
    child: ChildShown
    about: str
    coordinator: StaffView
    mediator: StaffView | None
    on_hold: bool
    paused: bool
    escalated: bool
    waiting_for: list[Waiting]
    next: list[words.NextStep]
    possible: list[Possible]  # the commands that the case is ready for now
    pending: list[str]  # kinds of commands that were stored and have not taken effect yet
    participants: list[Participant]
    meetings: list[MeetingShown]
    letters: list[LetterLine]
    signatures: list[SignatureShown]  # of the parties who were asked
    childs_voice: ChildsVoice | None  # how the child is to be heard; null: not said yet
    agreement: AgreementShown | None
    papers: list[PaperShown]  # none for a mediator who has only been asked
    tasks: list[TaskShown]
    timeline: list[EventShown]
    notes: list[NoteShown]  # the shared ones: private notes leave by no JSON, not even their writer's
    closed: Closed | None
    related: list[RelatedCase]  # cases that belong together with this one


def shown(
    case: CaseView,
    reader: StaffMember,
    *,
    letters: list[LetterView],
    timeline: list[Event],
    pending: list[str],
    staff_names: dict[str, str],
    related: list[RelatedCase],
    notes: list[Note],
) -> CaseShown:
    """The case as this member of staff may see it."""
    journey = case.journey
    hide_papers(reader, case)
    hide_addresses(reader, case)
    return CaseShown(
        reference=case.reference,
        route=case.route,
        stage=journey.stage if journey else "referral",
        created=case.created,
        policy=case.policy.name,
        child=ChildShown(name=case.child.name, born=case.child.born),
        about=case.about,
        coordinator=case.coordinator,
        mediator=case.mediator,
        on_hold=bool(journey and journey.on_hold),
        paused=bool(journey and journey.paused),
        escalated=bool(journey and journey.escalated),
        waiting_for=[
            Waiting(
                who=words.who(case, ask.of),
                of=ask.of,
                what=words.waited_for(case, ask.key),
                ask=ask.key,
                asked=ask.asked,
                due=ask.due,
            )
            for ask in (journey.asks if journey else [])
        ],
        next=words.next_steps(case),
        possible=possible(journey) if journey else [],
        pending=pending,
        participants=[
            Participant(
                key=person.key,
                party=party.key,
                party_role=party.role,
                organisation=party.organisation,
                role=person.role,
                name=person.details.name,
                email=person.details.email,
                phone=person.details.phone,
                postcode=person.details.postcode,
                address_hidden=case.is_hidden(person.key),
                channel=case.channel_of(person.key),
                letters_come_back=journey.bad_channels(person.key) if journey else [],
                contacted=bool(journey and party.key in journey.contacted),
            )
            for party in case.parties
            for person in party.people
        ],
        meetings=[
            MeetingShown(**meeting.model_dump(), place=case.place_of(meeting))
            for meeting in (journey.meetings if journey else [])
        ],
        letters=[LetterLine(**_letter(case, letter)) for letter in letters],
        signatures=_signatures(journey) if journey else [],
        childs_voice=journey.voice.how if journey and journey.voice else None,
        agreement=_agreement(case),
        papers=_papers(case),
        tasks=[
            TaskShown(
                reference=case.reference,
                title=words.task_title(case, task),
                **task.model_dump(),
            )
            for task in (journey.tasks if journey else [])
        ],
        timeline=[_event(case, event, reader, staff_names) for event in timeline],
        notes=[
            NoteShown(by=staff_names[note.author], written=note.written, corrected=note.changed, words=note.text.words)
            for note in notes
            if note.text
        ],
        closed=_closed(case),
        related=related,
    )


def letter_shown(case: CaseView, letter: LetterView) -> LetterShown:
    """One letter, with its words."""
    return LetterShown(**_letter(case, letter), words=letter.words)


def _letter(case: CaseView, letter: LetterView) -> dict[str, Any]:
    return {**letter.model_dump(exclude={"words", "attempts"}), "to_name": words.recipient(case, letter.to)}


def _agreement(case: CaseView) -> AgreementShown | None:
    agreement = case.journey.agreement if case.journey else None
    if case.journey is None or agreement is None:
        return None
    texts = case.texts.get(agreement.command, {})
    what, checked = texts.get("what", []), texts.get("checked", [])
    states = {action.number: action.state for action in case.journey.actions}
    return AgreementShown(
        version=agreement.version,
        status=agreement.status,
        written=agreement.written,
        issued=agreement.issued,
        terms=[
            TermShown(
                number=number,
                owner=term.owner,
                owner_name=words.who(case, term.owner),
                what=what[number - 1] if number <= len(what) else "",
                checked=checked[number - 1] if number <= len(checked) else "",
                by=term.by,
                state=states.get(number, "open"),
            )
            for number, term in enumerate(agreement.terms, 1)
        ],
        wishes=texts.get("wishes", ""),
        not_agreed=texts.get("not_agreed", ""),
        comments=agreement.comments,
        pdf=f"/api/cases/{case.reference}/agreement.pdf" if agreement.status == "issued" else "",
    )


def _signatures(journey: Journey) -> list[SignatureShown]:
    found = []
    for party in journey.parties:
        signature = journey.signature(party.key)
        if signature:
            found.append(SignatureShown(**signature.model_dump(include={"party", "at", "how", "version"})))
        elif party.key in journey.to_sign:
            found.append(SignatureShown(party=party.key))
    return found


def _papers(case: CaseView) -> list[PaperShown]:
    return [
        PaperShown(
            key=paper.key,
            of=paper.of,
            of_name=words.who(case, paper.of),
            title=known.title if known.text else "",
            name=known.text.name if known.text else "",
            media_type=known.media_type,
            size=known.size,
            given=paper.given,
            state=paper.state,
            scanned=paper.check in ("clean", "infected"),
            url=f"/api/cases/{case.reference}/papers/{paper.key}" if paper.can_be_opened else "",
        )
        for paper in (case.journey.papers if case.journey else [])
        if (known := case.papers.get(paper.key))
    ]


def _event(case: CaseView, event: Event, reader: StaffMember, staff_names: dict[str, str]) -> EventShown:
    return EventShown(
        at=event.at,
        what=event.what,
        about=event.about,
        by=staff_names.get(event.by) or words.actor(case, event.by),
        sentence=words.event_sentence(case, event),
        texts={
            name: text
            for name, text in case.texts.get(event.command, {}).items()
            if may_read(reader, case, event.what, name, event.by)
        },
    )


def _closed(case: CaseView) -> Closed | None:
    if case.journey is None or case.journey.closing is None:
        return None
    closing = case.journey.closing
    return Closed(
        reason=closing.reason,
        outcome=closing.outcome,
        who=closing.who,
        at=case.journey.closed_at,
        sentence=words.closing_sentence(closing, case),
    )
