"""What became of one command, for the notice that its author reads next."""

from datetime import datetime

from pydantic import BaseModel
from sqlmodel import col, select

from casefile.database import Database
from casefile.tables import CommandOutcome, CommandRow


class Notice(BaseModel):
    """A command that was stored, and the answer to it."""

    kind: str
    by: str
    at: datetime
    status: str  # accepted, refused, pending
    code: str = ""
    about: str = ""
    party: str = ""  # the key of the party that the command is about


async def notice_of(database: Database, case_id: str, command_id: str) -> Notice | None:
    """None: no command of this id was stored for this case."""
    async with database.read() as session:
        found = (
            await session.exec(
                select(CommandRow, CommandOutcome)
                .outerjoin(CommandOutcome, col(CommandOutcome.command_id) == col(CommandRow.id))
                .where(CommandRow.id == command_id, CommandRow.case_id == case_id)
            )
        ).first()
    if found is None:
        return None
    row: CommandRow = found[0]
    outcome: CommandOutcome | None = found[1]  # an outer join: there may be none
    return Notice(
        kind=row.kind,
        by=row.actor_id,
        at=row.at,
        status=outcome.status if outcome else "pending",
        code=outcome.code if outcome else "",
        about=outcome.about if outcome else "",
        party=str(row.payload.get("party") or ""),
    )
