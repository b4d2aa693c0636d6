"""The second step of signing in: codes of six digits from an authenticator app (RFC 6238), and recovery codes for
whoever has lost the telephone. The app's secret is sealed; recovery codes are kept hashed, and each is good once."""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Literal

import pyotp
from pydantic import BaseModel
from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.account_events import note
from casefile.database import Database
from casefile.staff import EASY_TO_READ_OUT
from casefile.tables import RecoveryCode, SecondFactor, StaffSession
from casefile.vault import Vault

MOST_WRONG, PAUSE = 5, timedelta(minutes=15)
RECOVERY_CODES = 10
_DRIFT = 1  # steps of 30 seconds by which a telephone's clock may be wrong
Verdict = Literal["right", "wrong", "used", "locked"]


class FactorView(BaseModel):
    """What somebody may know of their own second step."""

    since: datetime
    codes_left: int


class Secret(BaseModel):
    """What the app and the service share."""

    base32: str


class SecondFactors:
    """Sets up, checks and takes away the second step of accounts."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault

    async def of(self, staff_id: str) -> FactorView | None:
        """None: this account has no second step."""
        async with self.database.read() as session:
            row = await session.get(SecondFactor, staff_id)
            left = await session.exec(
                select(func.count()).select_from(RecoveryCode).where(RecoveryCode.staff_id == staff_id)
            )
            return FactorView(since=row.since, codes_left=left.one()) if row else None

    async def everybody(self) -> set[str]:
        """The accounts that have a second step."""
        async with self.database.read() as session:
            return set(await session.exec(select(SecondFactor.staff_id)))

    async def set_up(self, staff_id: str, secret: str, code: str, at: datetime) -> list[str] | None:
        """The recovery codes, which are told this once. None: the code is not of this secret; nothing was changed."""
        step = _step_of(secret, code, at)
        if step is None:
            return None
        async with self.database.write() as session:
            await _forget(session, staff_id)
            sealed = self.vault.own.seal(Secret(base32=secret), _place(staff_id))
            session.add(SecondFactor(staff_id=staff_id, sealed=sealed, since=at, last_step=step))
            note(session, staff_id, "second_factor_set_up", at, by=staff_id)
            return await self._fresh_codes(session, staff_id)

    async def check(self, staff_id: str, code: str, at: datetime) -> Verdict:
        """Is this a code of the app, or a recovery code? Each is good once. Wrong ones are counted in the row, for all
        processes: after five of them in a row each next one waits 15 minutes. Without a second step all are wrong."""
        async with self.database.write() as session:
            row = await session.get(SecondFactor, staff_id)
            if row is None:
                return "wrong"
            if row.failures >= MOST_WRONG and row.last_failed is not None and at - row.last_failed < PAUSE:
                return "locked"
            verdict = await self._judge(session, row, code, at)
            if verdict == "right":
                row.failures, row.last_failed = 0, None
            else:
                row.failures, row.last_failed = row.failures + 1, at
            session.add(row)
            return verdict

    async def new_codes(self, staff_id: str, at: datetime) -> list[str]:
        """Fresh recovery codes, told this once; the old ones are void."""
        async with self.database.write() as session:
            await session.exec(delete(RecoveryCode).where(col(RecoveryCode.staff_id) == staff_id))
            note(session, staff_id, "recovery_codes_renewed", at, by=staff_id)
            return await self._fresh_codes(session, staff_id)

    async def remove(self, staff_id: str, at: datetime, by: str = "", reason: str = "") -> None:
        """Taken away by themselves, or by somebody else with a reason: then their sessions end, too."""
        async with self.database.write() as session:
            await _forget(session, staff_id)
            if by != staff_id:
                await session.exec(delete(StaffSession).where(col(StaffSession.staff_id) == staff_id))
            note(session, staff_id, "second_factor_removed", at, by=by, reason=reason, vault=self.vault)

    async def _judge(self, session: AsyncSession, row: SecondFactor, code: str, at: datetime) -> Verdict:
        secret = self.vault.own.open(Secret, row.sealed, _place(row.staff_id)).base32
        step = _step_of(secret, code, at)
        if step is not None:
            if step <= row.last_step:
                return "used"
            row.last_step = step
            return "right"
        spent = await session.exec(
            delete(RecoveryCode).where(col(RecoveryCode.code_hash) == self._hash(row.staff_id, code))
        )
        if spent.rowcount:
            note(session, row.staff_id, "recovery_code_used", at, by=row.staff_id)
            return "right"
        return "wrong"

    async def _fresh_codes(self, session: AsyncSession, staff_id: str) -> list[str]:
        codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
        session.add_all(RecoveryCode(code_hash=self._hash(staff_id, code), staff_id=staff_id) for code in codes)
        return codes

    def _hash(self, staff_id: str, code: str) -> str:
        return self.vault.keyed_hash(f"recovery code/{staff_id}/{_plain(code)}")


def new_secret() -> str:
    """160 random bits, as apps take them."""
    return pyotp.random_base32(32)


def address_for_apps(secret: str, email: str, service: str) -> str:
    """What the square says that an app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=service)


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    """Which step of 30 seconds a code belongs to; None: to none around this time."""
    app, given = pyotp.TOTP(secret), _plain(code)
    for step in range(app.timecode(at) - _DRIFT, app.timecode(at) + _DRIFT + 1):
        if hmac.compare_digest(app.generate_otp(step).encode(), given.encode(errors="replace")):
            return step
    return None


def _plain(code: str) -> str:
    """As it was meant: without spaces and strokes, in small letters."""
    return "".join(code.split()).replace("-", "").lower()


def _recovery_code() -> str:
    """49 bits, to be written down by hand."""
    return "-".join("".join(secrets.choice(EASY_TO_READ_OUT) for _ in range(5)) for _ in range(2))


def _place(staff_id: str) -> str:
    return f"second_factor/{staff_id}"


async def _forget(session: AsyncSession, staff_id: str) -> None:
    await session.exec(delete(RecoveryCode).where(col(RecoveryCode.staff_id) == staff_id))
    await session.exec(delete(SecondFactor).where(col(SecondFactor.staff_id) == staff_id))
