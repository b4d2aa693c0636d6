"""The data breaches of the service, which managers and the safeguarding lead look through."""

from datetime import datetime

from pydantic import BaseModel
from sqlmodel import col, func, select

from casefile.database import Database
from casefile.tables import BreachRow, Case


class BreachLine(BaseModel):
    """One of them, and the case where it happened."""

    id: str
    case_id: str
    reference: str
    noticed: datetime
    decided: datetime | None


class Breaches:
    """Every query about them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def list(self, first: int, most: int) -> tuple[list[BreachLine], int]:
        """So many from the first on, and how many there are: those that wait for a decision before the others, the
        latest first."""
        wanted = (
            select(BreachRow, Case.reference)
            .join(Case, col(Case.id) == col(BreachRow.case_id))
            .order_by(col(BreachRow.decided).is_not(None), col(BreachRow.noticed).desc(), col(BreachRow.id))
            .offset(first)
            .limit(most)
        )
        async with self.database.read() as session:
            rows = (await session.exec(wanted)).all()
            total = (await session.exec(select(func.count()).select_from(BreachRow))).one()
        return [BreachLine(**row.model_dump(), reference=reference) for row, reference in rows], total
