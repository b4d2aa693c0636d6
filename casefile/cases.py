"""Cases: opened from a referral, read whole, listed."""

import builtins
import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from pydantic import BaseModel, Field, RootModel
from sqlalchemy import select as columns
from sqlalchemy.orm import defer
from sqlmodel import and_, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.commands import StoredElsewhere
from casefile.database import Database
from casefile.papers import papers_of
from casefile.tables import (
    Case,
    CaseLink,
    CommandOutcome,
    CommandRow,
    CommandText,
    Counter,
    LetterRow,
    Participant,
    PartyRow,
    Staff,
    TimelineEvent,
    Venue,
)
from casefile.tokens import add_tokens, keep_tokens, tokens_of, tokens_of_case
from casefile.vault import CaseKey, Erased, Vault
from domain.commands import Actor
from domain.journey import AsFiled, CaseStart, Event, Journey, Letter
from domain.likeness import marks_of_person
from domain.parties import Channel, Party, PartyRole, Person, PersonRole
from domain.policy import Policy
from domain.referral import AnotherMatter, PersonDetails, ReferralForm
from domain.stages import LinkKind
from domain.view import CaseText, CaseView, PartyView, PersonView, StaffView, VenueView
from domain.working_days import local_day

log = structlog.get_logger(__name__)


WITHOUT_WHAT_IS_LARGE = [defer(getattr(Case, name), raiseload=True) for name in ("journey", "policy")]


class NoSuchCase(LookupError):
    """There is no case of this reference or id."""


class AnyTexts(RootModel[dict[str, Any]]):
    """The texts of a command, of whatever kind."""


def texts_in(row: CommandText, key: CaseKey) -> dict[str, Any]:
    """The texts of a command by field. ValueError: they do not open."""
    return key.open(AnyTexts, row.sealed, f"command/{row.command_id}").root


class CaseLine(BaseModel):
    """A case as a list shows it."""

    id: str
    reference: str
    child: str
    created: datetime
    stage: str
    stage_since: datetime
    waiting_for: list[str]  # names of parties, or staff roles
    next_at: datetime | None
    escalated: bool
    on_hold: bool
    paused: bool
    closed_reason: str
    coordinator_id: str  # "": nobody has taken it yet
    mediator_id: str


class CaseFilter(BaseModel):
    """Which cases a list shows; None and "" mean any."""

    stage: str = ""
    open: bool | None = None
    escalated: bool | None = None
    on_hold: bool | None = None
    coordinator: str = ""
    not_taken: bool | None = None  # True: those that no coordinator has taken yet
    mediator: str = ""
    reference: str = ""
    organisation: str = ""  # a part of the name of one that is, or was, a party
    page: int = Field(1, ge=1, le=10_000)
    per_page: int = Field(25, ge=1, le=100)


