"""The inbox of commands: stored first, delivered later, answered once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from casefile.database import Database
from casefile.tables import Case, CommandOutcome, CommandRow, CommandText, PaperRow
from casefile.vault import Vault
from domain.commands import EVERY_COMMAND, Command, Texts


class Outcome(BaseModel):
    """What the case said to a command: accepted, refused with a code and what it is about, or nothing yet."""

    status: Literal["accepted", "refused", "pending"]
    code: str = ""
    about: str = ""


class StoredElsewhere(ValueError):
    """The one-time key of this form was used before, for something else."""


def _said(payload: dict[str, Any]) -> dict[str, Any]:
    """What a command says, whenever it was said and whatever roles its author had then."""
    author = (payload.get("actor") or {}).get("id")
    return {name: value for name, value in payload.items() if name not in ("at", "actor")} | {"author": author}


class Commands:
    """Stores commands and what became of them."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault

    async def store(self, command: Command, texts: Texts | None = None) -> bool:
        """Write the command down. False: it is there already (a repeated post). StoredElsewhere: its id belongs to
        another command."""
        async with self.database.write() as session:
            return await self._store(session, command, texts)

    async def store_together(self, given: Sequence[tuple[Command, Texts]]) -> None:
        """Write several commands down in their order, all or none. StoredElsewhere, as above."""
        async with self.database.write() as session:
            for command, texts in given:
                await self._store(session, command, texts)

    async def _store(self, session: AsyncSession, command: Command, texts: Texts | None) -> bool:
        there = await session.get(CommandRow, command.id)
        if there is not None:
            if there.kind != command.kind() or _said(there.payload) != _said(command.model_dump(mode="json")):
                raise StoredElsewhere(command.id)
            return False
        found = await session.exec(select(Case.id, Case.wrapped_key).where(Case.id == command.case_id))
        case = found.one_or_none()  # and nothing else of it, which is large
        if case is None:
            raise LookupError(command.case_id)
        last = (
            await session.exec(select(func.max(CommandRow.number)).where(CommandRow.case_id == command.case_id))
        ).one()
        session.add(
            CommandRow(
                id=command.id,
                case_id=command.case_id,
                number=(last or 0) + 1,
                kind=command.kind(),
                payload=command.model_dump(mode="json"),
                actor_kind=command.actor.kind,
                actor_id=command.actor.id,
                at=command.at,
            )
        )
        await session.flush()
        if texts is not None and texts.model_dump(exclude_defaults=True):
            sealed = self.vault.case_key(*case).seal(texts, f"command/{command.id}")
            session.add(CommandText(command_id=command.id, case_id=command.case_id, sealed=sealed))
        return True

    async def pending(self, case_id: str) -> list[Command | Literal["refer"]]:
        """What the case has not answered yet, in the order in which it was stored."""
        async with self.database.read() as session:
            rows = (
                await session.exec(
                    select(CommandRow)
                    .outerjoin(CommandOutcome, col(CommandOutcome.command_id) == col(CommandRow.id))
                    .where(CommandRow.case_id == case_id, col(CommandOutcome.command_id).is_(None))
                    .order_by(col(CommandRow.number))
                )
            ).all()
        return ["refer" if row.kind == "refer" else EVERY_COMMAND[row.kind].model_validate(row.payload) for row in rows]

    async def cases_with_pending(self, stored_before: datetime) -> list[str]:
        """Cases that owe an answer since before an instant, the longest waiting first."""
        async with self.database.read() as session:
            return list(
                (
                    await session.exec(
                        select(CommandRow.case_id)
                        .outerjoin(CommandOutcome, col(CommandOutcome.command_id) == col(CommandRow.id))
                        .where(col(CommandOutcome.command_id).is_(None), col(CommandRow.at) < stored_before)
                        .group_by(CommandRow.case_id)
                        .order_by(func.min(CommandRow.at))
                    )
                ).all()
            )

    async def settle(self, command_id: str, outcome: Outcome, at: datetime) -> Outcome:
        """Write down what the case said; the first answer stands, and is given back. What was sent with a refused
        command is erased, whichever door it came through and however late the answer is."""
        async with self.database.write() as session:
            if (first := await session.get(CommandOutcome, command_id)) is not None:
                return _outcome(first)
            session.add(
                CommandOutcome(
                    command_id=command_id, status=outcome.status, code=outcome.code, about=outcome.about, at=at
                )
            )
            if outcome.status == "refused":
                case_id = (await session.get_one(CommandRow, command_id)).case_id
                await session.exec(
                    update(PaperRow)
                    .where(col(PaperRow.case_id) == case_id, col(PaperRow.command) == command_id)
                    .values(sealed=None, sealed_text=None)
                )
        return outcome

    async def known(self, command_id: str) -> Outcome | None:
        """What became of a command; None when none of this id was stored."""
        async with self.database.read() as session:
            if await session.get(CommandRow, command_id) is None:
                return None
        return await self.outcome(command_id)

    async def outcome(self, command_id: str) -> Outcome:
        """pending, when there is no answer yet."""
        async with self.database.read() as session:
            row = await session.get(CommandOutcome, command_id)
        return _outcome(row) if row else Outcome(status="pending")


def _outcome(row: CommandOutcome) -> Outcome:
    return Outcome(status=row.status, code=row.code, about=row.about)  # type: ignore[arg-type]
