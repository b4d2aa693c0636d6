"""Enquiries: referrals from the public form that are no cases yet. Sealed, erased after a day, never listed anywhere.

A code is derived from a secret, the row's own key and its number, so that it can be sent again although only its hash
is kept. Whoever reads the database cannot tell it."""

import hashlib
import hmac
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field
from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.database import Database
from casefile.tables import EnquiryRow
from casefile.vault import CaseKey, Vault
from domain.enquiry import BETWEEN_CODES, CODE_LASTS, GIVEN_UP_AFTER, KEPT, TRIES, CodeToSend
from domain.referral import ReferralForm

Verdict = Literal["right", "wrong", "spent", "expired"]


class EnquiryText(BaseModel):
    """The personal text of an enquiry: the referral, and the form as it was filled in."""

    form: ReferralForm
    email: str  # to which the code goes
    who: str  # who fills in: a kind of api/public/questions.py
    author: str  # their key among the participants: "p1.1"
    answers: dict[str, str] = Field(default_factory=dict)  # as they were typed


class EnquiryView(BaseModel):
    """An enquiry as its author's browser may see it."""

    id: str
    text: EnquiryText | None  # None: it has become a case
    case_id: str
    code: Literal["none", "on_its_way", "sent", "bounced", "failed", "over"]
    tries_left: int
    confirmed: bool


class Code(BaseModel):
    """A code on its way to its reader. Never stored, logged or passed to Temporal."""

    email: str
    digits: str
    until: datetime


class AlreadyACase(ValueError):
    """The form was sent before, and has become a case; it cannot be written again."""


