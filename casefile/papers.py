"""Papers as they are remembered: kept sealed with their case's key, opened, erased."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlmodel import col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.commands import StoredElsewhere
from casefile.database import Database
from casefile.tables import Case, CommandOutcome, CommandRow, PaperRow
from casefile.vault import CaseKey, Vault
from domain.papers import PaperText, PaperView

FORGOTTEN_AFTER = timedelta(days=1)  # a file whose command was never stored


class PaperOfAnother(StoredElsewhere):
    """A paper of another case is kept under this key."""


class PaperToKeep(BaseModel):
    """A file that was examined. `command`: the command that brings it to its case."""

    key: str
    command: str
    text: PaperText
    media_type: str
    content: bytes


def words_of(key: str) -> str:
    """The place to which a paper's name and title are bound."""
    return f"paper/{key}/words"


def content_of(key: str) -> str:
    """The place to which a paper's bytes are bound."""
    return f"paper/{key}"


class Papers:
    """Every query about papers."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault

    async def keep(self, case_id: str, papers: Sequence[PaperToKeep], at: datetime) -> None:
        """Kept before their command is stored; what is there already stays as it is. vault.Erased, LookupError (no such
        case), PaperOfAnother."""
        async with self.database.write() as session:
            case = await session.get(Case, case_id)
            if case is None:
                raise LookupError(case_id)
            key = self.vault.case_key(case_id, case.wrapped_key)
            await _forget_what_came_to_nothing(session, case_id, at)
            for paper in papers:
                there = await session.get(PaperRow, paper.key)
                if there is not None:
                    if there.case_id != case_id:
                        raise PaperOfAnother(paper.key)
                    continue
                session.add(
                    PaperRow(
                        key=paper.key,
                        case_id=case_id,
                        command=paper.command,
                        media_type=paper.media_type,
                        size=len(paper.content),
                        given=at,
                        sealed_text=key.seal(paper.text, words_of(paper.key)),
                        sealed=key.seal_bytes(paper.content, content_of(paper.key)),
                    )
                )

    async def is_kept(self, case_id: str, key: str) -> bool:
        """Whether the bytes of this case's paper are there."""
        async with self.database.read() as session:
            found = await session.exec(
                select(PaperRow.key).where(
                    PaperRow.key == key, PaperRow.case_id == case_id, col(PaperRow.sealed).is_not(None)
                )
            )
            return found.first() is not None

    async def content(self, case_id: str, key: str) -> bytes | None:
        """A paper's bytes; None: there are none, or they were erased. vault.Erased."""
        async with self.database.read() as session:
            row = await session.get(PaperRow, key)
            if row is None or row.case_id != case_id or row.sealed is None:
                return None
            case = await session.get_one(Case, case_id)
        return self.vault.case_key(case_id, case.wrapped_key).open_bytes(row.sealed, content_of(key))

    async def erase(self, case_id: str, key: str) -> None:
        """Its bytes, name and title. Safe to repeat."""
        async with self.database.write() as session:
            await _erase(session, case_id, [key])


async def papers_of(session: AsyncSession, case_id: str, key: CaseKey) -> dict[str, PaperView]:
    """The case's papers without their bytes, by key."""
    rows = await session.exec(
        select(PaperRow.key, PaperRow.media_type, PaperRow.size, PaperRow.sealed_text)
        .where(PaperRow.case_id == case_id)
        .order_by(col(PaperRow.given), col(PaperRow.key))
    )
    return {
        paper: PaperView(
            key=paper,
            media_type=media_type,
            size=size,
            text=key.open(PaperText, words, words_of(paper)) if words else None,
        )
        for paper, media_type, size, words in rows.all()
    }


async def _forget_what_came_to_nothing(session: AsyncSession, case_id: str, at: datetime) -> None:
    """Files of commands that were refused, or that a crash kept from ever being stored."""
    found = await session.exec(
        select(PaperRow.key)
        .outerjoin(CommandRow, col(CommandRow.id) == col(PaperRow.command))
        .outerjoin(CommandOutcome, col(CommandOutcome.command_id) == col(PaperRow.command))
        .where(PaperRow.case_id == case_id, col(PaperRow.sealed).is_not(None))
        .where(
            or_(
                CommandOutcome.status == "refused",
                col(CommandRow.id).is_(None) & (col(PaperRow.given) < at - FORGOTTEN_AFTER),
            )
        )
    )
    await _erase(session, case_id, list(found))


async def _erase(session: AsyncSession, case_id: str, keys: list[str]) -> None:
    if keys:
        await session.exec(
            update(PaperRow)
            .where(col(PaperRow.case_id) == case_id, col(PaperRow.key).in_(keys))
            .values(sealed=None, sealed_text=None)
        )
