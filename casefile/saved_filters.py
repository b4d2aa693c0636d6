"""Filters of the list of cases that members of staff keep for themselves under a name."""

from pydantic import BaseModel
from sqlmodel import col, func, select

from casefile.cases import derived_id
from casefile.database import Database
from casefile.tables import SavedFilter

MOST = 20  # of one person


class TooMany(Exception):
    """They have MOST of them."""


class KeptFilter(BaseModel):
    """One of them."""

    id: str
    name: str
    wanted: dict[str, str]  # what the list is asked for in its address


class SavedFilters:
    """Every query about them. Nobody sees or removes another's."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def of(self, staff: str) -> list[KeptFilter]:
        """By name."""
        theirs = select(SavedFilter).where(SavedFilter.staff_id == staff).order_by(func.lower(col(SavedFilter.name)))
        async with self.database.read() as session:
            return [KeptFilter.model_validate(row.model_dump()) for row in await session.exec(theirs)]

    async def save(self, once: str, staff: str, name: str, wanted: dict[str, str]) -> None:
        """Under the name of another one, in its place. The same `once` is the same filter. TooMany."""
        async with self.database.write() as session:
            id = derived_id("filter", staff, once)
            theirs = list(await session.exec(select(SavedFilter).where(SavedFilter.staff_id == staff)))
            row = next((one for one in theirs if one.name == name or one.id == id), None)
            if row is None and len(theirs) >= MOST:
                raise TooMany(staff)
            row = row or SavedFilter(id=id, staff_id=staff, name=name, wanted={})
            row.name, row.wanted = name, wanted
            session.add(row)

    async def remove(self, staff: str, id: str) -> None:
        """Twice is once."""
        async with self.database.write() as session:
            row = await session.get(SavedFilter, id)
            if row is not None and row.staff_id == staff:
                await session.delete(row)