class Enquiries:
    """Every query about enquiries."""

    def __init__(self, database: Database, vault: Vault, secret: bytes) -> None:
        self.database, self.vault, self._secret = database, vault, secret

    async def store(self, enquiry: str, text: EnquiryText, at: datetime) -> None:
        """Keep what was typed, in place of what the same form held before; a code for other words is void. Those that
        are too old are erased on this occasion. AlreadyACase."""
        async with self.database.write() as session:
            await _erase_old(session, at)
            row = await session.get(EnquiryRow, enquiry)
            if row is not None and row.confirmed and row.sealed is None:
                raise AlreadyACase(enquiry)
            if row is None:
                wrapped, key = self.vault.new_case_key(enquiry)
                row = EnquiryRow(id=enquiry, created=at, wrapped_key=wrapped, sealed=None)
            else:
                key = self._key(row)
                if row.sealed is not None and _text(row, key) == text:
                    return
                row.code_hash, row.code_asked, row.confirmed = "", None, None
            row.sealed = key.seal(text, _place(enquiry))
            session.add(row)

    async def find(self, enquiry: str, at: datetime) -> EnquiryView | None:
        """None: there is none, or it is too old."""
        async with self.database.read() as session:
            row = await session.get(EnquiryRow, enquiry)
        if row is None or row.created + KEPT <= at:
            return None
        return EnquiryView(
            id=row.id,
            text=_text(row, self._key(row)) if row.sealed is not None else None,
            case_id=row.case_id,
            code=_state(row, at),
            tries_left=TRIES - row.tries,
            confirmed=row.confirmed is not None,
        )

    async def new_code(self, enquiry: str, at: datetime) -> CodeToSend | None:
        """The code to be sent now, which makes every older one void. None: the newest was asked for a moment ago (a
        button pressed twice), or none is needed any more. LookupError: no such enquiry."""
        async with self.database.write() as session:
            row = await session.get(EnquiryRow, enquiry)
            if row is None:
                raise LookupError(enquiry)
            just_now = row.code_asked is not None and at - row.code_asked < BETWEEN_CODES
            if row.confirmed or (just_now and row.code_state in ("queued", "sent")):
                return None
            row.code_number += 1
            row.code_hash = self._hash(row, self._digits(row, row.code_number))
            row.code_asked, row.code_state, row.tries = at, "queued", 0
            session.add(row)
            return CodeToSend(enquiry=enquiry, number=row.code_number)

    async def code_to_send(self, order: CodeToSend, at: datetime) -> Code | None:
        """None: it was sent, replaced or used, or it is too late for it."""
        async with self.database.read() as session:
            row = await session.get(EnquiryRow, order.enquiry)
        if row is None or row.code_number != order.number or row.code_state != "queued" or row.sealed is None:
            return None
        if not row.code_hash or row.code_asked is None or row.code_asked + CODE_LASTS <= at:
            return None
        text = _text(row, self._key(row))
        return Code(email=text.email, digits=self._digits(row, order.number), until=row.code_asked + CODE_LASTS)

    async def settle(self, order: CodeToSend, state: str) -> None:
        """What became of the code: sent, bounced or failed. No news of an older one."""
        async with self.database.write() as session:
            row = await session.get(EnquiryRow, order.enquiry)
            if row is not None and row.code_number == order.number:
                row.code_state = state
                session.add(row)

    async def try_code(self, enquiry: str, digits: str, at: datetime) -> Verdict:
        """Does somebody know the newest code? The try counts before it is judged. LookupError: no such enquiry."""
        async with self.database.write() as session:
            row = await session.get(EnquiryRow, enquiry)
            if row is None:
                raise LookupError(enquiry)
            if row.confirmed:  # the same form posted twice
                return "right"
            if row.code_asked is None or row.code_asked + CODE_LASTS <= at:
                return "expired"
            if row.tries >= TRIES or not row.code_hash:
                return "spent"
            row.tries += 1
            session.add(row)
            if hmac.compare_digest(self._hash(row, digits), row.code_hash):
                row.confirmed, row.code_hash = at, ""
                return "right"
            return "spent" if row.tries >= TRIES else "wrong"

    async def became(self, enquiry: str, case_id: str) -> None:
        """It is a case now, which keeps the words; here they are erased."""
        async with self.database.write() as session:
            row = await session.get(EnquiryRow, enquiry)
            if row is not None:
                row.case_id, row.sealed, row.wrapped_key = case_id, None, None
                session.add(row)

    async def erase_old(self, at: datetime) -> int:
        """Erase what is older than a day; how many there were."""
        async with self.database.write() as session:
            return await _erase_old(session, at)

    def _key(self, row: EnquiryRow) -> CaseKey:
        return self.vault.case_key(row.id, row.wrapped_key)

    def _digits(self, row: EnquiryRow, number: int) -> str:
        digest = self._mac("code", row.id, str(number), (row.wrapped_key or b"").hex())
        return f"{int.from_bytes(digest[:8]) % 10**6:06d}"

    def _hash(self, row: EnquiryRow, digits: str) -> str:
        """Keyed: a million plain hashes are counted out in a moment."""
        return self._mac("hash", row.id, str(row.code_number), digits).hex()

    def _mac(self, *parts: str) -> bytes:
        said = "\x1f".join(("enquiry", *parts))
        return hmac.new(self._secret, said.encode(errors="replace"), hashlib.sha256).digest()


async def _erase_old(session: AsyncSession, at: datetime) -> int:
    erased = await session.exec(delete(EnquiryRow).where(col(EnquiryRow.created) <= at - KEPT))
    return int(erased.rowcount)


def _place(enquiry: str) -> str:
    return f"enquiry/{enquiry}"


def _text(row: EnquiryRow, key: CaseKey) -> EnquiryText:
    return key.open(EnquiryText, row.sealed or b"", _place(row.id))


def _state(row: EnquiryRow, at: datetime) -> Literal["none", "on_its_way", "sent", "bounced", "failed", "over"]:
    """How it stands with the newest code. One that has not left after a short while was given up."""
    if row.code_asked is None:
        return "none"
    if row.code_state == "bounced":
        return "bounced"
    if row.code_state == "failed" or (row.code_state == "queued" and at - row.code_asked > GIVEN_UP_AFTER):
        return "failed"
    if row.tries >= TRIES or row.code_asked + CODE_LASTS <= at:
        return "over"
    return "sent" if row.code_state == "sent" else "on_its_way"
