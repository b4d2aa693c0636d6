"""Cover for colleagues who are away: their tasks and replies stand with somebody else for some days. Their cases stay
theirs, and letters to parties name them as before."""

from datetime import date, datetime

from pydantic import BaseModel
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.account_events import note
from casefile.database import Database
from casefile.tables import CoverRow, Staff
from domain.view import StaffView


class IsAway(Exception):
    """Whoever is to cover is away themself on one of the days."""

    def __init__(self, until: date) -> None:
        super().__init__(until)
        self.until = until


class Cover(BaseModel):
    """Who covers for somebody, and on which days."""

    staff_id: str
    cover_id: str
    first: date
    last: date


class Covers:
    """Every query about cover."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def of(self, staff_id: str, today: date) -> Cover | None:
        """Their cover that lasts or is to come."""
        async with self.database.read() as session:
            row = await session.get(CoverRow, staff_id)
            return Cover.model_validate(row.model_dump()) if row and row.last >= today else None

    async def set(self, cover: Cover, at: datetime, by: str) -> None:
        """In place of the one before. IsAway."""
        async with self.database.write() as session:
            theirs = await session.get(CoverRow, cover.cover_id)
            if theirs and theirs.first <= cover.last and cover.first <= theirs.last:
                raise IsAway(theirs.last)
            row = await session.get(CoverRow, cover.staff_id)
            if row and Cover.model_validate(row.model_dump()) == cover:
                return  # the form was sent twice
            session.add((row or CoverRow(**cover.model_dump())).sqlmodel_update(cover.model_dump()))
            note(session, cover.staff_id, "cover_set", at, by=by)

    async def end(self, staff_id: str, at: datetime, by: str) -> None:
        """They are back, or do not go. Twice is once."""
        async with self.database.write() as session:
            row = await session.get(CoverRow, staff_id)
            if row:
                await session.delete(row)
                note(session, staff_id, "cover_ended", at, by=by)

    async def covered_by(self, staff_id: str, day: date) -> dict[str, Cover]:
        """For whom they stand in on a day, by name."""
        async with self.database.read() as session:
            found = await session.exec(
                select(CoverRow, Staff.name)
                .join(Staff, col(Staff.id) == col(CoverRow.staff_id))
                .where(CoverRow.cover_id == staff_id, CoverRow.first <= day, CoverRow.last >= day)
                .order_by(Staff.name)
            )
            return {name: Cover.model_validate(row.model_dump()) for row, name in found}


class StandsIn(BaseModel):
    """A colleague who is away on a day, and who stands in."""

    away: str  # name
    by: StaffView


async def stand_ins(session: AsyncSession, day: date) -> dict[str, StandsIn]:
    """By the id of whoever is away. Who has left the service stands in for nobody."""
    found = {}
    for row in (await session.exec(select(CoverRow).where(CoverRow.first <= day, CoverRow.last >= day))).all():
        away, cover = await session.get_one(Staff, row.staff_id), await session.get_one(Staff, row.cover_id)
        if cover.active:
            by = StaffView(id=cover.id, name=cover.name, email=cover.email)
            found[away.id] = StandsIn(away=away.name, by=by)
    return found
