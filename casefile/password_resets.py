"""Links by which staff choose a new password. A token of 256 bits is derived from a secret and the random id of its
row, so that it can be sent though only its hash is kept. It is good for half an hour, and once."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from pydantic import BaseModel
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.account_events import note
from casefile.database import Database
from casefile.staff import end_all_of
from casefile.tables import PasswordReset, Staff
from domain.accounts import LINK_LASTS, LINKS_KEPT, PasswordLinkToSend


class PasswordLink(BaseModel):
    """A link on its way to its reader. Never stored, logged or passed to Temporal."""

    name: str
    email: str
    token: str
    until: datetime


class Holder(BaseModel):
    """Whose link somebody has."""

    staff_id: str
    email: str


class PasswordResets:
    """Every query about links to a new password."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self.database, self._secret = database, secret

    async def ask(self, email: str, at: datetime, by: str = "") -> PasswordLinkToSend:
        """A link for the account of this address. An address without an active one has a row just the same, for which
        nothing is sent: nobody can tell by the answer, or by how long it takes. `by`: who asked for somebody else."""
        async with self.database.write() as session:
            await session.exec(delete(PasswordReset).where(col(PasswordReset.asked) <= at - LINKS_KEPT))
            staff = (
                await session.exec(select(Staff).where(Staff.email == email.strip().lower(), col(Staff.active)))
            ).first()
            row = PasswordReset(id=secrets.token_hex(16), staff_id=staff.id if staff else None, asked=at)
            session.add(row)
            if staff and by:
                note(session, staff.id, "password_link", at, by=by)
            return PasswordLinkToSend(link=row.id)

    async def to_send(self, order: PasswordLinkToSend, at: datetime) -> PasswordLink | None:
        """None: it was sent, there is no such account, or it is too late."""
        async with self.database.write() as session:
            row = await session.get(PasswordReset, order.link)
            if row is None or row.staff_id is None or row.state != "queued" or row.asked + LINK_LASTS <= at:
                return None
            staff = await session.get_one(Staff, row.staff_id)
            if not staff.active:
                return None
            token = self._token(row.id)
            row.token_hash = _hash(token)
            session.add(row)
            return PasswordLink(name=staff.name, email=staff.email, token=token, until=row.asked + LINK_LASTS)

    async def settle(self, order: PasswordLinkToSend, state: str) -> None:
        """What became of its letter: sent, bounced or failed."""
        async with self.database.write() as session:
            row = await session.get(PasswordReset, order.link)
            if row is not None:
                row.state = state
                session.add(row)

    async def holder(self, token: str, at: datetime) -> Holder | None:
        """Whose password may be chosen with this token; None: nobody's, or not any more."""
        async with self.database.read() as session:
            found = await _good(session, token, at)
        return Holder(staff_id=found[1].id, email=found[1].email) if found else None

    async def use(self, token: str, password_hash: str, at: datetime) -> bool:
        """The new password stands, this link and all others to the account are void, and it is signed out everywhere.
        False: the link is not good any more, and nothing was changed."""
        async with self.database.write() as session:
            found = await _good(session, token, at)
            if found is None:
                return False
            _, staff = found
            staff.password_hash = password_hash
            session.add(staff)
            await session.exec(
                update(PasswordReset)
                .where(col(PasswordReset.staff_id) == staff.id, col(PasswordReset.used).is_(None))
                .values(used=at)
            )
            await end_all_of(session, staff.id, at)
            note(session, staff.id, "password_chosen", at, by=staff.id)
            return True

    def _token(self, link: str) -> str:
        digest = hmac.new(self._secret, f"password link\x1f{link}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


async def _good(session: AsyncSession, token: str, at: datetime) -> tuple[PasswordReset, Staff] | None:
    found = await session.exec(
        select(PasswordReset, Staff)
        .join(Staff, col(Staff.id) == col(PasswordReset.staff_id))
        .where(
            PasswordReset.token_hash == _hash(token),
            col(PasswordReset.used).is_(None),
            PasswordReset.asked > at - LINK_LASTS,
            col(Staff.active),
        )
    )
    return found.first()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
