"""Proofs: somebody at a page shows that they read the mailbox, or hold the telephone, to which we write to a
participant. A personal link lives for weeks and is no sign-in; a code that is typed within minutes is.

The same rows serve the page of an officer, who proves a mailbox whose cases are found afterwards. For a mailbox that is
nobody's a row is written as well: what is answered, and how fast, tells nobody whether an address is known here."""

import secrets
from datetime import datetime
from typing import NamedTuple

from pydantic import BaseModel
from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.cases import derived_id, view
from casefile.codes import CodeMaker, CodeState, Verdict, asked_just_now, state_of
from casefile.database import Database
from casefile.officers import cases_of
from casefile.tables import Case, ProofRow
from casefile.vault import Erased, Vault
from domain.codes import CODE_LASTS, KEPT, TRIES, ProofToSend
from domain.languages import Language
from domain.parties import Channel
from domain.referral import PersonDetails


class Whom(BaseModel):
    """Whose address a code goes to; of an officer's mailbox neither case nor person is named."""

    key: str
    case_id: str = ""
    person: str = ""

    @classmethod
    def of(cls, case_id: str, person: str) -> "Whom":
        """A participant, by the channel on which we write to them."""
        return cls(key=derived_id("proof", case_id, person), case_id=case_id, person=person)

    @classmethod
    def changing(cls, case_id: str, person: str) -> "Whom":
        """A participant who gave themselves another address, which has to be theirs before it counts."""
        return cls(key=derived_id("proof-of-another", case_id, person), case_id=case_id, person=person)

    @classmethod
    def officer(cls, mailbox: str) -> "Whom":
        """Whoever reads a mailbox, given by its keyed hash. Whether anybody has it is looked up when the code is sent:
        until then nothing differs."""
        return cls(key=f"{_OFFICE}{mailbox}")


class _Way(NamedTuple):
    """Where a code goes."""

    channel: Channel
    address: str  # "": by hand only
    reference: str
    language: Language = Language.ENGLISH


class Proof(BaseModel):
    """How it stands with the newest code."""

    code: CodeState = "none"
    tries_left: int = TRIES


class CodeToGive(BaseModel):
    """A code on its way to its reader. Never stored, logged or passed to Temporal."""

    digits: str
    until: datetime
    channel: Channel
    address: str  # an e-mail address or a telephone number
    reference: str  # "" for an officer: the code is for all their cases
    officer: bool
    language: Language = Language.ENGLISH


