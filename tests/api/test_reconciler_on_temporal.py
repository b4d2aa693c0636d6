"""Somebody presses Terminate or Reset in the Temporal UI: the reconciler on the real server, with the real intake,
workflow and case file; only mail is a list."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment

from activities.records import FORGETFUL
from activities.rounds import Reconciler
from api.services import Services
from casefile.tables import Case, CommandOutcome, CommandRow, LetterRow, TaskRow, TimelineEvent
from domain.commands import Actor
from domain.journey import BEGUN_ANEW, workflow_id
from tests.api.conftest import Account, referral
from tests.api.fakes import Clock
from tests.api.on_temporal import CONVERTER, OnTemporal, on_temporal
from tests.sample_case import opened
from tests.temporal_servers import real
from tests.waiting import until
from workflows.neighbours import Reconciled, Round

pytestmark = pytest.mark.both_databases


class Real(OnTemporal):
    """The service on the real server, whose time is real too."""

    async def reconcile(self, grace: timedelta = timedelta(0)) -> Reconciled:
        cases, commands = self.services.cases, self.services.commands
        reconciler = Reconciler(self.client, "cases", cases, commands, "http://127.0.0.1", grace=grace)
        return await ActivityEnvironment().run(reconciler.reconcile, Round(at=datetime.now(UTC)))

    async def reconciled(self, kind: str) -> None:
        """Within seconds, for the list of workflows is a little late."""
        found = await until(f"{kind} is found", self.reconcile, lambda found: kind in found.mended)
        assert found.mended == {kind: 1}

    @property
    def workflow(self) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(workflow_id(self.case_id))

    async def status(self) -> WorkflowExecutionStatus | None:
        return (await self.workflow.describe()).status

    async def at_rest(self) -> None:
        """Every letter that may leave has left, and that is filed."""
        seen = -1
        async with asyncio.timeout(60):
            while seen != (seen := (await self.row()).version) or await self.is_busy():
                await asyncio.sleep(0.5)

    async def is_busy(self) -> bool:
        return bool((await self.workflow.describe()).raw_description.pending_activities)

    async def timeline(self) -> list[str]:
        events = await self.all(TimelineEvent)
        return [event.what for event in sorted(events, key=lambda event: event.number)]

    async def reset(self, workflow_task: int = 1) -> None:
        """As the button in the Temporal UI does it: back to the end of an earlier workflow task."""
        described = await self.workflow.describe()
        history = await self.workflow.fetch_history()
        ends = [e.event_id for e in history.events if e.HasField("workflow_task_completed_event_attributes")]
        await self.client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=self.client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=described.id, run_id=described.run_id),
                reason="a wrong click",
                workflow_task_finish_event_id=ends[workflow_task],
                request_id=described.run_id,
            )
        )


@pytest.fixture
async def service(services: Services, clock: Clock, staff: dict[str, Account]) -> AsyncIterator[Real]:
    clock.now = datetime.now(UTC)
    async with (
        real(CONVERTER) as environment,
        on_temporal(Real, environment, services, clock) as service,
    ):
        yield service


async def asked_for_consent(service: Real, staff: dict[str, Account]) -> None:
    form = referral().model_copy(update={"policy": "minutes"})
    by = staff["coordinator"].actor
    service.case_id = (await service.intake.refer(form, "one", by, "coordinator")).case_id
    explained = await service.give("record_explaining_call", by, "explained", outcome="go_on", permission="given")
    assert explained.status == "accepted"
    assert (await service.give("answer_consent", by, "yes", party="p2", yes=True, how="phone")).status == "accepted"


async def test_a_terminated_case_goes_on_and_hears_what_was_said_meanwhile(
    service: Real, clock: Clock, staff: dict[str, Account]
) -> None:
    by = staff["coordinator"].actor
    async with service.worker:
        await asked_for_consent(service, staff)
        assert (await service.reconcile()).mended == {}
        async with service.services.database.write() as session:  # terminated before this was answered
            await session.delete(await session.get_one(CommandOutcome, "yes"))
        before = (await service.row()).run
        await service.workflow.terminate("a wrong click")
        assert (await service.give("answer_consent", by, "la", party="p3", yes=True, how="phone")).status == "pending"
        assert (await service.reconcile(timedelta(minutes=1))).mended == {}, "somebody may be about to see to it"

        await service.reconciled("terminated")
        assert await service.status() == WorkflowExecutionStatus.RUNNING
        await service.until(lambda case: case.run != before)
        clock.now += timedelta(minutes=1)
        assert await service.intake.relay_once()
        await service.until(lambda case: case.stage == "allocation")
        assert (await service.services.commands.outcome("yes")).status == "accepted", "it had taken effect"
        assert [task.role for task in await service.all(TaskRow) if task.kind == BEGUN_ANEW] == ["manager"]
        timeline = await service.timeline()
        assert timeline.count(BEGUN_ANEW) == 1
        assert "answer_consent" in timeline[timeline.index(BEGUN_ANEW) :]
        assert (await service.reconcile()).mended == {}
        await service.at_rest()
    await service.nothing_came_twice()
    assert len(service.mail.taken) >= 4


async def test_a_reset_case_takes_nothing_in_until_it_is_begun_anew(
    service: Real, clock: Clock, staff: dict[str, Account]
) -> None:
    """Without the reconciler a reset run would say "recorded" and write nothing down."""
    by = staff["coordinator"].actor
    async with service.worker:
        await asked_for_consent(service, staff)
        await service.at_rest()
        before, timeline = await service.row(), await service.timeline()
        await service.reset()
        service.intake.patience = 1
        assert (await service.give("answer_consent", by, "la", party="p3", yes=True, how="phone")).status == "pending"
        after = await service.row()
        assert (after.version, after.run, after.journey) == (before.version, before.run, before.journey)

        await service.reconciled("reset")
        service.intake.patience = 5
        clock.now += timedelta(minutes=1)
        await until("the answer is taken to its case", service.intake.relay_once)
        await service.until(lambda case: case.stage == "allocation")
        lines = await service.timeline()
        assert lines[: len(timeline)] == timeline
        assert lines[len(timeline)] == BEGUN_ANEW
        assert lines.count("answer_consent") == 2
        assert (await service.reconcile()).mended == {}
        await service.at_rest()
    await service.nothing_came_twice()


async def test_temporal_is_put_back_from_a_backup_that_is_older_than_the_case_file(
    service: Real, clock: Clock, staff: dict[str, Account]
) -> None:
    """The same run, which no longer knows what it filed last: it says "recorded" to nobody, and is begun anew."""
    by = staff["coordinator"].actor
    async with service.worker:
        await asked_for_consent(service, staff)
        await service.at_rest()
        timeline = await service.timeline()
        async with service.services.database.write() as session:  # as if it had filed once more
            case = await session.get_one(Case, service.case_id)
            case.version += 1
            forgotten = TimelineEvent(
                case_id=case.id, number=len(timeline) + 1, at=clock.now, what="tick_task", detail={}
            )
            session.add_all([case, forgotten])
        service.intake.patience = 30  # whoever gave the answer still waits when the case is begun anew
        answer = asyncio.create_task(service.give("answer_consent", by, "la", party="p3", yes=True, how="phone"))
        await until("it is known that it forgot", service.row, lambda case: case.run == FORGETFUL)
        assert await service.timeline() == [*timeline, "tick_task"]
        assert not answer.done()

        await service.reconciled("behind")
        assert (await answer).status == "pending"
        clock.now += timedelta(minutes=1)
        await until("the answer is taken to its case", service.intake.relay_once)
        await service.until(lambda case: case.stage == "allocation")
        lines = await service.timeline()
        assert lines[: len(timeline) + 2] == [*timeline, "tick_task", BEGUN_ANEW]
        assert lines.count("answer_consent") == 2
        await service.at_rest()
    await service.nothing_came_twice()


async def test_a_case_that_had_ended_and_was_reset_ends_again(service: Real, staff: dict[str, Account]) -> None:
    async with service.worker:
        await asked_for_consent(service, staff)
        parent = Actor(kind="participant", id="p1.1")
        assert (await service.give("withdraw", parent, "out", party="p1", how="link")).status == "accepted"
        await service.over()
        ended = await service.row()
        await service.reset(3)
        await service.reconciled("reset_after_its_end")
        assert await service.status() == WorkflowExecutionStatus.TERMINATED
        assert (await service.row()).version == ended.version


async def test_a_first_start_is_left_to_the_relay_and_a_lost_case_is_begun(
    service: Real, clock: Clock, staff: dict[str, Account]
) -> None:
    by = staff["coordinator"].actor
    client, service.intake.client = service.intake.client, None  # type: ignore[assignment]
    await opened(
        service.services.cases, referral(), "one", by, "coordinator", await service.intake.policy("standard"), clock()
    )
    service.intake.client = client
    async with service.services.database.read() as session:
        service.case_id = (await session.get_one(CommandRow, "one")).case_id
    assert (await service.reconcile()) == Reconciled(compared=1)
    with pytest.raises(RPCError):
        await service.status()
    async with service.worker:
        clock.now += timedelta(minutes=1)
        assert await service.intake.relay_once()
        await service.until(lambda case: case.version > 0)
        before = (await service.row()).run
        await service.workflow.terminate()
        await service.reconciled("terminated")
        await service.until(lambda case: case.run != before)
        assert "referral_received" in [one.kind for one in await service.all(LetterRow)]


async def two_cases(service: Real, staff: dict[str, Account]) -> tuple[str, str]:
    """One that goes on well; and one of which nobody can read any more how it stands, while its workflow was reset."""
    form, by = referral().model_copy(update={"policy": "minutes"}), staff["coordinator"].actor
    well, damaged = [(await service.intake.refer(form, id, by, "coordinator")).case_id for id in ("well", "damaged")]
    for service.case_id in (well, damaged):
        await service.until(lambda case: case.version > 0)
        await service.at_rest()
    await service.reset()
    async with service.services.database.write() as session:
        case = await session.get_one(Case, damaged)
        case.journey = {"parties": "?"}
        session.add(case)
    return well, damaged


async def test_a_case_that_cannot_be_begun_keeps_no_other_from_it(service: Real, staff: dict[str, Account]) -> None:
    async with service.worker:
        well, damaged = await two_cases(service, staff)
        await until("it is reported", service.reconcile, lambda found: found.reported == {"cannot_begin": 1})
        await service.client.get_workflow_handle(workflow_id(well)).terminate("a wrong click")
        found = await until("it is mended", service.reconcile, lambda found: found.mended)
        assert (found.mended, found.reported) == ({"terminated": 1}, {"cannot_begin": 1})
        service.case_id = damaged
        assert await service.status() == WorkflowExecutionStatus.RUNNING, "nothing is ended that cannot be begun again"
        service.case_id = well
        assert await service.status() == WorkflowExecutionStatus.RUNNING


async def test_temporal_or_the_database_are_away(
    service: Real, staff: dict[str, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The round fails as a whole, where operations see it, and is tried again."""
    async with service.worker:
        await asked_for_consent(service, staff)
        await service.workflow.terminate("a wrong click")

        async def begin_case(*_: Any) -> None:
            raise trouble

        monkeypatch.setattr("activities.rounds.begin_case", begin_case)
        trouble: Exception = RPCError("too large", RPCStatusCode.INVALID_ARGUMENT, b"")
        await until("it is reported", service.reconcile, lambda found: found.reported == {"cannot_begin": 1})
        for trouble in (
            RPCError("away", RPCStatusCode.UNAVAILABLE, b""),
            OperationalError("SELECT 1", {}, ConnectionError()),
            ConnectionRefusedError(),
        ):
            with pytest.raises(type(trouble)):
                await service.reconcile()