def derived_id(*parts: str) -> str:
    """An opaque id that is the same for the same parts."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]


def urgent_first(open: bool | None) -> list[Any]:
    """The order of lists: of open cases, of closed ones, or (None) of both, the open ones before the closed."""
    by_end: dict[bool | None, list[Any]] = {
        True: [col(Case.closed_at)],  # of none of them, and yet PostgreSQL needs it to see the index `case_in_lists`
        False: [],
        None: [col(Case.closed_at).is_not(None)],
    }
    return [
        *by_end[open],
        col(Case.escalated).desc(),
        col(Case.next_at).is_(None),
        col(Case.next_at),
        col(Case.created).desc(),
        col(Case.reference),  # a page of its own for each, whatever the database does with ties
    ]


def conditions(wanted: CaseFilter) -> list[Any]:
    """What a case fulfils that the filter shows."""
    found: list[Any] = []
    if wanted.stage:
        found.append(col(Case.stage) == wanted.stage)
    if wanted.open is not None:
        found.append(col(Case.closed_at).is_(None) if wanted.open else col(Case.closed_at).is_not(None))
    if wanted.escalated is not None:
        found.append(col(Case.escalated) == wanted.escalated)
    if wanted.on_hold is not None:
        found.append(or_(col(Case.on_hold), col(Case.paused)) == wanted.on_hold)
    if wanted.coordinator:
        found.append(col(Case.coordinator_id) == wanted.coordinator)
    if wanted.not_taken is not None:
        found.append((col(Case.coordinator_id).is_(None)) == wanted.not_taken)
    if wanted.mediator:
        found.append(col(Case.mediator_id) == wanted.mediator)
    if wanted.reference:
        found.append(col(Case.reference).contains(wanted.reference.strip().upper(), autoescape=True))
    if wanted.organisation:
        part = wanted.organisation.strip().lower()
        named = select(PartyRow.case_id).where(func.lower(PartyRow.organisation).contains(part, autoescape=True))
        found.append(col(Case.id).in_(named))
    return found


class Cases:
    """Every query about whole cases."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault

    async def take_in(
        self,
        form: ReferralForm,
        command_id: str,
        actor: Actor,
        coordinator: str,
        policy: Policy,
        at: datetime,
        another: AnotherMatter | None = None,
        split_from: str = "",
    ) -> tuple[str, bool]:
        """A new case from a referral, with its first command ("refer"), in one transaction: its reference, and whether
        it is a new one. `coordinator` "": nobody's yet (TakeCase). The same form under the same command id is the same
        case again; StoredElsewhere: the id was used for another form. `another`: the child was known, and this is
        another matter; kept with the command. `split_from`: the reference of the case out of which it is begun;
        NoSuchCase."""
        case_id = derived_id("case", command_id)
        fingerprint = derived_id(form.model_dump_json())
        async with self.database.write() as session:
            there = await session.get(Case, case_id)
            if there is not None:
                key = self.vault.case_key(case_id, there.wrapped_key)
                if key.open(CaseText, there.sealed, f"case/{case_id}").form != fingerprint:
                    raise StoredElsewhere(command_id)
                return there.reference, False
            wrapped, key = self.vault.new_case_key(case_id)
            year = local_day(at).year
            reference = f"SM-{year}-{await _next(session, f'reference/{year}'):05d}"
            session.add(
                Case(
                    id=case_id,
                    reference=reference,
                    created=at,
                    coordinator_id=coordinator or None,
                    wrapped_key=wrapped,
                    sealed=key.seal(
                        CaseText(
                            child=form.child, about=form.about, form=fingerprint, family_permits=form.family_permits
                        ),
                        f"case/{case_id}",
                    ),
                    policy=policy.model_dump(mode="json"),
                    waiting_for="coordinator",
                )
            )
            await session.flush()
            organisations = [party.organisation for party in form.parties]
            tokens = tokens_of_case(self.vault, case_id, form.child, organisations)
            for p, party in enumerate(form.parties, 1):
                session.add(PartyRow(case_id=case_id, key=f"p{p}", role=party.role, organisation=party.organisation))
                for n, person in enumerate(party.people, 1):
                    session.add(_participant(case_id, f"p{p}.{n}", person, key))
                    tokens += tokens_of(self.vault, case_id, f"p{p}.{n}", marks_of_person(person))
            session.add(
                CommandRow(
                    id=command_id,
                    case_id=case_id,
                    number=0,
                    kind="refer",
                    payload={"case_id": case_id}
                    | ({"not_a_duplicate_of": another.references} if another else {})
                    | ({"split_from": split_from} if split_from else {}),
                    actor_kind=actor.kind,
                    actor_id=actor.id,
                    at=at,
                )
            )
            await add_tokens(session, tokens)
            decided = dict.fromkeys(another.references if another else [], LinkKind.ANOTHER_MATTER)
            if split_from:
                decided[split_from] = LinkKind.SPLIT_FROM
            same = select(Case).where(col(Case.reference).in_(decided))
            for row in list(await session.exec(same)) if decided else []:
                kind = decided.pop(row.reference)
                link = CaseLink(case_id=case_id, other_id=row.id, kind=kind, command=command_id, by=actor.id, at=at)
                session.add(link)
            if split_from in decided:
                raise NoSuchCase(split_from)
            if another:
                sealed = key.seal(another, f"command/{command_id}")
                session.add(CommandText(command_id=command_id, case_id=case_id, sealed=sealed))
        return reference, True

    async def exists(self, case_id: str) -> bool:
        async with self.database.read() as session:
            return (await session.exec(select(Case.id).where(Case.id == case_id))).first() is not None

    async def start_of(self, case_id: str) -> CaseStart:
        """What the case's workflow is (or was) started with."""
        async with self.database.read() as session:
            case = await session.get(Case, case_id)
            if case is None:
                raise NoSuchCase(case_id)
            rows = (await session.exec(select(PartyRow).where(PartyRow.case_id == case_id))).all()
            people = (
                await session.exec(select(Participant).where(Participant.case_id == case_id, Participant.command == ""))
            ).all()
            referred_by = (
                await session.exec(
                    select(CommandRow.actor_kind).where(CommandRow.case_id == case_id, col(CommandRow.number) == 0)
                )
            ).first()
        parties = [
            Party(
                key=row.key,
                role=PartyRole(row.role),
                people=[
                    Person(key=person.key, role=PersonRole(person.role), channel=Channel(person.channel))
                    for person in sorted(people, key=lambda p: _order(p.key))
                    if person.party == row.key
                ],
            )
            for row in sorted(rows, key=lambda r: _order(r.key))
            if any(person.party == row.key for person in people)  # else it joined later
        ]
        return CaseStart(
            case_id=case_id,
            reference=case.reference,
            parties=parties,
            policy=Policy.model_validate(case.policy),
            lists_waiting=True,
            compare=referred_by == "participant",  # staff were shown whom it may be before they took it in
        )

    async def as_filed(self, case_id: str) -> CaseStart:
        """With what the workflow of a case that had ended, or was lost, is begun again. NoSuchCase: nor had it
        begun."""
        start = await self.start_of(case_id)
        async with self.database.read() as session:
            case = await session.get_one(Case, case_id)
            if case.journey is None:
                raise NoSuchCase(case_id)
            rows = (await session.exec(select(TimelineEvent).where(TimelineEvent.case_id == case_id))).all()
            queued = (
                await session.exec(
                    select(LetterRow)
                    .where(LetterRow.case_id == case_id)
                    .order_by(col(LetterRow.queued), col(LetterRow.id))
                )
            ).all()
        timeline = [Event.model_validate(row.model_dump()) for row in rows]
        letters = [(Letter.model_validate(row.model_dump()), row.state) for row in queued]
        filed = AsFiled.of(Journey.model_validate(case.journey), case.version, timeline, letters)
        return start.model_copy(update={"as_filed": filed, "compare": False})

    async def case_id(self, reference: str) -> str:
        """NoSuchCase: no case has this reference."""
        async with self.database.read() as session:
            found = (await session.exec(select(Case.id).where(Case.reference == reference))).first()
        if found is None:
            raise NoSuchCase(reference)
        return found

    async def is_mediated_by(self, mediator: str, reference: str) -> bool:
        """Is there such a case, and has this mediator accepted it or been asked to?"""
        wanted = select(Case.id).where(Case.reference == reference, Case.mediator_id == mediator)
        async with self.database.read() as session:
            return (await session.exec(wanted)).first() is not None

    async def load(self, case_id: str) -> CaseView:
        """NoSuchCase, or vault.Erased."""
        return await self._load(case_id, Case.id == case_id)

    async def load_called(self, reference: str) -> CaseView:
        """The same by its reference."""
        return await self._load(reference, Case.reference == reference)

    async def _load(self, called: str, is_it: Any) -> CaseView:
        async with self.database.read() as session:
            case = (await session.exec(select(Case).where(is_it))).first()
            if case is None:
                raise NoSuchCase(called)
            return await view(session, case, self.vault.case_key(case.id, case.wrapped_key))

    async def list(self, wanted: CaseFilter) -> tuple[list[CaseLine], int]:
        """One page of cases, the most urgent first, and how many there are in all."""
        those = conditions(wanted)
        async with self.database.read() as session:
            total = (await session.exec(select(func.count()).select_from(Case).where(*those))).one()
            cases = (
                await session.exec(
                    select(Case)
                    .options(*WITHOUT_WHAT_IS_LARGE)
                    .where(*those)
                    .order_by(*urgent_first(wanted.open))
                    .offset((wanted.page - 1) * wanted.per_page)
                    .limit(wanted.per_page)
                )
            ).all()
            return await self.lines(session, cases), total

    async def lines(self, session: AsyncSession, cases: Sequence[Case]) -> builtins.list[CaseLine]:
        """In their order."""
        rows = await sealed_parties(session, [case.id for case in cases if case.waiting_for])
        return [self.line(case, rows[case.id]) for case in cases]

    def line(self, case: Case, sealed: "SealedParties") -> CaseLine:
        """A case as lists show it; `sealed` are its parties, if it waits for anybody."""
        return as_line(case, *self.opened(case, sealed.only(case.waiting_for.split(","))))

    def opened(self, case: Case, sealed: "SealedParties") -> tuple[str, builtins.list[PartyView]]:
        """The name of the child and the parties, or for a name the reason why nothing can be read."""
        try:
            key = self.vault.case_key(case.id, case.wrapped_key)
            return key.open(CaseText, case.sealed, f"case/{case.id}").child.name, sealed.opened(key)
        except Erased:
            return "(erased)", []
        except ValueError:  # one damaged row must not take the list away from everybody
            log.error("a case cannot be read", case=case.id)
            return "(cannot be read)", []


