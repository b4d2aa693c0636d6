"""Letters as they are remembered: their rows, and their words as they were sent."""

import re
from datetime import datetime

from pydantic import BaseModel, Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.cases import NoSuchCase, derived_id
from casefile.database import Database
from casefile.tables import Case, CommandRow, LetterRow
from casefile.vault import CaseKey, Erased, Vault
from domain.commands import How, RecordExplainingCall, RecordPermission, TickTask
from domain.journey import MAY_COME_BACK, Letter, LetterState
from domain.languages import Language
from domain.parties import Channel, party_of


def letter_id(case_id: str, letter: Letter) -> str:
    """The id of a letter's row, derived from its unique key: queueing it again is the same letter."""
    return derived_id("letter", case_id, letter.kind, letter.about, letter.to, str(letter.number))


def place_of(row_id: str) -> str:
    """Where a letter's words are sealed."""
    return f"letter/{row_id}"


class SentWords(BaseModel):
    """What people read of a letter; a placeholder stands where the personal link went."""

    subject: str
    text: str
    attachments: list[str] = Field(default_factory=list)
    language: Language = Language.ENGLISH  # of subject and text; below another than English stands the English text


class LetterView(BaseModel):
    """A letter of a case and what became of it."""

    id: str
    kind: str
    about: str
    to: str
    number: int
    channel: str
    state: LetterState
    queued: datetime
    settled: datetime | None
    attempts: int
    problem: str
    line: str = ""
    words: SentWords | None  # None: not written yet, or erased


class CaseLetter(BaseModel):
    """A letter of some case, found by its Message-ID."""

    id: str
    case_id: str
    kind: str
    about: str
    to: str
    number: int
    state: str


class Letters:
    """Every query about letters."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault

    async def of_case(self, case_id: str) -> list[LetterView]:
        """The case's letters with their words, the oldest first. NoSuchCase."""
        async with self.database.read() as session:
            case = await session.get(Case, case_id)
            if case is None:
                raise NoSuchCase(case_id)
            rows = (
                await session.exec(
                    select(LetterRow)
                    .where(LetterRow.case_id == case_id)
                    .order_by(col(LetterRow.queued), col(LetterRow.id))
                )
            ).all()
        try:
            key = self.vault.case_key(case_id, case.wrapped_key)
        except Erased:
            key = None
        return [LetterView(**row.model_dump(exclude={"sealed"}), words=_words(row, key)) for row in rows]

    async def is_to_a_stranger(self, case_id: str, person: str, channel: Channel) -> bool:
        """As delivery judges it: for the page that shows a letter before it is sent."""
        async with self.database.read() as session:
            return await is_to_a_stranger(session, case_id, person, channel)

    async def of_messages(self, message_ids: list[str]) -> CaseLetter | None:
        """The first of these messages that is a letter of ours; None when none is."""
        async with self.database.read() as session:
            for message_id in message_ids:
                row = await session.get(LetterRow, message_id.strip("<>").partition("@")[0])  # made of the row's id
                if row is not None and row.message_id == message_id:
                    return CaseLetter.model_validate(row.model_dump())
        return None

    async def mark_bounced(self, row_id: str, at: datetime) -> None:
        """A letter that was taken, or may have been, came back. Safe to repeat."""
        async with self.database.write() as session:
            row = await session.get_one(LetterRow, row_id)
            if row.state in MAY_COME_BACK:
                row.state, row.settled, row.problem = "bounced", at, "came_back"
                session.add(row)


REFERRER = "p1"
"""Key of the party that referred: the first of every case."""


async def is_to_a_stranger(session: AsyncSession, case_id: str, person: str, channel: Channel) -> bool:
    """Whether a letter would be the first to this person's address on this channel, while nobody has confirmed that
    we reach them: no answer came through their link, and nobody spoke with their party on the telephone."""
    before = await session.exec(
        select(LetterRow.id).where(
            LetterRow.case_id == case_id,
            LetterRow.to == person,
            LetterRow.channel == channel,
            LetterRow.state == "sent",
        )
    )
    if before.first() is not None:
        return False
    acts = await session.exec(select(CommandRow).where(CommandRow.case_id == case_id))
    return not any(_confirms(act, person) for act in acts)


def _confirms(act: CommandRow, person: str) -> bool:
    if act.actor_kind == "participant":
        return act.actor_id == person
    said, party = act.payload, party_of(person)
    if act.kind == RecordExplainingCall.kind():
        return party == REFERRER
    if act.kind == TickTask.kind() and said.get("outcome") in ("spoke", "done"):
        sort, _, about = str(said.get("task", "")).partition("/")
        return sort == Channel.PHONE and bool({person, party} & set(re.split("[/:]", about)))
    answered_for = REFERRER if act.kind == RecordPermission.kind() else said.get("party")
    return answered_for == party and said.get("how") == How.PHONE


def _words(row: LetterRow, key: CaseKey | None) -> SentWords | None:
    return key.open(SentWords, row.sealed, place_of(row.id)) if key and row.sealed else None
