"""The standard case with the real activities: case file, mail server and calendar server. Only time is skipped."""

import asyncio
import statistics
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlmodel import col, func, select
from temporalio import activity
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    UnsandboxedWorkflowRunner,
    Worker,
)

from activities.calendars import CalDAVCalendars
from activities.correspondence import Letters
from activities.documents import Typesetting
from activities.papers import PaperFiles
from activities.records import Records
from bench.journeys import told
from bench.names import referral
from bench.rows import Part, Row, Size, timed
from casefile.cases import Cases
from casefile.commands import Commands, Outcome
from casefile.database import Database
from casefile.links import Links
from casefile.migrate import upgrade
from casefile.papers import Papers
from casefile.tables import LetterRow, Mediator, Staff, Venue
from casefile.vault import Vault
from domain.bank_holidays import of_england
from domain.commands import EVERY_COMMAND, Actor, StaffRole
from domain.journey import Filing, Letter
from domain.parties import PartyRole
from domain.policy import standard
from letters.rendering import Service
from mail import MailServer
from settings import Settings, load_settings
from stack import Stack
from temporal_client import data_converter
from tests.real_service import ports_that_are_free
from tests.sample_case import opened
from tests.workflows.test_leaflet_journey import test_a_full_agreement_with_one_reminder as the_standard_case
from tests.workflows.world import COORDINATOR, Sent, Story, World, time_skipping
from texts import TextProvider
from workflows.case import MediationCase
from workflows.doors import Accepted, workflow_id
from workflows.neighbours import (
    AgreementToMake,
    Calendars,
    CaseFile,
    Correspondence,
    Deliveries,
    Delivery,
    Documents,
    LettersToDeliver,
    LetterToDeliver,
    Made,
    PaperKeeping,
    activities_of,
)

GOAL = 1.0  # second
WORDS: dict[str, dict[str, Any]] = {
    "write_agreement": {"what": ["A teaching assistant helps each morning.", "The plan is amended to say so."]},
    "offer_visit_dates": {"place": "At your home"},
}


def by_the_server() -> datetime:
    """The time on the server that skips it, where the service's own clock would be asked."""
    return activity.info().started_time


class RealWorld(World):
    """The world of a story, with the real neighbours in the place of those that only remember; what they are asked is
    remembered as well, so that the story can look."""

    def __init__(self, settings: Settings, database: Database) -> None:
        super().__init__()
        vault, world = Vault(settings.vault_master_key()), self
        links = Links(database, settings.link_signing_key())
        self.cases, self.commands = Cases(database, vault), Commands(database, vault)
        self.database = database

        class Filed(Records):
            @activity.defn
            async def file(self, filing: Filing) -> None:
                await super().file(filing)
                world.filings.append(filing)

        class Delivered(Letters):
            @activity.defn
            async def deliver(self, order: LetterToDeliver) -> Delivery:
                delivery = await super().deliver(order)
                world.note(order.letter, delivery)
                return delivery

            @activity.defn
            async def deliver_together(self, order: LettersToDeliver) -> Deliveries:
                deliveries = await super().deliver_together(order)
                for letter, delivery in zip(order.letters, deliveries.of, strict=True):
                    world.note(letter, delivery)
                return deliveries

        class Typeset(Typesetting):
            @activity.defn
            async def make_agreement(self, order: AgreementToMake) -> Made:
                made = await super().make_agreement(order)
                world.made.append(order)
                return made

        self.parts: dict[type, object] = {
            CaseFile: Filed(database, vault, links, now=by_the_server),
            Correspondence: Delivered(
                database, vault, links, MailServer(settings.smtp_url), TextProvider(settings.text_url, ""),
                settings.mail_from, Service(**settings.service()), now=by_the_server,
            ),
            Calendars: CalDAVCalendars(settings.caldav_url, database),
            Documents: Typeset(database, vault, settings.service_name, settings.service_phone),
            PaperKeeping: PaperFiles(Papers(database, vault), None),
        }  # fmt: skip

    def note(self, letter: Letter, delivery: Delivery) -> None:
        if delivery.state == "sent":
            self.sent.append(Sent(letter, activity.info().current_attempt_scheduled_time))

    @property
    def activities(self) -> list[Any]:
        return [getattr(part, name) for neighbour, part in self.parts.items() for name in activities_of(neighbour)]


class Spent(Interceptor):
    """How long each kind of activity took, altogether, in seconds."""

    def __init__(self) -> None:
        self.by_kind: defaultdict[str, float] = defaultdict(float)

    def longest(self, count: int) -> list[tuple[float, str]]:
        return sorted(((seconds, kind) for kind, seconds in self.by_kind.items()), reverse=True)[:count]

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        by_kind = self.by_kind

        class Timed(ActivityInboundInterceptor):
            async def execute_activity(self, input: ExecuteActivityInput) -> Any:
                took: list[float] = []
                try:
                    with timed(took):
                        return await super().execute_activity(input)
                finally:
                    by_kind[activity.info().activity_type] += sum(took)

        return Timed(next)


