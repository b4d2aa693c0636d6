"""Cases that belong together, or were said not to: one row for two cases, read from both sides."""

from datetime import datetime
from typing import Any

import structlog
from pydantic import BaseModel
from sqlmodel import and_, col, delete, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.cases import parties_of, texts_in
from casefile.database import Database
from casefile.tables import Case, CaseLink, CommandText, Staff
from casefile.vault import Erased, Vault
from domain.journey import Journey
from domain.likeness import phone_of
from domain.referral import PersonDetails
from domain.refusals import Refusal
from domain.stages import LinkKind

log = structlog.get_logger(__name__)

_MAY_BECOME_ANOTHER = (LinkKind.SAME_CHILD, LinkKind.SAME_DECISION, LinkKind.ANOTHER_MATTER)


class RelatedCase(BaseModel):
    """Another case, as a case's page names it."""

    reference: str
    kind: LinkKind
    begun_here: bool  # this case is the duplicate, or was split from the other
    closed_reason: str
    stage: str
    by: str  # the name of whoever said so
    at: datetime
    why: str


class Related:
    """What is linked with a case."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault

    async def of_case(self, case_id: str) -> list[RelatedCase]:
        """The cases that belong together with this one, the latest link first."""
        found = []
        async with self.database.read() as session:
            links = await session.exec(
                select(CaseLink)
                .where(
                    or_(col(CaseLink.case_id) == case_id, col(CaseLink.other_id) == case_id),
                    CaseLink.kind != LinkKind.ANOTHER_MATTER,
                )
                .order_by(col(CaseLink.at).desc())
            )
            for link in list(links):
                here = link.case_id == case_id
                other = await session.get_one(Case, link.other_id if here else link.case_id)
                author = await session.get(Staff, link.by)
                found.append(
                    RelatedCase(
                        reference=other.reference,
                        kind=LinkKind(link.kind),
                        begun_here=here,
                        closed_reason=other.closed_reason,
                        stage=other.stage,
                        by=author.name if author else "",
                        at=link.at,
                        why=await self._why(session, link.command),
                    )
                )
        return found

    async def _why(self, session: AsyncSession, command: str) -> str:
        """The reason as it was given, in whichever of the two cases; "" when its words were erased. Damaged words of
        one case must not take the page of the other away."""
        row = await session.get(CommandText, command)
        if row is None:
            return ""
        case = await session.get_one(Case, row.case_id)
        try:
            texts = texts_in(row, self.vault.case_key(case.id, case.wrapped_key))
        except Erased:
            return ""
        except ValueError:
            log.error("the reason of a link cannot be read", case=case.id)
            return "(cannot be read)"
        return str(texts.get("reason") or texts.get("why") or "")


async def link(
    session: AsyncSession, case_id: str, other: str, kind: LinkKind, *, command: str, by: str, at: datetime
) -> tuple[Refusal | None, str]:
    """What was decided about a case and another one, by its reference. The refusal, and what it is about."""
    found = (await session.exec(select(Case).where(Case.reference == other))).first()
    if found is None or found.wrapped_key is None:
        return Refusal.NO_SUCH_CASE, other
    if found.id == case_id:
        return Refusal.SAME_CASE, other
    there = await _between(session, case_id, found.id)
    if there is not None:
        if there.command == command:  # done before, and its completion was lost
            return None, ""
        if there.kind == kind or there.kind not in _MAY_BECOME_ANOTHER:
            return Refusal.LINKED_BEFORE, other
        if kind == LinkKind.ANOTHER_MATTER:
            return Refusal.LINKED_BEFORE, other
    if kind == LinkKind.DUPLICATE and found.closed_at is not None:
        return Refusal.OTHER_IS_CLOSED, other
    if there is not None:
        await session.delete(there)
        await session.flush()
    session.add(CaseLink(case_id=case_id, other_id=found.id, kind=kind, command=command, by=by, at=at))
    return None, ""


async def unlink(session: AsyncSession, case_id: str, other: str) -> bool:
    """False: they were not linked."""
    found = (await session.exec(select(Case).where(Case.reference == other))).first()
    there = await _between(session, case_id, found.id) if found else None
    if found is None or there is None or there.kind == LinkKind.ANOTHER_MATTER:
        return False
    await session.exec(delete(CaseLink).where(_of(case_id, found.id)))
    return True


async def goes_on_in(session: AsyncSession, case_id: str) -> str:
    """The reference of the case whose duplicate this one is; "" for none."""
    query = (
        select(Case.reference)
        .join(CaseLink, col(CaseLink.other_id) == col(Case.id))
        .where(CaseLink.case_id == case_id, CaseLink.kind == LinkKind.DUPLICATE)
    )
    return (await session.exec(query)).first() or ""


async def decided_about(session: AsyncSession, case_id: str) -> set[str]:
    """The ids of the cases that are linked with this one, or were said to be another matter."""
    links = await session.exec(
        select(CaseLink).where(or_(col(CaseLink.case_id) == case_id, col(CaseLink.other_id) == case_id))
    )
    return {link.other_id if link.case_id == case_id else link.case_id for link in links}


async def parties_there_too(session: AsyncSession, vault: Vault, case: Case, other: str) -> list[str]:
    """The parties of a case whose contact is also a person of the other case, of a party that may be written to
    there."""
    found = (await session.exec(select(Case).where(Case.reference == other))).first()
    if found is None or found.journey is None:
        return []
    contacted = Journey.model_validate(found.journey).contacted
    try:
        here = await parties_of(session, case, vault.case_key(case.id, case.wrapped_key))
        there = await parties_of(session, found, vault.case_key(found.id, found.wrapped_key))
    except Erased:
        return []
    known = set[str]().union(
        *(_addresses(person.details) for party in there if party.key in contacted for person in party.people)
    )
    return [party.key for party in here if _addresses(party.lead.details) & known]


def _addresses(person: PersonDetails) -> set[str]:
    return {one for one in (person.email.casefold(), phone_of(person.phone)) if one}


def _of(one: str, other: str) -> Any:
    return or_(
        and_(col(CaseLink.case_id) == one, col(CaseLink.other_id) == other),
        and_(col(CaseLink.case_id) == other, col(CaseLink.other_id) == one),
    )


async def _between(session: AsyncSession, one: str, other: str) -> CaseLink | None:
    return (await session.exec(select(CaseLink).where(_of(one, other)))).first()
