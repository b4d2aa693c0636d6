"""The cases of somebody who takes part in several for their organisation, found by their e-mail address."""

from pydantic import BaseModel
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.cases import urgent_first, view
from casefile.database import Database
from casefile.tables import Case, SearchToken
from casefile.tokens import CASE, hashed
from casefile.vault import Erased, Vault
from domain.likeness import Kind, Mark, email_of
from domain.parties import ORGANISATIONS, Channel, PersonRole
from domain.view import CaseView

MOST_CASES = 200
"""On one page. They are opened one by one, so that nothing of another's is read on the way."""


class OfficersCase(BaseModel):
    """A case, and who the officer is in it."""

    case: CaseView
    person: str


class Officers:
    """Every query about them."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault

    def mailbox(self, email: str) -> str:
        """An e-mail address as its keyed hash, whether anybody has it or not."""
        return mailbox_of(self.vault, email)

    async def cases(self, mailbox: str, reference: str = "") -> list[OfficersCase]:
        """The open cases of whoever reads a mailbox, the most urgent first; or only the one of this reference."""
        async with self.database.read() as session:
            return await cases_of(session, self.vault, mailbox, reference=reference)


def mailbox_of(vault: Vault, email: str) -> str:
    return hashed(vault, Mark(Kind.EMAIL, email_of(email)))


async def cases_of(
    session: AsyncSession, vault: Vault, mailbox: str, *, most: int = MOST_CASES, reference: str = ""
) -> list[OfficersCase]:
    """Only where somebody of an organisation has this address who may be written to. A family has no page of this
    kind: its address may be its children's, too."""
    only = [Case.reference == reference] if reference else []
    rows = await session.exec(
        select(Case, SearchToken.owner)
        .join(SearchToken, col(SearchToken.case_id) == col(Case.id))
        .where(SearchToken.hash == mailbox, SearchToken.kind == Kind.EMAIL, SearchToken.owner != CASE)
        .where(col(Case.closed_at).is_(None), col(Case.wrapped_key).is_not(None), *only)
        .order_by(*urgent_first(True), col(SearchToken.owner))
    )
    found: dict[str, OfficersCase] = {}
    for row, person in rows.all():
        if row.id in found:
            continue  # they stand in it twice; the first of them is the lead
        try:
            case = await view(session, row, vault.case_key(row.id, row.wrapped_key))
        except Erased:
            continue
        if _is_theirs(case, person):
            found[row.id] = OfficersCase(case=case, person=person)
        if len(found) == most:
            break
    return list(found.values())


def _is_theirs(case: CaseView, key: str) -> bool:
    """They are of an organisation that may be contacted, and were neither taken out nor replaced as its contact."""
    journey = case.journey
    person = journey.person(key) if journey else None
    party = journey.party(case.person(key).party) if journey and person else None
    if journey is None or person is None or party is None:
        return False
    if Channel.EMAIL in journey.wrong_channels(key):  # somebody else reads that mailbox
        return False
    replaced = person.role == PersonRole.LEAD and party.lead != key
    return party.role in ORGANISATIONS and party.key in journey.contacted and not replaced
