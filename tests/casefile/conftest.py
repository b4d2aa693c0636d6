"""A case file that a test fills by hand, with no more than it needs."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casefile.database import Database
from casefile.tables import Case, CommandOutcome, CommandRow, LetterRow, Staff
from domain.journey import Journey, OpenAsk, Task
from domain.stages import Stage
from tests.sample_case import added

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class File:
    """A case file, filled by hand."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)

    async def add(self, *rows: Any) -> None:
        await added(self.database, *rows)

    async def case(
        self,
        name: str,
        stage: Stage,
        asks: list[OpenAsk] | None = None,
        tasks: list[Task] | None = None,
        **more: Any,
    ) -> None:
        journey = Journey(parties=[], stage=stage, asks=asks or [], tasks=tasks or []).model_dump(mode="json")
        row = {"coordinator_id": "cora", "created": NOW, "sealed": b"", "policy": {}, "journey": journey, **more}
        await self.add(Case(id=name, reference=name, stage=stage, **row))

    async def letter(self, case: str, number: int, state: str, queued: datetime = NOW, problem: str = "") -> None:
        await self.add(
            LetterRow(
                id=f"{case}/{number}",
                case_id=case,
                kind="consent_ask",
                to="p2.1",
                number=number,
                state=state,
                queued=queued,
                problem=problem,
            )
        )

    async def command(self, case: str, number: int, at: datetime, *, answered: bool) -> None:
        key = f"{case}/{number}"
        row = CommandRow(
            id=key, case_id=case, number=number, kind="pause", payload={}, actor_kind="staff", actor_id="cora", at=at
        )
        await self.add(row, *([CommandOutcome(command_id=key, status="accepted", at=NOW)] if answered else []))


@pytest.fixture
async def file(database_url: str) -> AsyncIterator[File]:
    file = File(database_url)
    await file.add(Staff(id="cora", name="Cora", email="c@s.example", password_hash="!", roles=[], created=NOW))
    yield file
    await file.database.close()
