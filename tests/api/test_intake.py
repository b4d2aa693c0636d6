"""Stored first, delivered in order, answered honestly."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from api.intake import ACCEPTED, PENDING, Intake, NoSuchPolicy
from api.services import Services
from casefile.commands import StoredElsewhere
from casefile.tables import CommandOutcome, CommandRow, CommandText
from domain.commands import (
    AnswerConsent,
    Command,
    How,
    OfferMediator,
    OfferVisitDates,
    Pause,
    Slot,
    Texts,
    TickTask,
)
from domain.refusals import SENTENCES, Refusal
from tests.api.conftest import NOW, Account, FilledCase, referral
from tests.api.fakes import Clock, FakeTemporal

pytestmark = pytest.mark.both_databases
Make = Callable[..., Any]


@pytest.fixture
def intake(services: Services) -> Intake:
    return services.intake


@pytest.fixture
def make(filled: FilledCase, staff: dict[str, Account]) -> Make:
    """A command of the coordinator's."""

    def make(kind: type[Command], id: str, **fields: Any) -> Command:
        return kind.model_validate(
            {"id": id, "case_id": filled.id, "actor": staff["coordinator"].actor, "at": NOW, **fields}
        )

    return make


async def test_a_referral_is_stored_started_and_settled(
    intake: Intake, staff: dict[str, Account], temporal: FakeTemporal, services: Services
) -> None:
    referred = await intake.refer(referral(), "one", staff["coordinator"].actor, "coordinator")
    assert referred.created
    assert referred.status == "accepted"
    assert [start.reference for start in temporal.started] == [referred.reference]
    assert "Sam" not in temporal.started[0].model_dump_json()
    assert temporal.started[0].policy.holidays
    assert (await services.commands.outcome("one")).status == "accepted"


async def test_the_same_form_twice_is_one_case(
    intake: Intake, staff: dict[str, Account], temporal: FakeTemporal
) -> None:
    both = await asyncio.gather(
        *(intake.refer(referral(), "one", staff["coordinator"].actor, "coordinator") for _ in range(5))
    )
    again = await intake.refer(referral(), "one", staff["coordinator"].actor, "coordinator")
    assert len({referred.reference for referred in [*both, again]}) == 1
    assert not again.created
    assert len(temporal.started) == 1


async def test_a_referral_while_temporal_is_away_begins_later(
    intake: Intake, staff: dict[str, Account], temporal: FakeTemporal, clock: Clock
) -> None:
    temporal.away = True
    referred = await intake.refer(referral(), "one", staff["coordinator"].actor, "coordinator")
    assert referred.status == "pending"
    clock.now += timedelta(minutes=1)
    assert not await intake.relay_once()
    temporal.away = False
    assert await intake.relay_once()
    assert [start.reference for start in temporal.started] == [referred.reference]
    assert (await intake.refer(referral(), "one", staff["coordinator"].actor, "coordinator")).status == "accepted"


async def test_a_key_that_was_used_for_a_command_begins_no_case(
    intake: Intake, make: Make, staff: dict[str, Account]
) -> None:
    await intake.take(make(Pause, "key"))
    with pytest.raises(StoredElsewhere):
        await intake.refer(referral(), "key", staff["coordinator"].actor, "coordinator")


@pytest.mark.parametrize("name", ["fast", "", "STANDARD", "demo\x00"])
async def test_an_unknown_policy_is_refused(intake: Intake, staff: dict[str, Account], name: str) -> None:
    form = referral().model_copy(update={"policy": name})
    with pytest.raises(NoSuchPolicy, match="standard"):
        await intake.refer(form, "one", staff["coordinator"].actor, "coordinator")


async def test_the_demonstration_policy_only_where_it_is_allowed(intake: Intake) -> None:
    assert (await intake.policy("demo")).opens is None
    intake.allow_demo = False
    with pytest.raises(NoSuchPolicy, match="does not allow"):
        await intake.policy("demo")