def as_line(case: Case, child: str, parties: Collection[PartyView]) -> CaseLine:
    """A case as lists show it; of the parties those are named for which it waits."""
    names = {party.key: party.name for party in parties}
    return CaseLine(
        id=case.id,
        reference=case.reference,
        child=child,
        created=case.created,
        stage=case.stage,
        stage_since=case.stage_since or case.created,
        waiting_for=[names.get(part, part) for part in case.waiting_for.split(",") if part],
        next_at=case.next_at,
        escalated=case.escalated,
        on_hold=case.on_hold,
        paused=case.paused,
        closed_reason=case.closed_reason,
        coordinator_id=case.coordinator_id or "",
        mediator_id=case.mediator_id,
    )


async def add_participant(
    session: AsyncSession,
    vault: Vault,
    case_id: str,
    key: str,
    details: PersonDetails,
    case_key: CaseKey,
    command: str = "",
) -> None:
    """A person joins a case: their row, sealed, and what they are found by."""
    session.add(_participant(case_id, key, details, case_key, command))
    await keep_tokens(session, vault, case_id, key, marks_of_person(details))


def _participant(case_id: str, key: str, details: PersonDetails, case_key: CaseKey, command: str = "") -> Participant:
    return Participant(
        case_id=case_id,
        key=key,
        party=key.partition(".")[0],
        role=details.role,
        channel=details.channel,
        command=command,
        sealed=case_key.seal(details, f"participant/{case_id}/{key}"),
    )


