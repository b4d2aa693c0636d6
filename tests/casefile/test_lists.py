"""Lists stay quick when there are ten thousand cases. PostgreSQL chooses its way by how many there are; here it is told
to sort only what no index has in order."""

import pytest
from sqlmodel import col, select

from casefile.cases import CaseFilter, Cases, urgent_first
from casefile.database import Database
from casefile.tables import Case
from casefile.vault import Vault
from tests.casefile.statements import asked_of_cases


@pytest.mark.parametrize("page", [1, 300])
async def test_a_page_of_open_cases_is_read_in_the_order_of_an_index(database_url: str, page: int) -> None:
    database = Database(database_url)
    with asked_of_cases() as looks:
        await Cases(database, Vault(b"v" * 32)).list(CaseFilter(open=True, page=page))
    async with database.read() as session:
        connection = await session.connection()
        plans = [
            step[-1]
            for statement, values in looks
            for step in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    await database.close()
    assert len(looks) == 2, "how many there are, and a page of them"
    assert [plan for plan in plans if "SCAN" in plan or "TEMP B-TREE" in plan] == []


@pytest.mark.both_databases
async def test_no_database_sorts_open_cases(database_url: str) -> None:
    database = Database(database_url)
    page = select(Case.id).where(col(Case.closed_at).is_(None)).order_by(*urgent_first(True)).limit(25)
    async with database.read() as session:
        connection = await session.connection()
        on_sqlite = connection.dialect.name == "sqlite"
        for way in [] if on_sqlite else ["seqscan", "bitmapscan", "sort", "incremental_sort"]:
            await connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        asked = page.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        steps = await connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN' if on_sqlite else ''} {asked}")
        plan = "\n".join(str(step) for step in steps)
    await database.close()
    assert "case_in_lists" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
