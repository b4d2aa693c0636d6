"""Erasing a case: its key is deleted, and with it every name and word that was sealed with it, in every backup too.
What can be counted stays: references, codes, dates (practice, section 4: "anonymous statistics stay")."""

from datetime import datetime

from sqlmodel import col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.database import Database
from casefile.rounds import needs_workflow
from casefile.tables import Case, CommandText, Document, LetterRow, PaperRow, PersonalLink
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
                    .where(col(Case.closed_at) <= closed_before, ~col(Case.on_hold), ~needs_workflow())
                    .where(col(Case.wrapped_key).is_not(None))
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
                    .where(col(Case.closed_at) <= closed_before, col(Case.on_hold), col(Case.wrapped_key).is_not(None))
                )
            ).one()

    async def erase(self, case_id: str, closed_before: datetime, at: datetime) -> bool:
        """False: it has been opened again or put on hold meanwhile, or was erased before."""
        async with self.database.write() as session:
            case = await session.get(Case, case_id)
            if case is None or case.wrapped_key is None or case.on_hold:
                return False
            if case.closed_at is None or case.closed_at > closed_before:
                return False
            await _erase(session, case, at)
            return True


async def _erase(session: AsyncSession, case: Case, at: datetime) -> None:
    case.wrapped_key = None
    session.add(case)
    await forget_tokens(session, case.id)
    await session.exec(delete(CommandText).where(col(CommandText.case_id) == case.id))
    await session.exec(delete(Document).where(col(Document.case_id) == case.id))
    await session.exec(update(LetterRow).where(col(LetterRow.case_id) == case.id).values(sealed=None))
    await session.exec(update(PaperRow).where(col(PaperRow.case_id) == case.id).values(sealed=None, sealed_text=None))
    await session.exec(
        update(PersonalLink)
        .where(col(PersonalLink.case_id) == case.id, col(PersonalLink.revoked).is_(None))
        .values(revoked=at)
    )
