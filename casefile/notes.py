"""Notes that staff keep on a case, beside its journey: sealed with the case's key, and erased with the case."""

from collections.abc import Callable
from datetime import datetime

from pydantic import BaseModel, Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.cases import derived_id
from casefile.commands import StoredElsewhere
from casefile.database import Database
from casefile.tables import Case, NoteRow
from casefile.vault import CaseKey, Vault


class NoSuchNote(LookupError):
    """This case has no note of theirs under this id, or they have removed it."""


class EarlierWords(BaseModel):
    """What a note said until it was corrected."""

    words: str
    until: datetime


class NoteText(BaseModel):
    """What a note says. Whoever acted on its earlier words finds them still."""

    words: str
    earlier: list[EarlierWords] = Field(default_factory=list)  # the oldest first

    @property
    def first(self) -> str:
        """As it was written."""
        return self.earlier[0].words if self.earlier else self.words


class Note(BaseModel):
    """A note with its words opened."""

    id: str
    author: str  # staff id
    private: bool
    written: datetime
    changed: datetime | None  # when it was corrected last, or removed
    text: NoteText | None  # None: its writer has removed it


class Notes:
    """Every query about notes. Who may read one is said by api/privacy.py."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault

    async def of_case(self, case_id: str, may_read: Callable[[str, bool], bool]) -> list[Note]:
        """Those that may be read, by author and whether they are private; the newest first. No other is opened. Of a
        private one that was removed nothing is told. vault.Erased."""
        async with self.database.read() as session:
            found = await session.exec(
                select(NoteRow, Case.wrapped_key)
                .join(Case, col(Case.id) == col(NoteRow.case_id))
                .where(NoteRow.case_id == case_id)
                .order_by(col(NoteRow.written).desc(), col(NoteRow.id))
            )
            rows = [(row, wrapped) for row, wrapped in found if may_read(row.author_id, row.private)]
        return [
            _opened(row, self.vault.case_key(case_id, wrapped))
            for row, wrapped in rows
            if row.sealed or not row.private
        ]

    async def write(self, once: str, case_id: str, author: str, words: str, private: bool, at: datetime) -> None:
        """The same `once` is the same note, and stays as it is, or stays removed. StoredElsewhere: it said something
        else then. vault.Erased, LookupError (no such case)."""
        id = derived_id("note", case_id, author, once)
        async with self.database.write() as session:
            key = await self._key(session, case_id)
            there = await session.get(NoteRow, id)
            if there is None:
                row = NoteRow(id=id, case_id=case_id, author_id=author, private=private, written=at)
                row.sealed = key.seal(NoteText(words=words), _place(row))
                session.add(row)
            elif (text := _opened(there, key).text) and (text.first, there.private) != (words, private):
                raise StoredElsewhere(id)

    async def correct(self, id: str, case_id: str, author: str, words: str, at: datetime) -> None:
        """Twice is once. NoSuchNote."""
        async with self.database.write() as session:
            key, row = await self._key(session, case_id), await _own(session, id, case_id, author)
            text = _opened(row, key).text
            if text is None:
                raise NoSuchNote(id)
            if words != text.words:
                earlier = [*text.earlier, EarlierWords(words=text.words, until=at)]
                row.sealed, row.changed = key.seal(NoteText(words=words, earlier=earlier), _place(row)), at
                session.add(row)

    async def remove(self, id: str, case_id: str, author: str, at: datetime) -> None:
        """Erases its words, the earlier ones too. Twice is once. NoSuchNote."""
        async with self.database.write() as session:
            row = await _own(session, id, case_id, author)
            if row.sealed is not None:
                row.sealed, row.changed = None, at
                session.add(row)

    async def _key(self, session: AsyncSession, case_id: str) -> CaseKey:
        found = (await session.exec(select(Case.wrapped_key).where(Case.id == case_id))).all()
        if not found:
            raise LookupError(case_id)
        return self.vault.case_key(case_id, found[0])


async def _own(session: AsyncSession, id: str, case_id: str, author: str) -> NoteRow:
    row = await session.get(NoteRow, id)
    if row is None or (row.case_id, row.author_id) != (case_id, author):
        raise NoSuchNote(id)
    return row


def _place(row: NoteRow) -> str:
    """What a note is bound to: one that somebody makes shared, or their own, in the database does not open."""
    return f"note/{row.id}/{row.author_id}/{'private' if row.private else 'shared'}"


def _opened(row: NoteRow, key: CaseKey) -> Note:
    text = key.open(NoteText, row.sealed, _place(row)) if row.sealed else None
    return Note(
        id=row.id, author=row.author_id, private=row.private, written=row.written, changed=row.changed, text=text
    )
