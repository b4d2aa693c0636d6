"""Finding cases: for somebody on the telephone, and before the same child is taken in a second time.

Hashes narrow down which cases may be meant; only those few are opened, and judged by their words
(domain/likeness.py)."""

from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import BaseModel
from sqlmodel import case as choose
from sqlmodel import col, exists, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.cases import WITHOUT_WHAT_IS_LARGE, CaseLine, Cases, SealedParties, as_line, sealed_parties, without
from casefile.database import Database
from casefile.related import decided_about
from casefile.tables import Case, Participant, PartyRow, SearchToken, Staff
from casefile.tokens import forget_tokens, hashed, keep_case_tokens, keep_tokens, rules_hash
from casefile.vault import Erased, Vault
from domain.likeness import (
    Household,
    Kind,
    Sign,
    Sought,
    household,
    household_of,
    marks_of_household,
    marks_of_person,
    why_the_same,
)
from domain.referral import PersonDetails, ReferralForm
from domain.view import CaseText, PartyView

log = structlog.get_logger(__name__)

MOST_FOUND = 25
_MOST_COMPARED = 60  # cases that are opened to see whether they are about the same child
_TELLING = (Kind.EMAIL, Kind.PHONE, Kind.BORN)
_BATCH = 50


class FoundCase(BaseModel):
    """A case that may be the one that is meant."""

    line: CaseLine
    parties: list[PartyView]
    coordinator: str  # the name
    whole: bool = True  # it has every word that was looked for
    why: list[Sign] = []  # what speaks for its being about the same child