async def view(session: AsyncSession, case: Case, key: CaseKey) -> CaseView:
    """The case read whole within a running transaction."""
    text = key.open(CaseText, case.sealed, f"case/{case.id}")
    journey = Journey.model_validate(case.journey) if case.journey else None
    venue_ids = [meeting.venue for meeting in journey.meetings if meeting.venue] if journey else []
    venues = (await session.exec(select(Venue).where(col(Venue.id).in_(venue_ids)))).all() if venue_ids else []
    accepted = (  # a refused command's words must not stand where an accepted one's do
        await session.exec(
            select(CommandText)
            .outerjoin(CommandOutcome, col(CommandOutcome.command_id) == col(CommandText.command_id))
            .where(
                CommandText.case_id == case.id,
                or_(col(CommandOutcome.status).is_(None), CommandOutcome.status != "refused"),
            )
        )
    ).all()
    parties, left = (await sealed_parties(session, [case.id]))[case.id].opened(key), left_of(case)
    return as_view(
        case,
        text,
        parties,
        left,
        await staff_views(session, {case.coordinator_id or "", case.mediator_id} - {""}),
        policy=Policy.model_validate(case.policy),
        journey=journey,
        venues={venue.id: VenueView.model_validate(venue.model_dump()) for venue in venues},
        texts={row.command_id: texts_in(row, key) for row in accepted},
        family_permits=text.family_permits,
        papers=await papers_of(session, case.id, key),
    )


