"""What happened to the accounts of the staff, and who did it. Append-only."""

import secrets
from datetime import datetime

from pydantic import BaseModel
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.database import Database
from casefile.tables import AccountEvent
from casefile.vault import Vault


class Reason(BaseModel):
    """Why, in somebody's words."""

    words: str


class AccountEventView(BaseModel):
    """A line of an account's history."""

    at: datetime
    what: str  # a key of domain.titles.ACCOUNT_EVENTS
    by: str  # an account's id; "": at the service's own terminal
    reason: str


def note(
    session: AsyncSession,
    staff_id: str,
    what: str,
    at: datetime,
    *,
    by: str = "",
    reason: str = "",
    vault: Vault | None = None,
) -> None:
    """Written down in the transaction that does it. A reason needs the vault."""
    event = AccountEvent(id=secrets.token_hex(12), staff_id=staff_id, at=at, what=what, by=by)
    if reason and vault:
        event.sealed = vault.own.seal(Reason(words=reason), f"account_event/{event.id}")
    session.add(event)


async def account_events(database: Database, vault: Vault, staff_id: str) -> list[AccountEventView]:
    """What was done to an account, the newest first."""
    newest_first = col(AccountEvent.at).desc(), AccountEvent.id
    async with database.read() as session:
        rows = await session.exec(select(AccountEvent).where(AccountEvent.staff_id == staff_id).order_by(*newest_first))
        return [AccountEventView(at=row.at, what=row.what, by=row.by, reason=_reason(row, vault)) for row in rows]


def _reason(row: AccountEvent, vault: Vault) -> str:
    return vault.own.open(Reason, row.sealed, f"account_event/{row.id}").words if row.sealed else ""
