"""Accounts of the staff: who may sign in, their sessions and their tokens for the JSON door."""

import asyncio
import hashlib
import secrets
import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import BaseModel
from sqlmodel import col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.account_events import note
from casefile.database import Database
from casefile.tables import ApiToken, Mediator, Staff, StaffSession
from domain.accounts import LONGEST_PASSWORD
from domain.commands import COORDINATORS, Actor, StaffRole

KEPT_AFTER_ITS_END = timedelta(days=1)  # a session: whoever typed when it ended is known again
EASY_TO_READ_OUT = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else when it is read out


class StaffMember(BaseModel):
    """A member of staff, as pages and rules know them."""

    id: str
    name: str
    email: str
    roles: list[StaffRole]
    active: bool = True

    def has(self, *roles: StaffRole) -> bool:
        """Has one of these roles."""
        return any(role in self.roles for role in roles)

    @property
    def only_mediates(self) -> bool:
        """Sees and does only what belongs to their own cases."""
        return self.actor().only_mediates

    def actor(self) -> Actor:
        """As the author of a command."""
        return Actor(kind="staff", id=self.id, roles=self.roles)


class Session(BaseModel):
    """A signed-in browser: whose, and the token that its forms carry."""

    staff: StaffMember
    csrf: str


class EmailTaken(ValueError):
    """Another account has this e-mail address."""


class LastManager(ValueError):
    """Without this account nobody could manage the service any more."""


