"""What a coordinator and a party wait for, on the real processes as `make run` starts them."""

import asyncio
import random
import secrets
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.names import referral
from bench.plain import EVERY, PlainConsents
from bench.rows import Part, Row, Size, in_ms, percentile, timed
from demo import LINK, form_of, open_office, post
from domain.referral import ReferralForm
from settings import Settings
from temporal_client import connect
from tests.api.staff_world import Browser
from tests.real_service import ROOT, Service, ports_that_are_free, running

GOAL_START, GOAL_CONSENT = 0.030, 0.080  # seconds, of 95 in 100
QUIET = 0.5  # seconds in which the worker finishes what it has in hand
PATIENCE = 60  # seconds for a letter
QUEUE = "bench"
RECEIPT = "Subject: Thank you for agreeing"  # letters/templates/email/consent_receipt.txt


@workflow.defn
class Bare:
    """A workflow with one Update that does nothing: the least that an answer through Temporal can cost."""

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def answer(self) -> None:
        pass


async def measure(size: Size) -> Part:
    with TemporaryDirectory() as folder, running(Path(folder), ports_that_are_free(6)) as up:
        rows = await knock(up, size.forms)
    notes = (
        "One request at a time, from sending the form to the end of the answer, by a browser's client that is signed "
        "in or has followed the personal link; SQLite, the development server, worker and API on this machine. A start "
        "is the post of “Begin the case”, a consent the post of “yes”: both are stored, and brought to the case in "
        "Temporal, before the answer. The targets are those for trying out, whose letters keep no office hours."
    )
    return Part("Forms on the real processes", rows, notes)


async def knock(service: Service, count: int) -> list[Row]:
    settings = service.settings
    office = await open_office(settings, "bench")
    chance = random.Random(3)
    begun: list[float] = []
    consented: list[float] = []
    plain: list[float] = []
    update: list[float] = []
    confirmed: list[float] = []
    async with httpx.AsyncClient(base_url=settings.public_url, timeout=30) as client:
        manager = Browser(client)
        await manager.sign_in(*service.first_sign_in())
        for number in range(count + 1):
            form = referral(number, chance, policy="demo")
            reference = await begin(manager, form, begun)
            with timed(plain):
                await client.get("/venues")
            await office.do(
                office.coordinator, reference, "record_explaining_call", outcome="go_on", permission="given"
            )
            for party in form.parties[1:]:
                await consent(settings, party.people[0].email, consented, confirmed)
    await answer_the_bare_one(settings, count, update)
    polled, look, rows_of_a_look = await asyncio.to_thread(plainly, settings, count * 2)
    start, answer = begun[1:], consented[2:]  # the first of each opens connections
    return [
        Row(
            "beginning a case",
            f"p95 <= {GOAL_START * 1000:.0f} ms",
            in_ms(start),
            f"a page that reads one small table: {in_ms(plain[1:])}",
            percentile(start, 95) <= GOAL_START,
            "It looks for the same child in other cases, seals the words and writes the case with its search tokens in "
            "one transaction, starts the workflow, and writes the outcome: 29 statements, most of the time in the "
            "API's own process. Next: leave the start to the relay, which would answer sooner and begin later.",
        ),
        Row(
            "a party's consent",
            f"p95 <= {GOAL_CONSENT * 1000:.0f} ms",
            in_ms(answer),
            f"an Update to a workflow that does nothing, same server: {in_ms(update)}",
            percentile(answer, 95) <= GOAL_CONSENT,
            "An answer is stored, sent as an Update, filed by an activity before the person reads that it was accepted "
            "(`workflows/doors/desk.py`), and its outcome stored: three writes, two workflow tasks and an activity. "
            "Worker and development server take about two thirds of the processor time, the API the rest. Next: write "
            "the outcome with the filing.",
        ),
        Row(
            "until the consent is confirmed by e-mail",
            "sooner than the plain alternative",
            in_ms(confirmed[2:]),
            f"plain alternative, same mail server: {in_ms(polled)}",
            statistics.median(confirmed[2:]) < statistics.median(polled),
        ),
        Row(
            "rows read and questions asked while a case waits",
            "none",
            "none for it: its timer is Temporal's. The reconciler asks for all cases together, every five minutes",
            f"plain alternative: 1,440 looks a day for all cases together, each reading {rows_of_a_look} rows when "
            f"nothing is due ({look})",
        ),
        Row(
            "lines",
            "",
            f"{lines_of('workflows/asks.py', 'workflows/errands.py'):,} for everything that is ever asked and sent, of "
            f"{lines_of('workflows/*.py', 'workflows/doors/*.py'):,} for the whole journey",
            f"plain alternative: {lines_of('bench/plain.py')} for the consent alone",
        ),
    ]


