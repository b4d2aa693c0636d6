"""What the case file promises on every database: nothing that two do at once is lost, and a look sees one moment.

Each of two Database objects stands for a process (the API, the worker): they share nothing but the address."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, func, select

from casefile import database as database_module
from casefile.cases import CaseFilter, Cases, NoSuchCase
from casefile.commands import Commands
from casefile.database import Database
from casefile.reading import Reading
from casefile.staff import EmailTaken, StaffAccounts
from casefile.tables import Case, CommandRow, Counter, Staff
from casefile.vault import Vault
from domain.commands import Actor, Pause, StaffRole
from domain.policy import standard
from tests.api.fakes import QUICK_HASHER
from tests.sample_case import opened, sample_referral

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
CORA = Actor(kind="staff", id="cora", roles=[StaffRole.COORDINATOR])
VAULT = Vault(b"v" * 32)
FORM = sample_referral()


@pytest.fixture
async def processes(database_url: str) -> AsyncIterator[list[Database]]:
    """Two, on one case file with one coordinator."""
    both = [Database(database_url), Database(database_url)]
    async with both[0].write() as session:
        session.add(
            Staff(id="cora", name="cora", email="cora@service.example", password_hash="!", roles=[], created=NOW)
        )
    yield both
    for database in both:
        await database.close()


@pytest.fixture
def database(processes: list[Database]) -> Database:
    return processes[0]


async def open_case(database: Database, key: str) -> str:
    return (await opened(Cases(database, VAULT), FORM, key, CORA, "cora", standard([]), NOW)).case_id


# Two at once


async def test_thirty_at_once_are_counted_as_thirty(processes: list[Database]) -> None:
    async def count(database: Database) -> None:
        async with database.write() as session:
            counter = await session.get(Counter, "test") or Counter(name="test")
            seen = counter.value
            await asyncio.sleep(0.002)  # time for all others to look at the same number
            counter.value = seen + 1
            session.add(counter)

    await asyncio.gather(*(count(processes[n % 2]) for n in range(30)))
    async with processes[0].read() as session:
        assert (await session.get_one(Counter, "test")).value == 30


async def test_referrals_at_once_get_a_reference_each(processes: list[Database]) -> None:
    cases = await asyncio.gather(*(open_case(processes[n % 2], f"form-{n}") for n in range(10)))
    async with processes[0].read() as session:
        references = set(await session.exec(select(Case.reference)))
    assert len(set(cases)) == 10
    assert references == {f"SM-2026-{n:05d}" for n in range(1, 11)}


async def test_two_clicks_of_one_referral_are_one_case(processes: list[Database]) -> None:
    cases = await asyncio.gather(*(open_case(database, "form") for database in processes * 3))
    assert len(set(cases)) == 1
    async with processes[0].read() as session:
        assert list(await session.exec(select(Case.reference))) == ["SM-2026-00001"]


async def test_commands_at_once_are_numbered_and_stored_once(processes: list[Database]) -> None:
    case_id = await open_case(processes[0], "form")
    stored = await asyncio.gather(
        *(
            Commands(processes[n % 2], VAULT).store(Pause(id=f"c{n % 10}", case_id=case_id, actor=CORA, at=NOW))
            for n in range(20)
        )
    )
    assert sorted(stored) == [False] * 10 + [True] * 10
    async with processes[0].read() as session:
        assert sorted(await session.exec(select(CommandRow.number))) == list(range(11))


async def test_of_two_accounts_of_one_address_one_is_told(processes: list[Database]) -> None:
    made = await asyncio.gather(
        *(
            StaffAccounts(one, QUICK_HASHER).create("Jo", "jo@service.example", [StaffRole.MANAGER], NOW)
            for one in processes
        ),
        return_exceptions=True,
    )
    assert [type(one) for one in made if isinstance(one, BaseException)] == [EmailTaken]


async def test_one_writer_waits_for_the_other_but_not_for_ever(
    database_url: str, processes: list[Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "PATIENCE", 1)
    hurried = Database(database_url)

    async def write(name: str) -> None:
        async with hurried.write() as session:
            session.add(Counter(name=name))

    async with processes[0].write() as session:
        await session.get(Counter, "the first one has begun")
        with pytest.raises(DBAPIError):
            await write("too soon")
    await write("later")
    async with processes[0].read() as session:
        assert list(await session.exec(select(Counter.name))) == ["later"]
    await hurried.close()


# One look


async def test_a_look_sees_one_moment_and_does_not_wait_for_a_writer(processes: list[Database]) -> None:
    reader, writer = processes
    async with reader.read() as session, writer.write() as other:
        before = (await session.exec(select(func.count()).select_from(Counter))).one()
        other.add(Counter(name="test"))
        await other.flush()
        during = (await session.exec(select(func.count()).select_from(Counter))).one()
        await other.commit()
        after = (await session.exec(select(func.count()).select_from(Counter))).one()
        assert (before, during, after) == (0, 0, 0)
    async with reader.read() as session:
        assert (await session.exec(select(func.count()).select_from(Counter))).one() == 1


async def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as session:
            session.add(Counter(name="test"))
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.read() as session:
        assert await session.get(Counter, "test") is None


# The same answers


async def test_the_tables_are_those_of_the_code(database: Database) -> None:
    async with database.read() as session:
        connection = await session.connection()
        found = await connection.run_sync(
            lambda it: compare_metadata(MigrationContext.configure(it), SQLModel.metadata)
        )
    assert found == []


async def test_instants_texts_and_keys_come_back_as_they_were_given(database: Database) -> None:
    instant = datetime(2026, 7, 1, 12, 30, 15, 123456, tzinfo=UTC)
    async with database.write() as session:
        staff = await session.get_one(Staff, "cora")
        staff.roles, staff.created, staff.name = ["manager"], instant, "Zoë “O'Neil” 😀"
        session.add(staff)
    async with database.read() as session:
        staff = await session.get_one(Staff, "cora")
        assert (staff.roles, staff.created, staff.name) == (["manager"], instant, "Zoë “O'Neil” 😀")
        assert staff.created.utcoffset() == timedelta(0)


async def test_the_most_urgent_case_comes_first(database: Database) -> None:
    """Escalated, then by what is due; nothing due comes after that, and the closed at the end."""
    changes: dict[str, dict[str, object]] = {
        "closed": {"closed_at": NOW, "escalated": True},
        "nothing due": {},
        "tomorrow": {"next_at": NOW + timedelta(days=1)},
        "today": {"next_at": NOW},
        "escalated": {"escalated": True},
        "paused": {"paused": True, "next_at": NOW + timedelta(days=2)},
    }
    ids = {name: await open_case(database, name) for name in changes}
    async with database.write() as session:
        for name, values in changes.items():
            case = await session.get_one(Case, ids[name])
            for field, value in values.items():
                setattr(case, field, value)
            session.add(case)
    cases, name_of = Cases(database, VAULT), {id: name for name, id in ids.items()}

    async def listed(**wanted: object) -> list[str]:
        return [name_of[line.id] for line in (await cases.list(CaseFilter.model_validate(wanted)))[0]]

    everything = ["escalated", "today", "tomorrow", "paused", "nothing due", "closed"]
    assert await listed() == everything
    pages = [name for page in range(1, 7) for name in await listed(page=page, per_page=1)]
    assert pages == everything
    assert await listed(open=False) == ["closed"]
    assert await listed(open=True, escalated=True) == ["escalated"]
    assert await listed(on_hold=True) == ["paused"]
    assert await listed(reference=" sm-2026-00003") == ["tomorrow"]
    for nothing in ("%", "_", "\\", "SM-2026-0000\0"):
        assert await listed(reference=nothing) == []


async def test_what_cannot_be_an_address_of_ours_is_found_nowhere(database: Database) -> None:
    await open_case(database, "form")
    for made_up in ("\0", "SM-2026-00001\0", "x" * 9000, "'; --", "\U0001f4a5"):
        with pytest.raises(NoSuchCase):
            await Cases(database, VAULT).case_id(made_up)
        assert await StaffAccounts(database, QUICK_HASHER).find(made_up) is None


async def test_the_panel_by_name_and_a_person_once(database: Database) -> None:
    reading = Reading(database, VAULT)
    for name, email in (("Zoe", "zoe@x.example"), ("ann", "Ann@X.example"), ("Ben", "ben@x.example")):
        for _ in range(2):
            await reading.add_mediator(
                name=name, email=email, professional_body="CMC", registered_until=date(2028, 1, 1), at=NOW
            )
    assert [mediator.name for mediator in await reading.mediators()] == ["ann", "Ben", "Zoe"]


# One look


async def test_all_that_is_read_in_one_look_is_of_one_moment(processes: list[Database]) -> None:
    here, elsewhere = processes
    async with here.one_look():
        before = await StaffAccounts(here, QUICK_HASHER).names()
        await StaffAccounts(elsewhere, QUICK_HASHER).create("New", "new@service.example", [], NOW)
        assert await StaffAccounts(here, QUICK_HASHER).names() == before == {"cora": "cora"}
    assert len(await StaffAccounts(here, QUICK_HASHER).names()) == 2


async def test_whoever_only_looks_writes_nothing(processes: list[Database]) -> None:
    here, elsewhere = processes
    async with here.one_look():
        with pytest.raises(RuntimeError, match="only looks"):
            async with here.write():
                pass
        async with elsewhere.write() as session:  # somebody else may
            session.add(Counter(name="test", value=1))
    async with here.write() as session:
        assert (await session.get_one(Counter, "test")).value == 1