def as_view(
    row: Any,
    text: CaseText,
    parties: Collection[PartyView],
    left: Collection[str],
    staff: Mapping[str, StaffView],
    **more: Any,
) -> CaseView:
    """A case of its opened parts. `row`: a Case, or those of its columns that repeat what lists show; `left`: who was
    taken out; `staff`: its coordinator and its mediator are among them; `more`: of CaseView, what else is known."""
    coordinator_id = row.coordinator_id or ""
    return CaseView(
        id=row.id,
        reference=row.reference,
        route=row.route,
        created=row.created,
        stage_since=row.stage_since,
        child=text.child,
        about=text.about,
        parties=without(parties, left),
        former=left_by(parties, left),
        coordinator=staff.get(coordinator_id) or StaffView(id=coordinator_id, name="", email=""),
        mediator=staff.get(row.mediator_id),
        **more,
    )


async def staff_views(session: AsyncSession, ids: Collection[str]) -> dict[str, StaffView]:
    """Those of these ids, by id."""
    if not ids:
        return {}
    rows = await session.exec(select(Staff.id, Staff.name, Staff.email).where(col(Staff.id).in_(ids)))
    return {id: StaffView(id=id, name=name, email=email) for id, name, email in rows}


async def staff_view(session: AsyncSession, staff_id: str) -> StaffView | None:
    return (await staff_views(session, [staff_id] if staff_id else [])).get(staff_id)


async def parties_of(session: AsyncSession, case: Case, key: CaseKey) -> list[PartyView]:
    """The parties with their people, in their order, without those who were taken out."""
    return without((await sealed_parties(session, [case.id]))[case.id].opened(key), left_of(case))


def without(parties: Collection[PartyView], left: Collection[str]) -> list[PartyView]:
    """Those that were not taken out, each with those of its people who were not."""
    return [
        party.model_copy(update={"people": [person for person in party.people if person.key not in left]})
        for party in parties
        if party.key not in left
    ]


def left_by(parties: Collection[PartyView], left: Collection[str]) -> list[PartyView]:
    """Those who were taken out, each with the party that was theirs."""
    return [
        party.model_copy(update={"people": people})
        for party in parties
        if (people := [person for person in party.people if person.key in left])
    ]


def left_of(case: Case) -> list[str]:
    """The keys of parties and people who were taken out of the case again, as it was last filed."""
    return list((case.journey or {}).get("left", []))


@dataclass
class SealedParties:
    """Who takes part in one case, or did: the rows of its parties and people, still sealed."""

    rows: list[Any] = field(default_factory=list)

    def only(self, parties: Collection[str]) -> "SealedParties":
        return SealedParties([row for row in self.rows if row.party in parties])

    def opened(self, key: CaseKey) -> list[PartyView]:
        """In their order. Erased, or ValueError: a row is damaged."""
        found: dict[str, PartyView] = {}
        for row in sorted(self.rows, key=lambda row: (_order(row.party), _order(row.person or ""))):
            party = found.setdefault(
                row.party,
                PartyView(key=row.party, role=PartyRole(row.role), organisation=row.organisation, people=[]),
            )
            if row.person:
                details = key.open(PersonDetails, row.sealed, f"participant/{row.case_id}/{row.person}")
                role = PersonRole(row.persons_role)
                party.people.append(PersonView(key=row.person, party=row.party, role=role, details=details))
        return list(found.values())


async def sealed_parties(session: AsyncSession, case_ids: Collection[str]) -> defaultdict[str, SealedParties]:
    """By case. Rows of columns, not of tables: a list has hundreds."""
    query: Any = (
        columns(
            col(PartyRow.case_id),
            col(PartyRow.key).label("party"),
            col(PartyRow.role),
            col(PartyRow.organisation),
            col(Participant.key).label("person"),
            col(Participant.role).label("persons_role"),
            col(Participant.sealed),
        )
        .outerjoin(
            Participant,
            and_(col(Participant.case_id) == col(PartyRow.case_id), col(Participant.party) == col(PartyRow.key)),
        )
        .where(col(PartyRow.case_id).in_(case_ids))
    )
    found: defaultdict[str, SealedParties] = defaultdict(SealedParties)
    for row in (await session.exec(query)).all():
        found[row.case_id].rows.append(row)
    return found


def _order(key: str) -> list[int]:
    """ "p10.2" after "p2.1"."""
    return [int(part) for part in key.removeprefix("p").split(".") if part]


async def _next(session: AsyncSession, name: str) -> int:
    counter = await session.get(Counter, name) or Counter(name=name)
    counter.value += 1
    session.add(counter)
    await session.flush()
    return counter.value
