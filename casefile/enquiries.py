"""Enquiries: referrals from the public form that are no cases yet. Sealed, erased after a day, listed nowhere."""

from datetime import datetime

from pydantic import BaseModel, Field
from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.codes import CodeMaker, CodeState, Verdict, state_of
from casefile.database import Database
from casefile.tables import EnquiryRow
from casefile.vault import CaseKey, Vault
from domain.codes import CODE_LASTS, KEPT, TRIES
from domain.enquiry import CodeToSend
from domain.languages import Language
from domain.referral import ReferralForm


class EnquiryText(BaseModel):
    """The personal text of an enquiry: the referral, and the form as it was filled in."""

    form: ReferralForm
    email: str  # to which the code goes
    who: str  # who fills in: a kind of api/public/questions.py
    author: str  # their key among the participants: "p1.1"
    answers: dict[str, str] = Field(default_factory=dict)  # as they were typed

    @property
    def reads(self) -> Language:
        """In which language its author reads our letters."""
        people = [person for party in self.form.parties for person in party.people]
        return Language(next((one.reads for one in people if one.email == self.email), "") or Language.ENGLISH)


class EnquiryView(BaseModel):
    """An enquiry as its author's browser may see it."""

    id: str
    text: EnquiryText | None  # None: it has become a case
    case_id: str
    code: CodeState
    tries_left: int
    confirmed: bool


class Code(BaseModel):
    """A code on its way to its reader. Never stored, logged or passed to Temporal."""

    email: str
    digits: str
    until: datetime
    language: Language = Language.ENGLISH


class AlreadyACase(ValueError):
    """The form was sent before, and has become a case; it cannot be written again."""


class Enquiries:
    """Every query about enquiries."""

    def __init__(self, database: Database, vault: Vault, secret: bytes) -> None:
        self.database, self.vault, self._codes = database, vault, CodeMaker(secret, "enquiry")

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
            code=state_of(row, at),
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
            if row.confirmed or not self._codes.renew(row, row.id, _salt(row), at):
                return None
            session.add(row)
            return CodeToSend(enquiry=enquiry, number=row.code_number)

    async def code_to_send(self, order: CodeToSend, at: datetime) -> Code | None:
        """None: it was sent, replaced or used, or it is too late for it."""
        async with self.database.read() as session:
            row = await session.get(EnquiryRow, order.enquiry)
        if row is None or row.sealed is None or row.code_asked is None:
            return None
        digits = self._codes.to_send(row, order.number, row.id, _salt(row), at)
        if digits is None:
            return None
        text = _text(row, self._key(row))
        return Code(email=text.email, digits=digits, until=row.code_asked + CODE_LASTS, language=text.reads)

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
            verdict = self._codes.judge(row, row.id, digits, at)
            if verdict == "right":
                row.confirmed = at
            session.add(row)
            return verdict

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


async def _erase_old(session: AsyncSession, at: datetime) -> int:
    erased = await session.exec(delete(EnquiryRow).where(col(EnquiryRow.created) <= at - KEPT))
    return int(erased.rowcount)


def _place(enquiry: str) -> str:
    return f"enquiry/{enquiry}"


def _text(row: EnquiryRow, key: CaseKey) -> EnquiryText:
    return key.open(EnquiryText, row.sealed or b"", _place(row.id))


def _salt(row: EnquiryRow) -> str:
    """An enquiry that is written anew has other codes."""
    return (row.wrapped_key or b"").hex()
