"""What stands behind the doors in their tests: the real case file and intake, a clock that stands still, and a Temporal
that remembers what reached it, refuses what it is told to refuse, and can be away."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from temporalio.client import WorkflowUpdateFailedError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.records import repeat_for_lists
from api.intake import Intake
from api.openid import Provider
from api.services import Services
from casefile.breaches import Breaches
from casefile.cases import Cases
from casefile.commands import Commands
from casefile.covers import Covers
from casefile.database import Database
from casefile.enquiries import Enquiries
from casefile.finding import Finding
from casefile.letter_texts import LetterTexts
from casefile.letters import Letters
from casefile.links import Links
from casefile.notes import Notes
from casefile.officers import Officers
from casefile.papers import Papers
from casefile.password_resets import PasswordResets
from casefile.post import PrintQueue
from casefile.proofs import Proofs
from casefile.reading import Reading
from casefile.related import Related
from casefile.saved_filters import SavedFilters
from casefile.second_factors import SecondFactors
from casefile.staff import StaffAccounts
from casefile.tables import Case, TaskRow, TimelineEvent
from casefile.today import Queue
from casefile.vault import Vault
from domain.accounts import PasswordLinkToSend
from domain.codes import ProofToSend
from domain.commands import Command
from domain.enquiry import CodeToSend
from domain.journey import CaseStart, Event, Journey
from settings import Settings

KEY = base64.b64encode(b"k" * 32).decode()
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass
class FakeTemporal:
    """Stands in for temporalio.client.Client where api/intake.py uses it."""

    away: bool = False
    ended: bool = False
    refuse: dict[str, tuple[str, str]] = field(default_factory=dict)  # kind -> code, about
    started: list[CaseStart] = field(default_factory=list)
    codes: list[CodeToSend] = field(default_factory=list)
    password_links: list[PasswordLinkToSend] = field(default_factory=list)
    proofs: list[ProofToSend] = field(default_factory=list)
    updates: list[Command] = field(default_factory=list)  # in the order of their arrival, repetitions left out
    error: BaseException | None = None  # raised by the next updates, as a fault inside the case

    def _reach(self) -> None:
        if self.away:
            raise RPCError("connection refused by host-of-somebody", RPCStatusCode.UNAVAILABLE, b"")

    async def start_workflow(self, workflow: str, start: Any, **how: Any) -> None:
        self._reach()
        if workflow in ("EnquiryCode", "ProofCode"):
            assert how["id"] == start.workflow_id
            (self.codes if workflow == "EnquiryCode" else self.proofs).append(start)
            return
        if workflow == "PasswordLetter":
            assert how["id"] == start.workflow_id
            self.password_links.append(start)
            return
        assert workflow == "MediationCase"
        assert how["id"] == f"case-{start.case_id}"
        assert how["static_summary"] == start.reference
        if self.ended and how["id_reuse_policy"] == WorkflowIDReusePolicy.ALLOW_DUPLICATE:
            self.ended = False
        elif start.case_id in [known.case_id for known in self.started]:
            raise WorkflowAlreadyStartedError(how["id"], workflow)
        self.started.append(start)

    def get_workflow_handle(self, workflow_id: str) -> "FakeHandle":
        return FakeHandle(self, workflow_id)


@dataclass
class FakeHandle:
    """One case's workflow."""

    temporal: FakeTemporal
    workflow_id: str

    async def execute_update(self, update: str, command: Command, *, id: str, **_: Any) -> None:
        temporal = self.temporal
        temporal._reach()
        assert (update, id) == (command.kind(), command.id)
        assert self.workflow_id == f"case-{command.case_id}"
        if temporal.ended or command.case_id not in [start.case_id for start in temporal.started]:
            raise RPCError("workflow execution already completed", RPCStatusCode.NOT_FOUND, b"")
        if update in temporal.refuse:
            raise WorkflowUpdateFailedError(
                ApplicationError("refused", *temporal.refuse[update], type="refused", non_retryable=True)
            )
        if temporal.error:
            raise WorkflowUpdateFailedError(temporal.error)
        if id not in [known.id for known in temporal.updates]:
            temporal.updates.append(command)


def settings_for(folder: Path, **more: Any) -> Settings:
    """Of a service whose database lies in this folder."""
    return Settings(
        environment="test", var_dir=folder, codec_keys=f"test:{KEY}", vault_key=KEY, link_secret=KEY, **more
    )


@asynccontextmanager
async def services_on(settings: Settings, clock: Clock, temporal: FakeTemporal) -> AsyncIterator[Services]:
    """All that the app is given, on this database and behind this Temporal."""
    database, vault = Database(settings.database_url), Vault(settings.vault_master_key())
    cases, commands = Cases(database, vault), Commands(database, vault)
    intake = Intake(
        cases,
        commands,
        temporal,  # type: ignore[arg-type]
        "mediation",
        clock,
        public_url=settings.public_url,
        allow_demo=settings.allow_demo_policy,
    )
    intake.patience = 0.5
    links = Links(database, settings.link_signing_key())
    named = settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret
    openid = Provider(*named) if settings.oidc_issuer else None
    yield Services(
        settings=settings,
        database=database,
        vault=vault,
        cases=cases,
        commands=commands,
        links=links,
        post=PrintQueue(database, vault, links),
        enquiries=Enquiries(database, vault, settings.link_signing_key()),
        proofs=Proofs(database, vault, settings.link_signing_key()),
        officers=Officers(database, vault),
        letters=Letters(database, vault),
        letter_texts=LetterTexts(database),
        papers=Papers(database, vault),
        notes=Notes(database, vault),
        breaches=Breaches(database),
        covers=Covers(database),
        reading=Reading(database, vault),
        finding=Finding(database, vault),
        queue=Queue(database, vault),
        saved_filters=SavedFilters(database),
        policies=intake.policies,
        related=Related(database, vault),
        staff=StaffAccounts(database, QUICK_HASHER),
        second_factors=SecondFactors(database, vault),
        password_resets=PasswordResets(database, settings.link_signing_key()),
        intake=intake,
        clock=clock,
        openid=openid,
    )
    if openid:
        await openid.close()
    await intake.close()
    await database.close()


async def file_journey(services: Services, case_id: str, journey: Journey, events: list[Event] | None = None) -> None:
    """What activities/records.py writes down after each step of the journey."""
    async with services.database.write() as session:
        case = await session.get_one(Case, case_id)
        case.journey = journey.model_dump(mode="json")
        case.stage_since = max((event.at for event in events or [] if event.what == "stage"), default=None)
        repeat_for_lists(case, journey)
        session.add(case)
        for task in journey.tasks:
            await session.merge(TaskRow(case_id=case_id, **task.model_dump()))
        for event in events or []:
            await session.merge(TimelineEvent(case_id=case_id, **event.model_dump()))
