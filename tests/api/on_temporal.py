"""The real intake, workflow, case file and letters on a real server; only mail is a list."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, TypeVar

from sqlmodel import select
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.correspondence import Letters
from activities.records import Records
from api.intake import Answer, Intake
from api.services import Services
from casefile.tables import Case, LetterRow
from domain.commands import COMMANDS, Actor, Command, Texts
from domain.journey import Journey, workflow_id
from temporal_client import data_converter
from tests.api.conftest import NOW
from tests.api.fakes import Clock
from tests.sample_case import SERVICE
from tests.waiting import until
from workflows.case import MediationCase
from workflows.neighbours import CaseFile, Correspondence, activities_of

CONVERTER = data_converter({"test": b"k" * 32})


@dataclass
class Mail:
    """A mail server that takes everything."""

    taken: list[EmailMessage] = field(default_factory=list)

    async def send(self, message: EmailMessage) -> None:
        self.taken.append(message)

    def received(self) -> Counter[tuple[str, str]]:
        return Counter((str(one["To"]), str(one["Subject"])) for one in self.taken)


@dataclass
class OnTemporal:
    """Everything but the pages, and what the story looks at."""

    intake: Intake
    client: Client
    services: Services
    mail: Mail
    worker: Worker
    case_id: str = ""

    async def give(self, kind: str, by: Actor, id: str, texts: Texts | None = None, **fields: Any) -> Answer:
        command: Command = COMMANDS[kind].model_validate(
            {"id": id, "case_id": self.case_id, "actor": by, "at": NOW, **fields}
        )
        return await self.intake.take(command, texts)

    async def row(self) -> Case:
        async with self.services.database.read() as session:
            return await session.get_one(Case, self.case_id)

    async def journey(self) -> Journey:
        return Journey.model_validate((await self.row()).journey)

    async def all(self, table: Any) -> list[Any]:
        async with self.services.database.read() as session:
            return list(await session.exec(select(table).where(table.case_id == self.case_id)))

    async def until(self, so: Callable[[Case], bool]) -> None:
        """The case file says so: within seconds, for what follows from an answer is filed just after it."""
        await until("the case file says so", self.row, so)

    async def nothing_came_twice(self) -> None:
        """Some letters have left, and each is with the mail server once. There is one case, and it is at rest."""
        taken = [str(one["Message-ID"]) for one in self.mail.taken]
        assert taken
        assert len(set(taken)) == len(taken)
        assert sorted(taken) == sorted(one.message_id for one in await self.all(LetterRow) if one.state == "sent")

    async def over(self) -> None:
        """The workflow has come to its end."""
        await asyncio.wait_for(self.client.get_workflow_handle(workflow_id(self.case_id)).result(), 20)


Of = TypeVar("Of", bound=OnTemporal)


@asynccontextmanager
async def on_temporal(
    kind: type[Of], environment: WorkflowEnvironment, services: Services, clock: Clock
) -> AsyncIterator[Of]:
    """On this server, with a worker that is not running yet."""
    intake = Intake(
        services.cases,
        services.commands,
        environment.client,
        "cases",
        clock,
        public_url=services.settings.public_url,
        allow_demo=True,
    )
    mail = Mail()
    parts: dict[type, Any] = {
        CaseFile: Records(services.database, services.vault, services.links, clock),
        Correspondence: Letters(
            services.database,
            services.vault,
            services.links,
            mail,  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            "SEN Mediation <mediation@service.example>",
            SERVICE,
            clock,
        ),
    }
    activities = [getattr(part, name) for neighbour, part in parts.items() for name in activities_of(neighbour)]
    worker = Worker(environment.client, task_queue="cases", workflows=[MediationCase], activities=activities)
    yield kind(intake, environment.client, services, mail, worker)
    await intake.close()