class RealStory(Story):
    """Tells a story as the API does: each act is stored before it is sent, and its answer afterwards."""

    def __init__(self, env: WorkflowEnvironment, world: RealWorld, number: int) -> None:
        super().__init__(env, world, standard([]))
        self.real, self.number, self.case_id = world, number, ""

    async def refer(self, *others: PartyRole, **_: Any) -> None:
        now = await self.now()
        self.policy = standard(of_england(now.year, now.year + 3))
        start = await opened(
            self.real.cases,
            referral(self.number, Random(self.number)),
            f"refer-{self.number}",
            COORDINATOR,
            COORDINATOR.id,
            self.policy,
            now,
        )
        self.case_id = start.case_id
        self.case = await self.env.client.start_workflow(
            MediationCase.run, start, id=workflow_id(start.case_id), task_queue="cases"
        )

    async def act(self, kind: str, by: Actor = COORDINATOR, **fields: Any) -> None:
        await self.letters_have_left()
        self.acts += 1
        asked = EVERY_COMMAND[kind]
        command = asked(
            id=f"act-{self.number}-{self.acts}", case_id=self.case_id, actor=by, at=await self.now(), **fields
        )
        await self.real.commands.store(command, asked.texts(**WORDS.get(kind, {})))
        await self.case.execute_update(kind, command, id=command.id, result_type=Accepted)
        await self.real.commands.settle(command.id, Outcome(status="accepted"), command.at)

    async def letters_have_left(self) -> None:
        """Nobody answers a letter that has not come yet. All acts of the standard case fall into office hours."""
        await self.breathe()
        unsettled = select(func.count()).select_from(LetterRow).where(col(LetterRow.state).in_(("queued", "sending")))
        while True:
            async with self.real.database.read() as session:
                if not (await session.exec(unsettled)).one():
                    return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def servers() -> AsyncIterator[Settings]:
    """The mail sink and the calendar server as `make run` starts them, and an empty case file."""
    with TemporaryDirectory() as folder:
        smtp, caldav = ports_that_are_free(2)
        settings = load_settings(make_secrets=True, var_dir=Path(folder) / "var", smtp_port=smtp, caldav_port=caldav)
        settings.var_dir.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(upgrade, settings.database_url)  # Alembic brings an event loop of its own
        async with Stack(settings, ("calendar", "mail"), say=lambda sentence: None):
            yield settings


async def people_and_places(database: Database, at: datetime) -> None:
    """Whom the stories of the tests know by name."""
    async with database.write() as session:
        for name, role in (("cora", StaffRole.COORDINATOR), ("mia", StaffRole.MEDIATOR)):
            session.add(
                Staff(id=name, name=name.title(), email=f"{name}@service.example", password_hash="!",  # noqa: S106
                      roles=[role], created=at)
            )  # fmt: skip
        await session.flush()
        session.add(Mediator(staff_id="mia", professional_body="CMC", registered_until=date(at.year + 5, 1, 31)))
        session.add(Venue(id="library", name="Town Library", address="2 Market Street, Exampleton"))


async def measure(size: Size) -> Part:
    real: list[float] = []
    remembered: list[float] = []
    spent = Spent()
    for number in range(size.journeys):
        async with servers() as settings:  # anew: the same hour of the same mediator is free once
            await play_once(settings, number, spent, real, remembered)
    middle = statistics.median(real)
    row = Row(
        "the standard case on the time-skipping server, real activities",
        f"<= {GOAL:.0f} s",
        f"median {middle:.1f} s, of {len(real)}",
        f"with neighbours that only remember: {statistics.median(remembered):.1f} s",
        middle <= GOAL,
        "Inside the activities, many of which run side by side, a case spends "
        + ", ".join(f"{seconds / len(real):.1f} s in {kind}" for seconds, kind in spent.longest(4))
        + "; the baseline is what the workflow and the server take without them.",
    )
    notes = (
        "The same story, its own assertions included; nobody acts before the letters have left. Against SQLite, a mail "
        "server and Radicale in processes of their own; payloads sealed. Without the server's start."
    )
    return Part("The standard case", [row], notes)


async def play_once(settings: Settings, number: int, spent: Spent, real: list[float], remembered: list[float]) -> None:
    database = Database(settings.database_url)
    async with time_skipping(data_converter(settings.codec_key_ring())) as env:
        await people_and_places(database, await env.get_current_time())
        world = RealWorld(settings, database)
        story = RealStory(env, world, number)
        async with Worker(
            env.client,
            task_queue="cases",
            workflows=[MediationCase],
            activities=world.activities,
            interceptors=[spent],
            workflow_runner=UnsandboxedWorkflowRunner(),
        ):
            with timed(real):
                await the_standard_case(story, world)
    await database.close()
    async with told() as (plain_story, plain):
        with timed(remembered):
            await the_standard_case(plain_story, plain)