class StaffAccounts:
    """Makes, finds and ends accounts, sessions and tokens."""

    def __init__(self, database: Database, hasher: PasswordHasher | None = None) -> None:
        self.database = database
        self._hasher = hasher or PasswordHasher()  # tests give a cheap one
        self._nobody = self._hasher.hash(secrets.token_hex(16))  # checked for unknown people: the same work for all
        self._at_a_time = asyncio.Semaphore(4)  # each check takes 64 MiB

    async def create(
        self, name: str, email: str, roles: Collection[StaffRole], at: datetime, by: str = ""
    ) -> tuple[str, str]:
        """A new account: its id and its generated password, which is told this once. EmailTaken."""
        password = new_password()
        hashed = await self.hashed(password)
        async with self.database.write() as session:
            email = email.lower()
            if (await session.exec(select(Staff.id).where(Staff.email == email))).first():
                raise EmailTaken(email)
            staff = Staff(
                id=secrets.token_hex(12),
                name=name,
                email=email,
                password_hash=hashed,
                roles=[role.value for role in roles],
                created=at,
            )
            session.add(staff)
            await session.flush()
            note(session, staff.id, "created", at, by=by)
        return staff.id, password

    async def create_first_manager(self, name: str, email: str, at: datetime) -> str | None:
        """The password of the first account of a new service, who also coordinates; None: there is staff already."""
        async with self.database.read() as session:
            if (await session.exec(select(Staff.id).limit(1))).first():
                return None
        _, password = await self.create(name, email, (StaffRole.MANAGER, StaffRole.COORDINATOR), at)
        return password

    async def new_password_for(self, staff_id: str, at: datetime, by: str = "") -> str:
        """A fresh generated password; the old one's sessions and the account's tokens end. LookupError."""
        password = new_password()
        hashed = await self.hashed(password)
        async with self.database.write() as session:
            staff = await self._get(session, staff_id)
            staff.password_hash = hashed
            session.add(staff)
            await end_all_of(session, staff_id, at)
            note(session, staff_id, "password_by_another", at, by=by)
        return password

    async def set_active(self, staff_id: str, active: bool, at: datetime, by: str = "") -> None:
        """An inactive account signs in nowhere; its sessions and tokens end now. LookupError, LastManager."""
        async with self.database.write() as session:
            staff = await self._get(session, staff_id)
            if not active and StaffRole.MANAGER in staff.roles:
                others = (await session.exec(select(Staff).where(Staff.id != staff_id, col(Staff.active)))).all()
                if not any(StaffRole.MANAGER in other.roles for other in others):
                    raise LastManager(staff_id)
            staff.active = active
            session.add(staff)
            if not active:
                await end_all_of(session, staff_id, at)
            note(session, staff_id, "reactivated" if active else "deactivated", at, by=by)

    async def set_roles(self, staff_id: str, roles: Collection[StaffRole], at: datetime, by: str = "") -> None:
        """LookupError, LastManager."""
        async with self.database.write() as session:
            staff = await self._get(session, staff_id)
            if StaffRole.MANAGER in staff.roles and StaffRole.MANAGER not in roles:
                others = (await session.exec(select(Staff).where(Staff.id != staff_id, col(Staff.active)))).all()
                if not any(StaffRole.MANAGER in other.roles for other in others):
                    raise LastManager(staff_id)
            staff.roles = [role.value for role in roles]
            session.add(staff)
            note(session, staff_id, "roles_changed", at, by=by)

    async def list(self) -> list[StaffMember]:
        """Everybody, those who left last."""
        async with self.database.read() as session:
            rows = await session.exec(
                select(Staff).order_by(col(Staff.active).desc(), func.lower(col(Staff.name)), col(Staff.id))
            )
            return [_member(row) for row in rows]

    async def find(self, email: str) -> StaffMember | None:
        """The account of an e-mail address."""
        async with self.database.read() as session:
            row = (await session.exec(select(Staff).where(Staff.email == email.strip().lower()))).first()
        return _member(row) if row else None

    async def by_id(self, staff_id: str) -> StaffMember | None:
        """The account, active or not."""
        async with self.database.read() as session:
            row = await session.get(Staff, staff_id)
        return _member(row) if row else None

    async def names(self) -> dict[str, str]:
        """Everybody's name by id, for timelines."""
        async with self.database.read() as session:
            return {staff.id: staff.name for staff in await session.exec(select(Staff))}

    async def coordinators(self) -> dict[str, str]:
        """Names of those who may look after cases, by id."""
        return {one.id: one.name for one in await self.list() if one.active and one.has(*COORDINATORS)}

    async def panel_ids(self) -> set[str]:
        """Accounts that are members of the panel."""
        async with self.database.read() as session:
            return set(await session.exec(select(Mediator.staff_id)))

    # Sessions

    async def check_password(self, email: str, password: str) -> StaffMember | None:
        """Who signs in with these; None for a wrong password, an unknown address and an inactive account alike, and
        after the same work."""
        async with self.database.read() as session:
            row = (await session.exec(select(Staff).where(Staff.email == email.strip().lower()))).first()
        known = row is not None and row.active and row.password_hash.startswith("$argon2")
        hashed = row.password_hash if row is not None and known else self._nobody
        async with self._at_a_time:
            right = await asyncio.to_thread(self._verify, hashed, password)
        return _member(row) if row is not None and known and right else None

    async def open_session(self, staff_id: str, at: datetime, lasts: timedelta) -> tuple[str, str]:
        """The token for the cookie of a new session, and the session's CSRF token."""
        token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        async with self.database.write() as session:
            await session.exec(delete(StaffSession).where(col(StaffSession.expires) <= at - KEPT_AFTER_ITS_END))
            session.add(
                StaffSession(token_hash=_hash(token), staff_id=staff_id, csrf=csrf, created=at, expires=at + lasts)
            )
        return token, csrf

    async def session(self, token: str, at: datetime) -> Session | None:
        """The session of a cookie's token, while it lasts and its account is active. An earlier `at` finds one that
        has ended since, but for one that was signed out."""
        async with self.database.read() as session:
            found = (
                await session.exec(
                    select(StaffSession, Staff)
                    .join(Staff, col(Staff.id) == col(StaffSession.staff_id))
                    .where(StaffSession.token_hash == _hash(token), StaffSession.expires > at, col(Staff.active))
                )
            ).first()
        return Session(staff=_member(found[1]), csrf=found[0].csrf) if found else None

    async def end_session(self, token: str) -> None:
        """Signed out."""
        async with self.database.write() as session:
            await session.exec(delete(StaffSession).where(col(StaffSession.token_hash) == _hash(token)))

    # Tokens for the JSON door

    async def new_token(self, staff_id: str, name: str, at: datetime) -> str:
        """A bearer token that acts as this member of staff; told this once. LookupError."""
        token = f"sm_{secrets.token_urlsafe(32)}"
        async with self.database.write() as session:
            await self._get(session, staff_id)
            session.add(ApiToken(token_hash=_hash(token), staff_id=staff_id, name=name, created=at))
        return token

    async def by_token(self, token: str) -> StaffMember | None:
        """Whose token this is, unless it was revoked or the account is inactive."""
        async with self.database.read() as session:
            row = (
                await session.exec(
                    select(Staff)
                    .join(ApiToken, col(ApiToken.staff_id) == col(Staff.id))
                    .where(ApiToken.token_hash == _hash(token), col(ApiToken.revoked).is_(None), col(Staff.active))
                )
            ).first()
        return _member(row) if row else None

    async def hashed(self, password: str) -> str:
        """As it is kept."""
        async with self._at_a_time:
            return await asyncio.to_thread(self._hasher.hash, _same_on_all_keyboards(password))

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, _same_on_all_keyboards(password[:LONGEST_PASSWORD]))
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    async def _get(self, session: AsyncSession, staff_id: str) -> Staff:
        staff = await session.get(Staff, staff_id)
        if staff is None:
            raise LookupError(staff_id)
        return staff


async def end_all_of(session: AsyncSession, staff_id: str, at: datetime) -> None:
    """Signed out everywhere, and the account's tokens for the JSON door are void."""
    await session.exec(delete(StaffSession).where(col(StaffSession.staff_id) == staff_id))
    await session.exec(
        update(ApiToken).where(col(ApiToken.staff_id) == staff_id, col(ApiToken.revoked).is_(None)).values(revoked=at)
    )


def new_password() -> str:
    """Easy to read out and to type: four groups of five, 99 bits."""
    return "-".join("".join(secrets.choice(EASY_TO_READ_OUT) for _ in range(5)) for _ in range(4))


def _same_on_all_keyboards(password: str) -> str:
    """A letter with an accent is one character on some and two on others."""
    return unicodedata.normalize("NFKC", password)


def _member(row: Staff) -> StaffMember:
    return StaffMember(
        id=row.id, name=row.name, email=row.email, roles=[StaffRole(role) for role in row.roles], active=row.active
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
