"""A case is opened again from end to end: the real intake, workflow, case file and letters; only mail is a list."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from temporalio.worker import Worker

from api.services import Services
from casefile.tables import LetterRow, TaskRow, TimelineEvent
from domain.commands import COMMANDS, Actor, ReasonTexts
from tests.api.conftest import NOW, Account, referral
from tests.api.fakes import Clock
from tests.api.on_temporal import CONVERTER, OnTemporal, on_temporal
from tests.temporal_servers import skipping
from tests.waiting import until
from workflows.case import MediationCase

pytestmark = pytest.mark.both_databases
WHY = ReasonTexts(reason="The school has rung.")


@pytest.fixture
async def service(services: Services, clock: Clock, staff: dict[str, Account]) -> AsyncIterator[OnTemporal]:
    async with skipping(CONVERTER) as environment:
        with environment.auto_time_skipping_disabled():
            async with on_temporal(OnTemporal, environment, services, clock) as service:
                yield service


async def not_agreed(service: OnTemporal, staff: dict[str, Account]) -> None:
    """The school says no, everybody is told, and the workflow is over."""
    form = referral().model_copy(update={"policy": "minutes"})
    referred = await service.intake.refer(form, "one", staff["coordinator"].actor, "coordinator")
    service.case_id = referred.case_id
    by = staff["coordinator"].actor
    assert (
        await service.give("record_explaining_call", by, "explained", outcome="go_on", permission="given")
    ).status == "accepted"
    assert (await service.give("answer_consent", by, "no", party="p2", yes=False, how="phone")).status == "accepted"
    await service.over()


async def test_not_agreed_opened_again_by_two_clicks(service: OnTemporal, staff: dict[str, Account]) -> None:
    by = staff["coordinator"].actor
    async with service.worker:
        await not_agreed(service, staff)
        ended = await service.row()
        assert (ended.stage, ended.closed_reason) == ("closed", "not_agreed")

        first, repeated, in_another_tab = await asyncio.gather(
            service.give("reopen_case", by, "again", WHY),
            service.give("reopen_case", by, "again", WHY),
            service.give("reopen_case", by, "in-another-tab", WHY),
        )
        assert first == repeated
        assert {first.code, in_another_tab.code} == {"", "not_closed"}, "whichever was stored first"
        case = await service.row()
        assert (case.stage, case.closed_reason, case.closed_at) == ("consent", "", None)
        assert case.version > ended.version
        assert (await service.journey()).reopened == 1

        assert (await service.give("answer_consent", by, "yes", party="p2", yes=True, how="phone")).status == "accepted"
        assert (await service.give("answer_consent", by, "la", party="p3", yes=True, how="phone")).status == "accepted"
        await service.until(lambda case: case.stage == "allocation")

        assert (await service.give("withdraw", by, "out", party="p1", how="phone")).status == "accepted"
        await service.over()
    letters = [one for one in await service.all(LetterRow) if one.state == "sent"]
    await service.nothing_came_twice()
    assert [one.to for one in letters if one.kind == "referral_received"] == ["p1.1"]

    def told(kind: str, number: int) -> set[str]:
        return {one.to for one in letters if (one.kind, one.number) == (kind, number)}

    assert told("case_reopened", 1) == told("closed_not_agreed", 1) >= {"p1.1", "p2.1"}
    assert told("closed_withdrawn", 2) == {"p2.1", "p3.1"}, "the second end is told, too"
    numbers = sorted(event.number for event in await service.all(TimelineEvent))
    assert numbers == list(range(1, len(numbers) + 1))


async def test_no_worker_when_it_is_opened_again(service: OnTemporal, clock: Clock, staff: dict[str, Account]) -> None:
    by = staff["coordinator"].actor
    async with service.worker:
        await not_agreed(service, staff)
    service.intake.patience = 0.5
    assert (await service.give("reopen_case", by, "again", WHY)).status == "pending"
    service.intake.patience = 5
    clock.now += timedelta(minutes=1)
    async with Worker(
        service.client, task_queue="cases", workflows=[MediationCase], activities=service.worker.config()["activities"]
    ):
        assert await service.intake.relay_once()
        assert (await service.give("reopen_case", by, "again", WHY)).status == "accepted"
        assert (await service.journey()).reopened == 1
        await service.give("withdraw", by, "out", party="p1", how="phone")
        await service.over()
        # the answer to a reopening was lost, and the case has ended again meanwhile: it stays closed
        lost = COMMANDS["reopen_case"].model_validate(
            {"id": "again", "case_id": service.case_id, "actor": by, "at": NOW}
        )
        assert (await service.intake._update(lost)).status == "accepted"
        assert (await service.journey()).reopened == 1
        assert (await service.row()).stage == "closed"


async def test_two_cases_linked_and_closed_as_a_duplicate_by_mistake(
    service: OnTemporal, staff: dict[str, Account]
) -> None:
    by = staff["coordinator"].actor
    async with service.worker:
        await not_agreed(service, staff)
        await service.give("reopen_case", by, "again", WHY)
        older = service.case_id, (await service.row()).reference
        form = referral().model_copy(update={"policy": "minutes"})
        parent = Actor(kind="participant", id="p1.1")
        newer = await service.intake.refer(form, "public", parent, "")
        service.case_id = newer.case_id

        async def alike() -> list[str]:
            return [task.about for task in await service.all(TaskRow) if task.kind == "possible_duplicate"]

        assert await until("somebody is to look at the two", alike) == [older[1]]

        assert (await service.give("take_case", by, "take")).status == "accepted"
        late = await service.give("take_case", staff["jack"].actor, "late")
        assert (late.code, late.message.split(" has")[0]) == ("taken_before", "Coordinator Person")
        done = await service.give("link_cases", by, "link", WHY, other=older[1], link="duplicate")
        assert done.status == "accepted"
        await service.over()
        told = [subject for to, subject in service.mail.received() if "alex" in to and newer.reference in subject]
        assert any("goes on under another reference" in subject for subject in told)

        refused = await service.give("reopen_case", by, "too-early", WHY)
        assert refused.code == "goes_on_elsewhere"
        assert older[1] in refused.message
        assert (await service.give("unlink_cases", by, "unlink", WHY, other=older[1])).status == "accepted"
        assert (await service.give("reopen_case", by, "open", WHY)).status == "accepted"
        assert (await service.row()).closed_at is None
        for case_id in (older[0], newer.case_id):
            service.case_id = case_id
            await service.give("withdraw", by, f"out-{case_id}", party="p1", how="phone")
            await service.over()
