"""What Temporal stores can be read with our keys only, and only as what it was written for."""

from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import ActivitySerializationContext, WorkflowSerializationContext
from temporalio.exceptions import ApplicationError

from temporal_client import CannotUnseal, SealingCodec, data_converter

OLD, NEW = bytes(32), bytes(range(32))
CASE = WorkflowSerializationContext("default", "case-1")
OTHER_CASE = WorkflowSerializationContext("default", "case-2")


async def sealed(value: Any, keys: dict[str, bytes], context: WorkflowSerializationContext = CASE) -> Payload:
    [payload] = await data_converter(keys).with_context(context).encode([value])
    return payload


async def opened(
    payload: Payload,
    keys: dict[str, bytes],
    context: WorkflowSerializationContext | ActivitySerializationContext | None = CASE,
) -> Any:
    converter = data_converter(keys)
    if context:
        converter = converter.with_context(context)
    [value] = await converter.decode([payload])
    return value


async def test_round_trip_hides_the_content() -> None:
    payload = await sealed("consent/p3", {"new": NEW})
    assert b"consent" not in payload.SerializeToString()
    assert await opened(payload, {"new": NEW}) == "consent/p3"


async def test_what_is_long_takes_less_room_and_is_read_as_before() -> None:
    filing = [f"consent/p{number}, asked of p{number}.1" for number in range(200)]
    payload = await sealed(filing, {"new": NEW})
    assert len(payload.data) < len(str(filing)) / 4
    assert await opened(payload, {"new": NEW}) == filing


async def test_what_was_sealed_before_anything_was_packed_is_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    filing = [f"consent/p{number}" for number in range(200)]
    with monkeypatch.context() as before:
        before.setattr("temporal_client.WORTH_PACKING", 1_000_000)
        payload = await sealed(filing, {"new": NEW})
    assert await opened(payload, {"new": NEW}) == filing


async def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert (await sealed("yes", {"new": NEW})).data != (await sealed("yes", {"new": NEW})).data


async def test_rotation_old_keys_still_open_and_the_first_key_seals() -> None:
    before = await sealed("yes", {"old": OLD})
    after = await sealed("yes", {"new": NEW, "old": OLD})
    assert await opened(before, {"new": NEW, "old": OLD}) == "yes"
    assert after.metadata["key-id"] == b"new"
    with pytest.raises(CannotUnseal, match="CODEC_KEYS has no key with the id 'old'"):
        await opened(before, {"new": NEW})


async def test_a_payload_of_another_case_is_refused() -> None:
    with pytest.raises(CannotUnseal, match="another workflow"):
        await opened(await sealed("yes", {"new": NEW}), {"new": NEW}, OTHER_CASE)


async def test_relabelling_a_payload_for_another_case_is_refused() -> None:
    payload = await sealed("yes", {"new": NEW})
    payload.metadata["workflow-id"] = b"case-2"
    with pytest.raises(CannotUnseal, match="changed"):
        await opened(payload, {"new": NEW}, OTHER_CASE)


async def test_a_payload_sealed_for_nobody_is_refused_in_a_case() -> None:
    [payload] = await data_converter({"new": NEW}).encode(["yes"])
    with pytest.raises(CannotUnseal):
        await opened(payload, {"new": NEW})


async def test_activities_of_the_case_share_its_payloads() -> None:
    activity = ActivitySerializationContext(
        namespace="default",
        workflow_id="case-1",
        workflow_type=None,
        activity_id="1",
        activity_type=None,
        activity_task_queue=None,
        is_local=False,
    )
    assert await opened(await sealed("yes", {"new": NEW}), {"new": NEW}, activity) == "yes"


async def test_a_scheduled_workflow_reads_what_its_schedule_sealed() -> None:
    payload = await sealed("today", {"new": NEW}, WorkflowSerializationContext("default", "daily-round"))
    started = WorkflowSerializationContext("default", "daily-round-2026-12-03T06:00:00Z")
    assert await opened(payload, {"new": NEW}, started) == "today"
    with pytest.raises(CannotUnseal):
        await opened(payload, {"new": NEW}, WorkflowSerializationContext("default", "daily-round-2"))
    result = await sealed("done", {"new": NEW}, started)  # the server gives it to the next run
    next_run = WorkflowSerializationContext("default", "daily-round-2026-12-04T06:00:00Z")
    assert await opened(result, {"new": NEW}, next_run) == "done"
    other = WorkflowSerializationContext("default", "reconciler-2026-12-04T06:00:00Z")
    with pytest.raises(CannotUnseal):
        await opened(result, {"new": NEW}, other)


async def test_the_codec_endpoint_opens_without_a_context() -> None:
    assert await opened(await sealed("yes", {"new": NEW}), {"new": NEW}, None) == "yes"


@pytest.mark.parametrize("position", [0, 13, -1])
async def test_a_changed_payload_is_refused(position: int) -> None:
    payload = await sealed("yes", {"new": NEW})
    changed = bytearray(payload.data)
    changed[position] ^= 1
    payload.data = bytes(changed)
    with pytest.raises(CannotUnseal, match="changed"):
        await opened(payload, {"new": NEW})


async def test_a_cut_payload_is_refused() -> None:
    payload = await sealed("yes", {"new": NEW})
    payload.data = payload.data[:5]
    with pytest.raises(CannotUnseal):
        await opened(payload, {"new": NEW})


async def test_failures_are_sealed_too() -> None:
    converter = data_converter({"new": NEW}).with_context(CASE)
    failure = Failure()
    await converter.encode_failure(ApplicationError("closed", "case-1", type="Refused"), failure)
    assert failure.message == "Encoded failure"
    assert not failure.stack_trace
    assert b"closed" not in failure.SerializeToString()
    read = await converter.decode_failure(failure)
    assert isinstance(read, ApplicationError)
    assert (read.message, read.details) == ("closed", ("case-1",))


async def test_payloads_of_the_server_itself_pass() -> None:
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b'"hello"')
    assert (await SealingCodec({"new": NEW}).decode([plain])) == [plain]


async def test_an_act_that_was_forged_in_the_clear_is_not_read() -> None:
    forged = Payload(metadata={"encoding": b"json/plain"}, data=b'{"kind": "release"}')
    with pytest.raises(KeyError, match="refused/unsealed"):
        await opened(forged, {"new": NEW})


def test_a_codec_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        SealingCodec({})
