"""Erasing a case: its key is deleted, and with it every name and word that was sealed with it. (A backup that is older
has the key still, until it is thrown away: docs/runbook.md, "Backup and restore".) What can be counted stays:
references, codes, dates (practice, section 4: "anonymous statistics stay")."""

from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.database import Database
from casefile.rounds import needs_workflow
from casefile.tables import Case, CommandText, Document, LetterRow, NoteRow, PaperRow, PersonalLink
from casefile.tokens import forget_tokens


class Erasing:
    """Which cases have been kept for long enough, and their erasure."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def due(self, closed_before: datetime, most: int) -> list[str]:
        """Closed before then, and nothing of them is left to do; the longest closed first. Neither those on a
        safeguarding hold nor those that were erased already."""
        async with self.database.read() as session:
            return list(
                await session.exec(
                    select(Case.id)
                    .where(_may_be_erased(closed_before))
                    .order_by(col(Case.closed_at), col(Case.id))
                    .limit(most)
                )
            )

    async def kept_on_hold(self, closed_before: datetime) -> int:
        """How many are kept for longer, since they are on a safeguarding hold."""
        async with self.database.read() as session:
            return (
                await session.exec(
                    select(func.count())
                    .select_from(Case)
                    .where(_kept_for_long_enough(closed_before), col(Case.on_hold))
                )
            ).one()

    async def erase(self, case_id: str, closed_before: datetime, at: datetime) -> bool:
        """False: meanwhile it was opened again, put on hold or erased, or there is something to do in it."""
        async with self.database.write() as session:
            case = (await session.exec(select(Case).where(Case.id == case_id, _may_be_erased(closed_before)))).first()
            if case is None:
                return False
            await _erase(session, case, at)
            return True


def _kept_for_long_enough(closed_before: datetime) -> ColumnElement[bool]:
    """Of a case: it was closed before then, and not erased since."""
    return (col(Case.closed_at) <= closed_before) & col(Case.wrapped_key).is_not(None)


def _may_be_erased(closed_before: datetime) -> ColumnElement[bool]:
    """It is not on a safeguarding hold either, and nothing of it is left to do."""
    return _kept_for_long_enough(closed_before) & ~col(Case.on_hold) & ~needs_workflow()


async def _erase(session: AsyncSession, case: Case, at: datetime) -> None:
    case.wrapped_key = None
    session.add(case)
    await forget_tokens(session, case.id)
    await session.exec(delete(CommandText).where(col(CommandText.case_id) == case.id))
    await session.exec(delete(NoteRow).where(col(NoteRow.case_id) == case.id))
    await session.exec(delete(Document).where(col(Document.case_id) == case.id))
    await session.exec(update(LetterRow).where(col(LetterRow.case_id) == case.id).values(sealed=None))
    await session.exec(update(PaperRow).where(col(PaperRow.case_id) == case.id).values(sealed=None, sealed_text=None))
    await session.exec(
        update(PersonalLink)
        .where(col(PersonalLink.case_id) == case.id, col(PersonalLink.revoked).is_(None))
        .values(revoked=at)
    )
