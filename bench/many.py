"""Many cases on the real processes: how many a second, what processor time each part takes, and what cases that only
wait cost."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from sqlmodel import func, select
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.names import referral
from bench.rows import Part, Row, Size
from casefile.cases import Cases
from casefile.database import Database
from casefile.tables import LetterRow, Staff
from casefile.vault import Vault
from demo import Office, open_office
from domain.bank_holidays import of_england
from domain.commands import Actor, StaffRole
from domain.policy import standard
from temporal_client import begin_case, connect
from tests.end_to_end.by_telephone import Case, refer
from tests.real_service import Service, ports_that_are_free, running
from tests.sample_case import opened
from tests.waiting import until

PARTS = ("worker", "api", "temporal", "calendar", "mail")
AT_ONCE = 4  # cases that are carried side by side
MEMORY, RESTART = 250, 5.0  # MB of the worker; seconds until it takes its first step
ACTS, EFFECTS = 26, 5  # of a bare case: as many Updates as a case by telephone has, and activities after each
QUEUE = "bare"
PATIENCE = 3600.0  # seconds until so many cases sleep
IDLE = 30.0  # seconds in which they do, and the worker is looked at
Given = TypeVar("Given")
TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds


@activity.defn
async def nothing() -> None:
    pass


@workflow.defn
class BareCase:
    """Of the shape of a case without its contents: Updates, each with activities after it."""

    def __init__(self) -> None:
        self.acts = 0

    @workflow.run
    async def run(self) -> None:
        for done in range(ACTS):
            await workflow.wait_condition(lambda done=done: self.acts > done)  # type: ignore[misc]
            for _ in range(EFFECTS):
                await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(seconds=30))

    @workflow.update
    async def act(self) -> None:
        self.acts += 1


async def measure(size: Size) -> Part:
    with TemporaryDirectory() as folder, running(Path(folder), ports_that_are_free(6)) as up:
        office = await open_office(up.settings, "many")
        rows = [*await carried(up, office, size.carried), *await asleep(up, office, size.asleep)]
    notes = (
        f"A whole case is carried by telephone through the JSON door, {AT_ONCE} side by side, with the real mail and "
        "calendar servers, on SQLite and the development server; everything runs on this machine, and so does whoever "
        f"rings. A bare case is a workflow of {ACTS} Updates with {EFFECTS} activities after each, which do nothing. "
        "Sleeping cases are referred, their first letter has left, and they wait for the explaining call."
    )
    return Part("Many cases", rows, notes)


async def carried(service: Service, office: Office, count: int) -> list[Row]:
    """Whole cases, from the referral to the last letter."""
    before, begun = cpu(service), time.perf_counter()
    await side_by_side(count, lambda number: a_whole_case(service, office, f"m{number}"))
    took = time.perf_counter() - begun
    spent = {part: (after - before[part]) / count for part, after in cpu(service).items()}
    bare, of_temporal, of_worker = await bare_cases(service, count)
    largest = max(spent, key=lambda part: spent[part])
    return [
        Row(
            f"whole cases a second, {count} cases",
            "measured",
            f"{count / took:.2f}",
            f"bare cases on the same server: {bare:.2f}",
        ),
        Row(
            "processor time of a case, by part",
            "measured; the largest part is named",
            ", ".join(f"{part} {seconds:.2f} s" for part, seconds in spent.items()) + f"; the largest: {largest}",
            f"of a bare case: temporal {of_temporal:.2f} s, its worker {of_worker:.2f} s",
        ),
    ]


async def a_whole_case(service: Service, office: Office, run: str) -> None:
    case = await refer(service, office, run)
    await case.explained_and_permitted()
    await case.everyone_consents_and_the_mediator_accepts()
    for party in ("p1", "p2", "p3"):
        await case.chooses(party, await case.offers_a_visit(party))
        await case.was_visited(party)
    await case.carried_home(office.free_slot())


async def bare_cases(service: Service, count: int) -> tuple[float, float, float]:
    """How many a second; processor seconds of each, of the server and of the worker, which is this process."""
    client = await connect(service.settings)
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue=QUEUE, workflows=[BareCase], activities=[nothing], workflow_runner=runner):
        server, own, begun = cpu(service)["temporal"], time.process_time(), time.perf_counter()
        await side_by_side(count, lambda number: a_bare_case(client, number))
        took = time.perf_counter() - begun
        server, own = cpu(service)["temporal"] - server, time.process_time() - own
    return count / took, server / count, own / count


async def a_bare_case(client: Client, number: int) -> None:
    bare = await client.start_workflow(BareCase.run, id=f"bare-{number}", task_queue=QUEUE)
    for _ in range(ACTS):
        await bare.execute_update(BareCase.act)
    await bare.result()


async def asleep(service: Service, office: Office, count: int) -> list[Row]:
    """Cases that wait for somebody."""
    database = Database(service.settings.database_url)
    cases = Cases(database, Vault(service.settings.vault_master_key()))
    client, chance, now = await connect(service.settings), random.Random(5), datetime.now(UTC)
    policy = standard(of_england(now.year, now.year + 2))
    async with database.read() as session:
        by = (await session.exec(select(Staff.id))).first() or ""
    actor = Actor(kind="staff", id=by, roles=[StaffRole.COORDINATOR])

    async def begin(number: int) -> str:
        start = await opened(cases, referral(number, chance), f"asleep-{number}", actor, by, policy, now)
        await begin_case(
            client,
            service.settings.temporal_task_queue,
            start,
            WorkflowIDReusePolicy.REJECT_DUPLICATE,
            timedelta(seconds=30),
            service.settings.public_url,
        )
        return start.reference

    async def sent() -> int:
        """First letters that have left, of all cases there are."""
        letters = select(func.count()).where(LetterRow.kind == "referral_received", LetterRow.state == "sent")
        async with database.read() as session:
            return (await session.exec(letters)).one()

    before, begun = await sent(), time.perf_counter()
    references = await side_by_side(count, begin)
    await until(f"{count} cases sleep", sent, lambda now: now >= before + count, within=PATIENCE)
    took = time.perf_counter() - begun
    awake, memory = cpu(service)["worker"], megabytes(service.pid("worker"))
    await asyncio.sleep(IDLE)
    idle = (cpu(service)["worker"] - awake) / IDLE
    restart, memory_after = await restarted(service, office, references[0])
    await database.close()
    return [
        Row(f"cases begun a second, {count:,} cases", "measured", f"{count / took:.1f}", "their letters sent, too"),
        Row(
            f"{count:,} sleeping cases: memory of the worker",
            f"<= {MEMORY} MB",
            f"{memory:.0f} MB; after a restart {memory_after:.0f} MB; {idle:.1%} of a processor while they sleep, over "
            f"{IDLE:.0f} s: what the reconciler takes every five minutes is not in it",
            "a row in a table would take none",
            max(memory, memory_after) <= MEMORY,
            "It keeps the state of the cases that it saw last. Next: keep fewer of them.",
        ),
        Row(
            "from the end of a worker to its first step after a restart",
            f"<= {RESTART:.0f} s",
            f"{restart:.1f} s",
            "by the supervisor, which looks every second; an answer waits meanwhile, and is not lost",
            restart <= RESTART,
            "Python begins, reads its modules, and connects.",
        ),
    ]


async def restarted(service: Service, office: Office, reference: str) -> tuple[float, float]:
    """Seconds from the kill of the worker until a case has taken an act, and then the memory of the new one."""
    os.kill(service.pid("worker"), signal.SIGKILL)
    begun = time.perf_counter()
    case = Case(service, office, reference, "")
    await case.do("record_explaining_call", outcome="go_on", permission="not_yet")
    return time.perf_counter() - begun, megabytes(service.pid("worker"))


async def side_by_side(count: int, one: Callable[[int], Awaitable[Given]]) -> list[Given]:
    """What each has given, by its number."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def in_turn(number: int) -> Given:
        async with turn:
            return await one(number)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(in_turn(number)) for number in range(count)]
    return [task.result() for task in tasks]


def cpu(service: Service) -> dict[str, float]:
    """Seconds of processor time that each part has taken since it was started."""
    found = {}
    for part in PARTS:
        fields = Path(f"/proc/{service.pid(part)}/stat").read_text().rpartition(")")[2].split()
        found[part] = (int(fields[11]) + int(fields[12])) * TICK
    return found


def megabytes(pid: int) -> float:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