class Proofs:
    """Every query about proofs."""

    def __init__(self, database: Database, vault: Vault, secret: bytes) -> None:
        self.database, self.vault, self._codes = database, vault, CodeMaker(secret, "proof")

    async def new_code(self, whom: Whom, at: datetime) -> ProofToSend | None:
        """The code to be sent now, which makes every older one void. None: the newest was asked for a moment ago."""
        async with self.database.write() as session:
            row = await self._row(session, whom, at)
            if asked_just_now(row, at):
                return None
            self._renew(row, whom, at)
            session.add(row)
            return ProofToSend(proof=whom.key, number=row.code_number)

    async def propose(self, whom: Whom, details: PersonDetails, at: datetime) -> ProofToSend | None:
        """The code that proves the address by which these details say that somebody is reached. None: the same was
        asked for a moment ago. vault.Erased."""
        async with self.database.write() as session:
            row = await self._row(session, whom, at)
            case = await session.get_one(Case, whom.case_id)
            key = self.vault.case_key(case.id, case.wrapped_key)
            if row.sealed and key.open(PersonDetails, row.sealed, _place(row)) == details and asked_just_now(row, at):
                return None
            row.code_asked = None  # a code for another address is void
            self._renew(row, whom, at)
            row.sealed = key.seal(details, _place(row))
            session.add(row)
            return ProofToSend(proof=whom.key, number=row.code_number)

    async def proposed(self, whom: Whom, at: datetime) -> PersonDetails | None:
        """What waits to be proved; None: nothing, or it was given up a day ago. vault.Erased."""
        async with self.database.read() as session:
            row = await session.get(ProofRow, whom.key)
            case = await session.get(Case, whom.case_id)
        if row is None or row.sealed is None or case is None or row.code_asked is None or row.code_asked <= at - KEPT:
            return None
        return self.vault.case_key(case.id, case.wrapped_key).open(PersonDetails, row.sealed, _place(row))

    async def told(self, whom: Whom, at: datetime) -> str:
        """The digits of a new code that a member of staff reads out on the telephone."""
        async with self.database.write() as session:
            row = await self._row(session, whom, at)
            row.code_asked = None  # a code that is on its way is void, too
            self._renew(row, whom, at)
            row.code_state = "told"
            session.add(row)
            return self._codes.digits(row, row.key, row.salt)

    async def find(self, whom: Whom, at: datetime) -> Proof:
        async with self.database.read() as session:
            row = await session.get(ProofRow, whom.key)
        return Proof(code=state_of(row, at), tries_left=TRIES - row.tries) if row else Proof()

    async def to_send(self, order: ProofToSend, at: datetime) -> CodeToGive | None:
        """None: it was sent, replaced or used, it is too late for it, or there is nobody to whom it may go."""
        async with self.database.read() as session:
            row = await session.get(ProofRow, order.proof)
            digits = self._codes.to_send(row, order.number, row.key, row.salt, at) if row else None
            if row is None or row.code_asked is None or digits is None:
                return None
            officer = row.key.startswith(_OFFICE)
            way = await (self._mailbox(session, row) if officer else self._participant(session, row))
        if way is None or not way.address:
            return None
        return CodeToGive(digits=digits, until=row.code_asked + CODE_LASTS, officer=officer, **way._asdict())

    async def _participant(self, session: AsyncSession, row: ProofRow) -> "_Way | None":
        """As we write to them, or to the address that they gave and have to prove."""
        case_row = await session.get(Case, row.case_id)
        if case_row is None:
            return None
        try:
            key = self.vault.case_key(case_row.id, case_row.wrapped_key)
            case = await view(session, case_row, key)
            details, channel = case.person(row.person).details, case.channel_of(row.person)
        except (Erased, KeyError):
            return None
        if row.sealed is not None:
            details = key.open(PersonDetails, row.sealed, _place(row))
            channel = details.channel
        address = {Channel.EMAIL: details.email, Channel.TEXT: details.phone}.get(channel, "")
        return _Way(channel, address, case.reference, case.language_of(row.person))

    async def _mailbox(self, session: AsyncSession, row: ProofRow) -> "_Way | None":
        """As it is written in a case of theirs: never as somebody typed it."""
        theirs = await cases_of(session, self.vault, row.key.removeprefix(_OFFICE), most=1)
        return _Way(Channel.EMAIL, theirs[0].case.person(theirs[0].person).details.email, "") if theirs else None

    async def settle(self, order: ProofToSend, state: str) -> None:
        """What became of the code: sent, bounced or failed. No news of an older one."""
        async with self.database.write() as session:
            row = await session.get(ProofRow, order.proof)
            if row is not None and row.code_number == order.number:
                row.code_state = state
                session.add(row)

    async def try_code(self, whom: Whom, digits: str, at: datetime) -> Verdict:
        """Does somebody know the newest code?"""
        async with self.database.write() as session:
            row = await session.get(ProofRow, whom.key)
            if row is None:
                return "expired"
            verdict = self._codes.judge(row, row.key, digits, at)
            session.add(row)
            return verdict

    async def _row(self, session: AsyncSession, whom: Whom, at: datetime) -> ProofRow:
        """Its row, or a new one. Those of yesterday are erased on this occasion."""
        await session.exec(delete(ProofRow).where(col(ProofRow.code_asked) <= at - KEPT))
        return await session.get(ProofRow, whom.key) or ProofRow(key=whom.key, salt="")

    def _renew(self, row: ProofRow, whom: Whom, at: datetime) -> None:
        row.salt = secrets.token_hex(16)  # a row that was erased begins its numbers anew, and has other codes
        row.case_id, row.person = whom.case_id, whom.person
        self._codes.renew(row, row.key, row.salt, at)


def _place(row: ProofRow) -> str:
    return f"proof/{row.key}"


_OFFICE = "office-"