async def test_a_command_is_stored_before_it_is_delivered(
    intake: Intake, make: Make, services: Services, temporal: FakeTemporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    async def look() -> None:
        async with services.database.read() as session:
            seen.append(await session.get(CommandRow, "one") is not None)

    handle_of = temporal.get_workflow_handle

    class Looking:
        def __init__(self, workflow_id: str) -> None:
            self.handle = handle_of(workflow_id)

        async def execute_update(self, *args: Any, **how: Any) -> None:
            await look()
            await self.handle.execute_update(*args, **how)

    monkeypatch.setattr(temporal, "get_workflow_handle", Looking)
    answer = await intake.take(make(Pause, "one"), Texts(note="A bereavement."))
    assert seen == [True]
    assert (answer.status, answer.message) == ("accepted", ACCEPTED)
    async with services.database.read() as session:
        row = await session.get_one(CommandText, "one")
        assert b"bereavement" not in row.sealed
        stored = await session.get_one(CommandRow, "one")
        assert "bereavement" not in str(stored.payload)


async def test_a_repeated_post_gets_the_first_answer(
    intake: Intake, make: Make, temporal: FakeTemporal, services: Services
) -> None:
    answers = await asyncio.gather(*(intake.take(make(Pause, "one")) for _ in range(4)))
    temporal.refuse["pause"] = (Refusal.PAUSED, "")
    answers.append(await intake.take(make(Pause, "one")))
    assert {answer.status for answer in answers} == {"accepted"}
    assert [command.id for command in temporal.updates] == ["one"]
    async with services.database.read() as session:
        assert len((await session.exec(select(CommandRow).where(CommandRow.kind == "pause"))).all()) == 1


async def test_a_refusal_tells_what_to_do_and_stays(intake: Intake, make: Make, temporal: FakeTemporal) -> None:
    temporal.refuse["offer_mediator"] = (Refusal.ALREADY_TRIED, "othermediator")
    first = await intake.take(make(OfferMediator, "one", mediator="othermediator"))
    temporal.refuse.clear()
    assert (first.status, first.code) == ("refused", "already_tried")
    assert first.message == SENTENCES[Refusal.ALREADY_TRIED]
    assert await intake.take(make(OfferMediator, "one", mediator="othermediator")) == first


async def test_a_refusal_names_whom_it_is_about(intake: Intake, make: Make, temporal: FakeTemporal) -> None:
    temporal.refuse["answer_consent"] = (Refusal.NO_SUCH_PARTY, "p9")
    answer = await intake.take(make(AnswerConsent, "one", party="p9", yes=True, how=How.PHONE))
    assert "p9" in answer.message


async def test_while_temporal_is_away_answers_wait_and_keep_their_order(
    intake: Intake, make: Make, temporal: FakeTemporal, clock: Clock
) -> None:
    temporal.away = True
    for number in range(3):
        answer = await intake.take(make(TickTask, f"tick{number}", task=f"phone/consent/p2/{number}"))
        assert (answer.status, answer.message) == ("pending", PENDING)
    temporal.away = False
    answer = await intake.take(make(Pause, "pause"))  # whoever comes next takes the queue along
    assert answer.status == "accepted"
    assert [command.id for command in temporal.updates] == ["tick0", "tick1", "tick2", "pause"]
    assert (await intake.take(make(TickTask, "tick0", task="phone/consent/p2/0"))).status == "accepted"


async def test_a_worker_that_is_away_costs_seconds_and_loses_nothing(
    intake: Intake, make: Make, temporal: FakeTemporal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent:
        def __init__(self, workflow_id: str) -> None: ...

        async def execute_update(self, *args: Any, **how: Any) -> None:
            await asyncio.sleep(3600)

    intake.patience = 0.05
    with monkeypatch.context() as patched:
        patched.setattr(temporal, "get_workflow_handle", Silent)
        assert (await intake.take(make(Pause, "one"))).status == "pending"
    clock.now += timedelta(minutes=1)
    assert await intake.relay_once()
    assert (await intake.take(make(Pause, "one"))).status == "accepted"


async def test_the_relay_leaves_fresh_commands_to_whoever_took_them(
    intake: Intake, make: Make, temporal: FakeTemporal, clock: Clock
) -> None:
    temporal.away = True
    await intake.take(make(Pause, "one"))
    temporal.away = False
    assert await intake.relay_once()
    assert temporal.updates == []
    clock.now += timedelta(minutes=1)
    await intake.relay_once()
    assert [command.id for command in temporal.updates] == ["one"]


async def test_the_relay_runs_until_it_is_stopped_and_outlives_faults(
    intake: Intake, make: Make, temporal: FakeTemporal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.intake.RELAY_EVERY", 0.01)
    monkeypatch.setattr("api.intake.RELAY_AT_MOST_EVERY", 0.01)
    once, faults = intake.relay_once, iter([OSError("disk full of Sam")])

    async def faulty() -> bool:
        for fault in faults:
            raise fault
        return await once()

    monkeypatch.setattr(intake, "relay_once", faulty)
    temporal.away = True
    await intake.take(make(Pause, "one"))
    clock.now += timedelta(minutes=1)
    relay = asyncio.create_task(intake.relay_forever())
    await asyncio.sleep(0.1)
    temporal.away = False
    async with asyncio.timeout(5):
        while not temporal.updates:
            await asyncio.sleep(0.01)
    relay.cancel()
    with pytest.raises(asyncio.CancelledError):
        await relay


async def test_an_ended_case_answers_that_it_has_ended(
    intake: Intake, make: Make, temporal: FakeTemporal, filled: FilledCase
) -> None:
    temporal.ended = True
    assert (await intake.take(make(Pause, "early"))).status == "pending"  # not filed as closed: who knows
    journey = await filled.journey()
    await filled.file(
        journey.model_copy(update={"closing": {"reason": "withdrawn", "who": "p1"}, "closed_at": NOW}).model_validate(
            {**journey.model_dump(), "closing": {"reason": "withdrawn", "who": "p1"}, "closed_at": NOW}
        )
    )
    answer = await intake.take(make(Pause, "late"))
    assert (answer.status, answer.code) == ("refused", "ended")
    assert answer.message == SENTENCES[Refusal.ENDED]


async def test_a_fault_in_the_case_does_not_block_those_behind_it(
    intake: Intake, make: Make, temporal: FakeTemporal
) -> None:
    temporal.error = RuntimeError("a bug that quotes Sam")
    answer = await intake.take(make(Pause, "one"))
    assert (answer.status, answer.code) == ("refused", "failed")
    assert "Sam" not in answer.message
    temporal.error = None
    assert (await intake.take(make(Pause, "two"))).status == "accepted"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (TickTask, {"task": "words\x00"}),
        (TickTask, {"task": "x" * 10_000}),
        (AnswerConsent, {"party": "Sam has autism", "yes": True, "how": "phone"}),
        (OfferVisitDates, {"party": "p1", "slots": [Slot.model_validate({"start": "9999-12-31T23:55:00Z"})]}),
        (OfferVisitDates, {"party": "p1", "slots": [Slot.model_validate({"start": "0001-01-01T00:00:00+14:00"})]}),
    ],
)
async def test_what_no_form_would_send_is_not_stored(
    intake: Intake, make: Make, services: Services, kind: type[Command], fields: dict[str, Any]
) -> None:
    answer = await intake.take(make(kind, "one", **fields))
    assert (answer.status, answer.code) == ("refused", "implausible")
    async with services.database.read() as session:
        assert await session.get(CommandRow, "one") is None
        assert await session.get(CommandOutcome, "one") is None


async def test_the_log_holds_no_words(
    intake: Intake, make: Make, temporal: FakeTemporal, capfd: pytest.CaptureFixture[str]
) -> None:
    temporal.away = True
    await intake.take(make(Pause, "one"), Texts(note="A bereavement."))
    temporal.away, temporal.error = False, RuntimeError("a bug that quotes Sam")
    await intake.take(make(Pause, "two"))
    said = "".join(capfd.readouterr())
    assert "a command waits" in said
    assert "bereavement" not in said
    assert "Sam" not in said