def plainly(settings: Settings, count: int) -> tuple[list[float], str, int]:
    """So many consents by the plain alternative, each answered at some moment of the minute between two looks: seconds
    until it was confirmed; how a look finds what is due; and how many rows it reads when nothing is."""
    chance, now = random.Random(4), datetime.now(UTC)
    plain = PlainConsents(settings.var_dir / "plain.db", settings.smtp_url)
    took: list[float] = []
    for number in range(count):
        email = f"plain.{number}@people.example"
        plain.ask(email, now)
        plain.poll(now)
        plain.answer(email, "yes", now)
        look: list[float] = []
        with timed(look):
            assert plain.poll(now) == 1
        took.append(chance.uniform(0, EVERY.total_seconds()) + look[0])
    return took, plain.how_it_looks(), plain.poll(now)


def lines_of(*patterns: str) -> int:
    """Lines that are not empty, comments among them."""
    files = [path for pattern in patterns for path in ROOT.glob(pattern)]
    return sum(1 for path in files for line in path.read_text().splitlines() if line.strip())


async def begin(manager: Browser, form: ReferralForm, took: list[float]) -> str:
    """The form is filled in and begun, as its check page does; the reference of the case."""
    typed = {"blocks": "3", "child": form.child.name, "about": form.about, "policy": form.policy}
    for n, party in enumerate(form.parties, 1):
        lead = party.people[0]
        typed |= {f"p{n}_role": party.role, f"p{n}_organisation": party.organisation}
        typed |= {f"p{n}_1_name": lead.name, f"p{n}_1_email": lead.email, f"p{n}_1_channel": lead.channel}
    await manager.get("/cases/new")
    await asyncio.sleep(QUIET)
    key = secrets.token_hex(16)
    once: list[float] = []
    with timed(once):
        answer = await manager.post("/cases/new", {**typed, "key": key, "action": "create"})
    if answer.status_code == 200:  # a child of this name is known: it is another one
        once.clear()
        with timed(once):
            answer = await manager.post(
                "/cases/new", {**typed, "key": key, "action": "create", "why_another": "Another child"}
            )
    assert answer.status_code == 303, answer.text
    took += once
    return answer.headers["location"].removeprefix("/cases/").partition("?")[0]


async def consent(settings: Settings, email: str, took: list[float], confirmed: list[float]) -> None:
    """Somebody opens the link of their first letter, says yes, and receives what confirms it."""
    mailbox = settings.var_dir / "mail"
    link = await link_to(mailbox, email)
    await asyncio.sleep(QUIET)
    async with httpx.AsyncClient(base_url=settings.public_url, follow_redirects=True, timeout=30) as browser:
        page = await browser.get(link)
        form = form_of(page)
        assert form is not None, page.text
        before = set(mailbox.glob("*.eml"))
        begun = time.perf_counter()
        with timed(took):
            answer = await post(browser, page, form, {"answer": ["yes"]})
        assert answer.status_code == 200, answer.text
        assert "Thank you" in answer.text, answer.text
    async with asyncio.timeout(PATIENCE):
        while not any(is_for(email, path) and RECEIPT in path.read_text() for path in new_since(mailbox, before)):
            await asyncio.sleep(0.01)
    confirmed.append(time.perf_counter() - begun)


def new_since(mailbox: Path, before: set[Path]) -> set[Path]:
    return set(mailbox.glob("*.eml")) - before


def is_for(email: str, letter: Path) -> bool:
    return f"X-Envelope-To: {email}" in letter.read_text().splitlines()


async def link_to(mailbox: Path, email: str) -> str:
    """The personal link in somebody's first letter, once it has come."""
    read: set[Path] = set()
    async with asyncio.timeout(PATIENCE):
        while True:
            for path in set(mailbox.glob("*.eml")) - read:
                read.add(path)
                found = LINK.search(path.read_text().replace("=\n", "")) if is_for(email, path) else None
                if found:
                    return found.group()
            await asyncio.sleep(0.1)


async def answer_the_bare_one(settings: Settings, count: int, took: list[float]) -> None:
    client = await connect(settings)
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue=QUEUE, workflows=[Bare], workflow_runner=runner):
        bare = await client.start_workflow(Bare.run, id=f"bare-{datetime.now(UTC):%H%M%S}", task_queue=QUEUE)
        await bare.execute_update(Bare.answer)
        for _ in range(count):
            with timed(took):
                await bare.execute_update(Bare.answer)
        await bare.terminate()