class Finding:
    """Every query that finds cases by personal text."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault
        self._cases = Cases(database, vault)

    async def search(self, wanted: Sought) -> list[FoundCase]:
        """At most MOST_FOUND cases, those with most of the words first; of all cases, so for those who may see all."""
        async with self.database.read() as session:
            ranked: dict[str, bool] = {}
            if wanted.reference:
                ends_so = col(Case.reference).endswith(wanted.reference, autoescape=True)
                called = col(Case.reference).in_(select(Case.reference).where(ends_so))  # looks at their index only
                named = select(Case.id).where(called, col(Case.wrapped_key).is_not(None)).limit(5)
                ranked = dict.fromkeys(await session.exec(named), True)
            if wanted.words:
                ranked = {**ranked, **await self._with_words(session, wanted)}
            found = await self._found(session, await _candidates(session, list(ranked)[:MOST_FOUND]))
            return [one.model_copy(update={"whole": ranked[one.line.id]}) for one in found]

    async def _with_words(self, session: AsyncSession, wanted: Sought) -> dict[str, bool]:
        """Ids in order, and whether each has all words. A word counts once, by the best of what it may be."""
        has: list[Any] = []
        tells: list[Any] = []
        all_hashes: set[str] = set()
        for word in wanted.words:
            weights: dict[int, list[str]] = {}
            for mark, weight in word.marks.items():
                weights.setdefault(weight, []).append(hashed(self.vault, mark))
            hashes = [one for some in weights.values() for one in some]
            all_hashes.update(hashes)
            has.append(func.max(choose((col(SearchToken.hash).in_(hashes), 1), else_=0)))
            tells.append(
                func.max(choose(*((col(SearchToken.hash).in_(some), w) for w, some in weights.items()), else_=0))
            )
        words, weight = sum(has[1:], has[0]), sum(tells[1:], tells[0])
        still_open = func.max(choose((col(Case.closed_at).is_(None), 1), else_=0))
        query: Any = (
            select(SearchToken.case_id, words)
            .join(Case, col(Case.id) == col(SearchToken.case_id))
            .where(col(SearchToken.hash).in_(all_hashes), col(Case.wrapped_key).is_not(None))
            .group_by(col(SearchToken.case_id))
            .order_by(words.desc(), weight.desc(), still_open.desc(), func.max(Case.created).desc())
            .limit(MOST_FOUND)
        )
        return {case_id: count == len(wanted.words) for case_id, count in await session.exec(query)}

    async def same_child(self, form: ReferralForm) -> list[FoundCase]:
        """At most MOST_FOUND cases, open or closed, that are likely about the child of this referral, the likeliest
        first."""
        return await self._alike(household_of(form), set())

    async def same_child_as(self, case_id: str) -> list[FoundCase]:
        """Other cases that are likely about the child of this one, and of which nobody has decided yet whether they
        belong together."""
        async with self.database.read() as session:
            [candidate] = await _candidates(session, [case_id])
        home = self._household(candidate)
        return await self.like(home, case_id) if home else []

    async def like(self, home: Household, case_id: str) -> list[FoundCase]:
        """The same for whoever has the case at hand: `home` is its household."""
        async with self.database.read() as session:
            decided = await decided_about(session, case_id)
        return await self._alike(home, decided | {case_id})

    async def _alike(self, sought: Household, but: set[str]) -> list[FoundCase]:
        hashes = {hashed(self.vault, mark) for mark in marks_of_household(sought)}
        points = func.sum(choose((col(SearchToken.kind).in_(_TELLING), 10), else_=1))
        query: Any = (
            select(SearchToken.case_id)
            .join(Case, col(Case.id) == col(SearchToken.case_id))
            .where(col(SearchToken.hash).in_(hashes), col(Case.wrapped_key).is_not(None), col(Case.id).not_in(but))
            .group_by(col(SearchToken.case_id))
            .order_by(points.desc(), func.max(Case.created).desc(), col(SearchToken.case_id))
            .limit(_MOST_COMPARED)
        )
        async with self.database.read() as session:
            alike: list[tuple[_Candidate, list[Sign]]] = []
            for one in await _candidates(session, list(await session.exec(query))):
                known = self._household(one)
                if known and (why := why_the_same(sought, known)):
                    alike.append((one, why))
            alike.sort(key=lambda found: (-len(found[1]), list(Sign).index(found[1][0])))
            likeliest = {one.case.id: why for one, why in alike[:MOST_FOUND]}
            found = await self._found(session, [one for one, _ in alike[:MOST_FOUND]])
        return [one.model_copy(update={"why": likeliest[one.line.id]}) for one in found]

    def _household(self, one: "_Candidate") -> Household | None:
        case = one.case
        try:
            key = self.vault.case_key(case.id, case.wrapped_key)
            child = key.open(CaseText, case.sealed, f"case/{case.id}").child
            parties = without(one.sealed.opened(key), one.left)
        except (Erased, ValueError) as error:  # one damaged row must not keep a referral from being taken in
            log.error("a case cannot be compared", case=case.id, error=type(error).__name__)
            return None
        return household(child, ((party.role, person.details) for party in parties for person in party.people))

    async def _found(self, session: AsyncSession, cases: list["_Candidate"]) -> list[FoundCase]:
        if not cases:
            return []
        of = {one.case.coordinator_id for one in cases}
        names = dict((await session.exec(select(Staff.id, Staff.name).where(col(Staff.id).in_(of)))).all())
        found = []
        for one in cases:
            child, parties = self._cases.opened(one.case, one.sealed)
            found.append(
                FoundCase(
                    line=as_line(one.case, child, parties),
                    parties=without(parties, one.left),
                    coordinator=names.get(one.case.coordinator_id or "", ""),
                )
            )
        return found


@dataclass(frozen=True)
class _Candidate:
    """A case that may be meant: its row without what is large, who left it again, and everybody still sealed."""

    case: Case
    left: list[str]
    sealed: SealedParties


async def _candidates(session: AsyncSession, ids: list[str]) -> list[_Candidate]:
    """In the order of their ids."""
    if not ids:
        return []
    wanted = select(Case, col(Case.journey)["left"]).options(*WITHOUT_WHAT_IS_LARGE).where(col(Case.id).in_(ids))
    sealed = await sealed_parties(session, ids)
    found = {case.id: _Candidate(case, left or [], sealed[case.id]) for case, left in await session.exec(wanted)}
    return [found[id] for id in ids]


async def index_cases(database: Database, vault: Vault) -> int:
    """Index the cases that were written before there was a search, or by older rules; forget those that were erased.
    How many were indexed. It runs at each migration: an interrupted round goes on at the next."""
    async with database.write() as session:
        erased = select(SearchToken.case_id).join(Case, col(Case.id) == col(SearchToken.case_id)).distinct()
        for case_id in list(await session.exec(erased.where(col(Case.wrapped_key).is_(None)))):
            await forget_tokens(session, case_id)
    done = exists().where(col(SearchToken.case_id) == col(Case.id), col(SearchToken.hash) == rules_hash(vault))
    async with database.read() as session:
        missing = list(await session.exec(select(Case.id).where(~done, col(Case.wrapped_key).is_not(None))))
    indexed = 0
    for first in range(0, len(missing), _BATCH):
        async with database.write() as session:
            for case_id in missing[first : first + _BATCH]:
                indexed += await _index(session, vault, await session.get_one(Case, case_id))
    return indexed


async def _index(session: AsyncSession, vault: Vault, case: Case) -> bool:
    """False: its text does not open, so it stays without an index and is tried again at the next migration."""
    try:
        key = vault.case_key(case.id, case.wrapped_key)
        child = key.open(CaseText, case.sealed, f"case/{case.id}").child
        people = (await session.exec(select(Participant).where(Participant.case_id == case.id))).all()
        details = {one.key: key.open(PersonDetails, one.sealed, f"participant/{case.id}/{one.key}") for one in people}
    except (Erased, ValueError) as error:
        log.error("a case cannot be indexed", case=case.id, error=type(error).__name__)
        return False
    organisations = await session.exec(select(PartyRow.organisation).where(PartyRow.case_id == case.id))
    await keep_case_tokens(session, vault, case.id, child, list(organisations))
    for person, theirs in details.items():
        await keep_tokens(session, vault, case.id, person, marks_of_person(theirs))
    return True
