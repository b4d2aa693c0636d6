"""The texts of letters in words of the service's own, by version, and which letters a new one would still reach."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import true, tuple_
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.database import Database
from casefile.tables import Case, LetterRow, LetterText
from domain.stages import Stage

Edited = frozenset[tuple[str, str, str]]
"""The service's own texts, as letters/texts.py takes them: language, name, text."""


class ChangedMeanwhile(Exception):
    """Somebody has saved another version since this one was begun."""

    def __init__(self, newest: "TextVersion") -> None:
        super().__init__(newest.number)
        self.newest = newest


class TextVersion(BaseModel):
    """A text from a moment on. `text`: "" for the words that ship."""

    language: str
    name: str
    number: int
    text: str
    by: str
    at: datetime
    reason: str
    failed: int = 0
    failed_at: datetime | None = None
    problem: str = ""


class TextDraft(BaseModel):
    """A version that is about to be saved. `base` is the number of the one that it was made from; 0: what ships."""

    language: str
    name: str
    base: int
    text: str
    reason: str


class Reach(BaseModel):
    """The letters that a new version would still reach."""

    open: int  # open cases
    ahead: int  # of them, those that have not passed the stage in which they send such letters
    queued: int  # letters that wait and are not in words yet


class LetterTexts:
    """Every query about the texts of letters."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def current(self) -> Edited:
        """The texts that do not stand as they ship."""
        async with self.database.read() as session:
            return await edited_texts(session)

    async def newest(self) -> dict[tuple[str, str], TextVersion]:
        """The newest version of each text that was ever changed, by language and name."""
        async with self.database.read() as session:
            return {(row.language, row.name): _version(row) for row in await _newest(session)}

    async def versions(self, language: str, name: str) -> list[TextVersion]:
        """All of a text, the newest first; none as long as it stands as it ships."""
        async with self.database.read() as session:
            rows = await session.exec(
                select(LetterText)
                .where(LetterText.language == language, LetterText.name == name)
                .order_by(col(LetterText.number).desc())
            )
            return [_version(row) for row in rows]

    async def saved_by(self, form: str) -> int | None:
        """The number of the version that this form has saved; None: it has saved none."""
        async with self.database.read() as session:
            return (await session.exec(select(LetterText.number).where(LetterText.id == form))).first()

    async def save(self, draft: TextDraft, form: str, by: str, at: datetime) -> TextVersion:
        """A new version, in whose words letters are written from now on. ChangedMeanwhile: it was made from a version
        that is no longer the newest."""
        async with self.database.write() as session:
            last = (
                await session.exec(
                    select(LetterText)
                    .where(LetterText.language == draft.language, LetterText.name == draft.name)
                    .order_by(col(LetterText.number).desc())
                    .limit(1)
                )
            ).first()
            if last and last.number != draft.base:
                raise ChangedMeanwhile(_version(last))
            row = LetterText(**draft.model_dump(exclude={"base"}), number=draft.base + 1, id=form, by=by, at=at)
            session.add(row)
            return _version(row)

    async def reach(self, kinds: list[str], stages: list[Stage], *, to_the_mediator: bool = False) -> Reach:
        """Of letters of these kinds; `to_the_mediator`: only of those that go there. `stages`: those in which a case
        still has them ahead, or is about to send them."""
        async with self.database.read() as session:
            by_stage = await session.exec(
                select(Case.stage, func.count()).where(col(Case.closed_at).is_(None)).group_by(Case.stage)
            )
            counted = dict(by_stage.all())
            queued = await session.exec(
                select(func.count())
                .select_from(LetterRow)
                .where(LetterRow.state == "queued", col(LetterRow.kind).in_(kinds))
                .where(col(LetterRow.to).startswith("mediator") if to_the_mediator else true())
            )
            return Reach(
                open=sum(counted.values()), ahead=sum(counted.get(stage, 0) for stage in stages), queued=queued.one()
            )

    async def failing(self) -> list[TextVersion]:
        """The versions in use by which letters could not be written, the latest trouble first."""
        async with self.database.read() as session:
            return await failing_texts(session)


async def edited_texts(session: AsyncSession) -> Edited:
    """The same as this session sees them: an edited text counts from the next letter on, in every process."""
    return frozenset((row.language, row.name, row.text) for row in await _newest(session) if row.text)


async def failing_texts(session: AsyncSession) -> list[TextVersion]:
    """The versions in use by which letters could not be written, the latest trouble first."""
    found = [_version(row) for row in await _newest(session) if row.failed]
    return sorted(found, key=lambda one: one.failed_at or one.at, reverse=True)


async def note_failure(session: AsyncSession, names: list[str], problem: str, at: datetime) -> None:
    """A letter could not be written by the service's own words for these texts. Whoever looks after them is told."""
    for row in await _newest(session):
        if row.name in names and row.text:
            row.failed, row.failed_at, row.problem = row.failed + 1, at, problem
            session.add(row)


async def _newest(session: AsyncSession) -> list[LetterText]:
    last = select(LetterText.language, LetterText.name, func.max(LetterText.number)).group_by(
        col(LetterText.language), col(LetterText.name)
    )
    of = tuple_(col(LetterText.language), col(LetterText.name), col(LetterText.number))
    return list((await session.exec(select(LetterText).where(of.in_(last)))).all())


def _version(row: LetterText) -> TextVersion:
    return TextVersion.model_validate(row.model_dump())
