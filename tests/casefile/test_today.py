"""The queue: each open case stands in one section, and thousands of them are sorted without opening one."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlmodel import select

from casefile import migrate
from casefile.database import Database
from casefile.tables import Case, Staff, TimelineEvent
from casefile.today import Queue
from casefile.vault import Vault
from domain.journey import Journey, Task
from domain.policy import Policy
from domain.queue import Section, at_risk_since
from domain.referral import Child
from domain.stages import Stage
from domain.targets import STAGE_DAYS
from domain.view import CaseText
from tests.casefile.conftest import DAY, HOUR, NOW, File
from tests.casefile.statements import asked_of_cases

AT_RISK = at_risk_since(NOW, STAGE_DAYS, [])
VAULT = Vault(b"v" * 32)


@pytest.fixture
async def queue(file: File) -> "Filled":
    await file.add(Staff(id="cole", name="Cole", email="o@s.example", password_hash="!", roles=[], created=NOW))
    return Filled(file)


class Filled:
    """A case file with cases that can be opened."""

    def __init__(self, file: File) -> None:
        self.file, self.queue = file, Queue(file.database, VAULT)

    async def case(self, name: str, stage: Stage = Stage.CONSENT, **more: Any) -> None:
        wrapped, key = VAULT.new_case_key(name)
        row = {
            "coordinator_id": "cora",
            "created": NOW - DAY,
            "wrapped_key": wrapped,
            "sealed": key.seal(CaseText(child=Child(name=f"Child {name}"), about="x"), f"case/{name}"),
            "policy": Policy().model_dump(mode="json"),
            "journey": Journey(parties=[], stage=stage).model_dump(mode="json"),
            **more,
        }
        await self.file.add(Case(id=name, reference=name, stage=stage, **row))

    async def sections(self, coordinator: str = "", **more: Any) -> dict[str, list[str]]:
        parts = await self.queue.parts(NOW, AT_RISK, coordinator=coordinator, **more)
        return {part.section.value: [one.case.reference for one in part.cases] for part in parts if part.cases}


@pytest.mark.both_databases
async def test_each_open_case_is_in_one_section(queue: Filled) -> None:
    late: dict[str, Any] = {"late_at": NOW - HOUR, "due_at": NOW - HOUR}
    await queue.case("late", escalated=True, **late)
    await queue.case("later", **(late | {"late_at": NOW - DAY}))
    await queue.case("today", due_at=NOW + 2 * HOUR, late_at=NOW + HOUR)
    await queue.case("tomorrow", due_at=NOW + DAY, late_at=NOW + DAY)
    await queue.case("escalated", escalated=True)
    await queue.case("slow", stage_since=NOW - 20 * DAY)
    await queue.case("since it began", created=NOW - 20 * DAY)
    await queue.case("letter")
    await queue.file.letter("letter", 1, "queued", problem="451")
    await queue.case("carried out", Stage.ACTIONS, stage_since=NOW - 200 * DAY)
    await queue.case("nobody's", coordinator_id=None, **late)
    await queue.case("ended", closed_at=NOW, **late)
    assert await queue.sections() == {
        "late": ["later", "late"],
        "today": ["today"],
        "at_risk": ["since it began", "slow", "escalated", "letter"],
        "not_taken": ["nobody's"],
        "waiting": ["carried out", "tomorrow"],
    }


@pytest.mark.both_databases
async def test_a_coordinator_reads_their_own_and_nobodys_and_a_section_by_pages(queue: Filled) -> None:
    for n in range(5):
        await queue.case(f"c{n}", late_at=NOW - DAY + n * HOUR)
    await queue.case("coles", coordinator_id="cole", late_at=NOW - HOUR)
    await queue.case("nobody's", coordinator_id=None)
    assert await queue.sections("cole") == {"late": ["coles"], "not_taken": ["nobody's"]}
    [part] = await queue.queue.parts(NOW, AT_RISK, coordinator="cora", only=Section.LATE, page=2, per_page=2)
    assert ([one.case.reference for one in part.cases], part.total) == (["c2", "c3"], 5)
    first = (await queue.queue.parts(NOW, AT_RISK, per_page=2))[0]
    assert (first.total, len(first.cases)) == (6, 2)


async def test_a_letter_that_could_not_leave_is_told_and_a_damaged_case_takes_the_page_from_nobody(
    queue: Filled,
) -> None:
    await queue.case("letter")
    await queue.file.letter("letter", 1, "queued", problem="451")
    await queue.case("damaged", escalated=True, sealed=b"nothing")
    await queue.case("erased", escalated=True, wrapped_key=None)
    part = next(part for part in await queue.queue.parts(NOW, AT_RISK) if part.section == Section.AT_RISK)
    assert [(one.case.child.name, one.letter_waits) for one in part.cases] == [("Child letter", True)]
    assert part.total == 3


@pytest.mark.parametrize("coordinator", ["", "cora"])
async def test_no_row_is_opened_to_sort_the_cases(database_url: str, coordinator: str) -> None:
    database = Database(database_url)
    with asked_of_cases() as looks:
        await Queue(database, VAULT).parts(NOW, AT_RISK, coordinator=coordinator)
    async with database.read() as session:
        connection = await session.connection()
        [(statement, values)] = looks
        plan = [step[-1] for step in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    await database.close()
    of_cases = [step for step in plan if "mediation_case" in step]
    assert of_cases, plan
    assert [step for step in of_cases if "COVERING INDEX case_in_queue" not in step] == []
    assert [step for step in plan if step.startswith("SCAN letter")] == []


async def test_open_cases_of_before_are_in_the_queue_once_the_case_file_is_migrated(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/casefile.db"
    await asyncio.to_thread(migrate.upgrade, url)
    file, task = File(url), {"key": "phone/consent/p2/1", "kind": "phone", "about": "consent/p2", "role": "coordinator"}
    call = Task.model_validate({**task, "opened": NOW - DAY, "due": NOW - HOUR})
    await file.add(Staff(id="cora", name="Cora", email="c@s.example", password_hash="!", roles=[], created=NOW))
    await file.case("calls", Stage.CONSENT, tasks=[call])
    await file.case("not begun", Stage.REFERRAL)
    await file.add(
        TimelineEvent(case_id="calls", number=1, at=NOW - 9 * DAY, what="stage", about="permission", detail={}),
        TimelineEvent(case_id="calls", number=2, at=NOW - 5 * DAY, what="stage", about="consent", detail={}),
    )
    config: Any = migrate._config()
    config.attributes["url"] = url
    await asyncio.to_thread(command.downgrade, config, "0012")
    await asyncio.to_thread(migrate.upgrade, url)
    async with file.database.read() as session:
        found = {case.id: (case.stage_since, case.late_at, case.due_at) for case in await session.exec(select(Case))}
    await file.database.close()
    assert found == {"calls": (NOW - 5 * DAY, NOW - HOUR, NOW - HOUR), "not begun": (None, None, None)}
