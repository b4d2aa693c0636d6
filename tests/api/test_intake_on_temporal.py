"""The intake against a real Temporal server: what the fake only pretends. The case here is a stub with two doors."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from api.intake import Intake
from api.services import Services
from domain.commands import CloseCase, Command, Pause, Resume
from domain.journey import CaseStart
from domain.refusals import Refusal
from temporal_client import data_converter
from tests.api.conftest import NOW, Account, referral
from tests.api.fakes import Clock
from tests.temporal_servers import skipping
from workflows.doors import Accepted, refusal, workflow_id

pytestmark = pytest.mark.both_databases
CONVERTER = data_converter({"test": b"k" * 32})


@workflow.defn(name="MediationCase")
class StubCase:
    """Takes "pause", refuses "resume", ends at "close_case"."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.ended = False

    @workflow.run
    async def run(self, case: CaseStart) -> list[str]:
        await workflow.wait_condition(lambda: self.ended)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.taken

    @workflow.update
    async def pause(self, command: Pause) -> Accepted:
        self.taken.append(command.id)
        return Accepted()

    @workflow.update
    async def resume(self, command: Resume) -> Accepted:
        return Accepted()

    @resume.validator
    def may_resume(self, command: Resume) -> None:
        raise refusal(Refusal.NO_SUCH_PERSON, command.actor.id)

    @workflow.update
    async def close_case(self, command: CloseCase) -> Accepted:
        self.ended = True
        return Accepted()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with skipping(CONVERTER) as environment:
        yield environment.client


@pytest.fixture
def intake(services: Services, client: Client, clock: Clock) -> Intake:
    return Intake(services.cases, services.commands, client, "stub", clock, public_url=services.settings.public_url)


def worker(client: Client) -> Worker:
    return Worker(client, task_queue="stub", workflows=[StubCase], workflow_runner=UnsandboxedWorkflowRunner())


async def test_the_way_of_commands(
    intake: Intake, client: Client, clock: Clock, staff: dict[str, Account], services: Services
) -> None:
    referred = await intake.refer(referral(), "one", staff["coordinator"].actor, "coordinator")
    assert referred.status == "accepted"

    def make(kind: type[Command], id: str, **fields: Any) -> Command:
        return kind.model_validate(
            {"id": id, "case_id": referred.case_id, "actor": staff["manager"].actor, "at": NOW, **fields}
        )

    intake.patience = 0.5
    assert (await intake.take(make(Pause, "early"))).status == "pending"  # no worker runs
    intake.patience = 5
    async with worker(client):
        refused = await intake.take(make(Resume, "no"))
        assert (refused.status, refused.code) == ("refused", "no_such_person")
        assert "Manager" not in refused.message
        assert (await intake.take(make(Pause, "early"))).status == "accepted"
        assert (await intake.take(make(Pause, "late"))).status == "accepted"

        # Another process delivers the same once more: the Update's id makes it harmless
        handle = client.get_workflow_handle(workflow_id(referred.case_id))
        await handle.execute_update("pause", make(Pause, "late"), id="late")
        assert (await intake._begin(referred.case_id)).status == "accepted"

        assert (await intake.take(make(CloseCase, "end", reason="conceded"))).status == "accepted"
        assert await handle.result() == ["early", "late"]

        description = await handle.describe()
        assert await description.static_summary() == referred.reference
        assert f"{services.settings.public_url}/cases/{referred.reference})" in (
            await description.static_details() or ""
        )
        assert (await intake._begin(referred.case_id)).status == "accepted"  # it is never started a second time
        assert (await handle.describe()).run_id == description.run_id
        intake.patience = 1
        assert (await intake.take(make(Pause, "after"))).status == "pending"  # ended, but not filed as closed yet


async def test_a_server_that_does_not_exist(services: Services, clock: Clock, staff: dict[str, Account]) -> None:
    nowhere = await Client.connect("127.0.0.1:9", data_converter=CONVERTER, lazy=True)
    intake = Intake(services.cases, services.commands, nowhere, "stub", clock, public_url=services.settings.public_url)
    intake.patience = 1
    referred = await intake.refer(referral(), "one", staff["coordinator"].actor, "coordinator")
    assert referred.status == "pending"
    clock.now += timedelta(minutes=1)
    assert not await intake.relay_once()
    await intake.close()
