"""What a case stands on is killed with -9, each part at a moment that hurts. Nothing is lost, nothing comes twice.

A part is first frozen, so that it surely has the errand in hand when it dies. No letter is between being taken by the
mail server and being written down as sent when worker or database die: that one would go once more, which
tests/activities/test_correspondence.py tells."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from temporalio.client import Client, WorkflowHandle

from casefile.tables import TimelineEvent
from demo import Office, open_office
from domain.policy import demo
from temporal_client import connect
from tests import postgresql
from tests.end_to_end.by_telephone import (
    Case,
    calendars_show_each_meeting_once,
    case_file,
    nothing_was_lost_and_nothing_came_twice,
    refer,
)
from tests.real_service import Service, frozen, running
from tests.waiting import until
from workflows.doors import workflow_id

AT_ONCE = timedelta(seconds=30)  # on a loaded machine; a second on an idle one


@pytest.fixture
def run() -> str:
    return f"k{datetime.now(UTC):%H%M%S%f}"


@pytest.fixture
async def office(service: Service, run: str) -> Office:
    return await open_office(service.settings, run)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@contextmanager
def locked(service: Service) -> Iterator[None]:
    """Nobody can write to the case file."""
    with closing(sqlite3.connect(service.settings.var_dir / "casefile.db", timeout=30, isolation_level=None)) as file:
        file.execute("BEGIN IMMEDIATE")
        yield
        file.execute("ROLLBACK")


async def another_one(service: Service, part: str, killed: int) -> None:
    """Until the supervisor has started the part again."""

    async def there() -> bool:
        with suppress(ValueError, IndexError):  # it is writing the file this very moment
            return service.pid(part) != killed
        return False

    await until(f"{part} is started again", there)


async def test_each_part_is_killed_once_in_one_case(service: Service, office: Office, run: str) -> None:
    temporal = await connect(service.settings)
    case = await refer(service, office, run)

    with frozen(service, "mail") as mail:  # the worker waits for its greeting, with the invitations in hand
        await case.explained_and_permitted()
        await case.is_leaving("consent_ask")
        kill(mail)

    with frozen(service, "worker"):  # so that the case cannot answer
        consent = asyncio.create_task(case.consents("p2"))
        await case.is_stored("answer_consent")
        api = service.pid("api")
        kill(api)  # the caller hears nothing, and asks again
    await consent

    await case.letters_have_left()
    with frozen(service, "worker") as worker:
        consent = asyncio.create_task(case.consents("p3"))
        await case.is_stored("answer_consent")
        with locked(service):
            os.kill(worker, signal.SIGCONT)
            await case.is_in_hand(temporal, "file")  # decided, and not written down yet
            kill(worker)
    await consent

    await case.allocated()
    with frozen(service, "calendar") as calendar:
        await case.chooses("p1", await case.offers_a_visit("p1"))
        await case.is_in_hand(temporal, "book")
        kill(calendar)
    for party in ("p2", "p3"):
        await case.chooses(party, await case.offers_a_visit(party))
    for party in ("p1", "p2", "p3"):
        await case.was_visited(party)

    await case.everyone_can_come()
    with frozen(service, "temporal") as server:
        fixing = asyncio.create_task(case.fix(office.free_slot()))
        await case.is_stored("fix_joint_meeting")
        kill(server)
    await fixing

    await case.met_and_agreed()
    await case.is_home()
    for part, killed in {"mail": mail, "api": api, "worker": worker, "calendar": calendar, "temporal": server}.items():
        await another_one(service, part, killed)
    assert (await case.seen())["closed"]["reason"] == "agreement_full"
    await nothing_was_lost_and_nothing_came_twice(case)
    await calendars_show_each_meeting_once(case)


async def test_a_worker_that_is_stopped_finishes_what_it_has_in_hand(
    service: Service, office: Office, run: str
) -> None:
    temporal, log = await connect(service.settings), service.settings.var_dir / "log" / "worker.log"
    stops = told_to_stop(log)
    with frozen(service, "mail"):
        case = await refer(service, office, run)
        await case.is_leaving("referral_received")
        worker = service.pid("worker")
        os.kill(worker, signal.SIGTERM)

        async def stopping() -> bool:
            return told_to_stop(log) > stops

        await until("the worker stops", stopping)
    await another_one(service, "worker", worker)
    assert await who_delivered(temporal, case) == [(worker, 1)], "at once, by the one that was told to stop"
    await nothing_was_lost_and_nothing_came_twice(case)


def told_to_stop(log: Path) -> int:
    return log.read_text().count("worker stopping")


async def who_delivered(temporal: Client, case: Case) -> list[tuple[int, int]]:
    """Of each letter whose delivery has ended: by which process of a worker, and at which attempt."""
    case_: WorkflowHandle[Any, Any] = temporal.get_workflow_handle(workflow_id(case.id))
    found: list[tuple[int, int]] = []

    async def ended() -> bool:
        events = {event.event_id: event async for event in case_.fetch_history_events()}
        for event in events.values():
            if event.HasField("activity_task_completed_event_attributes"):
                done = event.activity_task_completed_event_attributes
                asked = events[done.scheduled_event_id].activity_task_scheduled_event_attributes
                if asked.activity_type.name == "deliver":
                    begun = events[done.started_event_id].activity_task_started_event_attributes
                    found.append((int(done.identity.partition("@")[0]), begun.attempt))
        return bool(found)

    await until("a delivery has ended", ended)
    return found


@pytest.mark.skipif(not (postgresql.binaries() and postgresql.account()), reason="PostgreSQL is not installed here")
async def test_the_database_breaks_off_and_is_away_for_a_while(
    tmp_path: Path, free_ports: Callable[[int], list[int]], run: str
) -> None:
    with postgresql.cluster() as cluster, ExitStack() as database:
        await asyncio.to_thread(database.enter_context, cluster.up())
        with running(tmp_path, free_ports(6), database_url=cluster.url) as service:
            temporal = await connect(service.settings)
            case = await refer(service, await open_office(service.settings, run), run)
            await case.explained_and_permitted()
            await case.letters_have_left()
            with frozen(service, "worker"):
                consent = asyncio.create_task(case.consents("p2"))
                await case.is_stored("answer_consent")
                await case.is_told(temporal)  # the API has read it, and needs no database until it is answered
                database.close()
            await case.is_in_hand(temporal, "file", attempt=2)  # tried in vain, and tried again
            assert not consent.done()
            await asyncio.to_thread(database.enter_context, cluster.up())
            await consent
            await case.do("answer_consent", party="p3", yes=False, how="phone")
            await case.is_home()
            assert (await case.seen())["closed"]["reason"] == "not_agreed"
            await nothing_was_lost_and_nothing_came_twice(case)


async def test_what_fell_due_while_everything_was_down_comes_at_once_and_once(
    tmp_path: Path, free_ports: Callable[[int], list[int]], run: str
) -> None:
    ports = free_ports(6)
    with running(tmp_path, ports) as service:
        case = await refer(service, await open_office(service.settings, run), run, policy="demo")  # seconds for days
        await case.explained_and_permitted()
        service.kill_everything()
    down = datetime.now(UTC)
    decides = down + timedelta(seconds=demo().ladder("consent")[-1].after)

    async def all_fell_due() -> bool:
        return datetime.now(UTC) > decides

    await until("three reminders, the call and the manager's decision fell due", all_fell_due)
    with running(tmp_path, ports):
        up = datetime.now(UTC)

        async def with_the_manager() -> bool:
            return len([one for one in await ladder_of_consent(case) if one.what == "rung_manager_decides"]) == 2

        await until("both silences are with the manager", with_the_manager)
        missed = [one for one in await ladder_of_consent(case) if one.at > down]
    assert sorted((one.about, one.what) for one in missed) == [
        ("consent/p2", "rung_manager_decides"),
        ("consent/p3", "rung_manager_decides"),
    ], "the latest rung, once, and no burst"
    assert max(one.at for one in missed) < up + AT_ONCE


async def ladder_of_consent(case: Case) -> list[TimelineEvent]:
    async with case_file(case.service) as database, database.read() as session:
        lines = await session.exec(select(TimelineEvent).where(TimelineEvent.case_id == case.id))
        return [one for one in lines if one.about.startswith("consent/") and one.what.startswith("rung_")]
