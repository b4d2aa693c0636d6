"""A release while cases run, on the real server: asked before, carried out; and a new key of the codec."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import sys
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain.policy import Policy
from domain.stages import ClosingReason
from releasing import deployment, make_current, verify, verify_recorded
from settings import Settings
from temporal_client import connect, data_converter
from tests.releases.other_code import PATCH, ChangedWithCare, ChangedWithoutCare, OfAnotherDay
from tests.temporal_servers import real
from tests.waiting import until
from tests.workflows.world import Story, World, person
from worker import WORKFLOWS
from workflows.case import MediationCase

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = "b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb28=", "bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU="
QUEUE = "cases"
AT_ANY_HOUR = Policy(opens=None)  # time here is real


@dataclass
class Operations:
    """Whoever carries out the release, with the service's settings."""

    env: WorkflowEnvironment
    folder: Path
    capsys: pytest.CaptureFixture[str]

    def settings(self, **more: str) -> Settings:
        return Settings.model_validate(
            {
                "environment": "test",
                "var_dir": self.folder,
                "temporal_address": self.env.client.service_client.config.target_host,
                "temporal_task_queue": QUEUE,
                "codec_keys": f"old:{OLD}",
                "vault_key": OLD,
                "link_secret": NEW,
                **more,
            }
        )

    async def verify(self, *, closed_within: int = 0, **more: str) -> tuple[int, list[str]]:
        """Exit code, and what was said. `closed_within`: days."""
        self.capsys.readouterr()
        code = await verify(self.settings(**more), WORKFLOWS, timedelta(days=closed_within))
        return code, self.capsys.readouterr().out.splitlines()

    async def make_current(self, build: str) -> str:
        """As soon as the server has heard of its workers."""
        async with asyncio.timeout(20):
            while await make_current(self.settings(build_id=build)) != 0:
                assert "Temporal cannot do that now" in self.capsys.readouterr().err
        return self.capsys.readouterr().out.splitlines()[-1]

    @contextlib.asynccontextmanager
    async def process(self, *words: str, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """It has a minute, and is not left behind."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "worker.py", *words),
            cwd=ROOT,
            env={**os.environ, **self.settings(**more).as_environment()},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(60):
                yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    def worker(self, world: World, code: type = MediationCase, client: Client | None = None, **more: str) -> Worker:
        return Worker(
            client or self.env.client,
            task_queue=QUEUE,
            workflows=[code],
            activities=world.activities,
            deployment_config=deployment(self.settings(**more)),
        )


@pytest.fixture
async def operations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Operations]:
    keys = Settings(environment="test", codec_keys=f"old:{OLD}").codec_key_ring()
    async with real(data_converter(keys)) as env:
        yield Operations(env, tmp_path, capsys)


@pytest.fixture
async def story(operations: Operations, world: World) -> AsyncIterator[Story]:
    """A case whose worker changes under it: it may not ask for a letter a second time because of that."""
    story = Story(operations.env, world, AT_ANY_HOUR)
    yield story
    assert story.breaches() == []


@pytest.fixture
def world() -> World:
    return World()


async def filed(world: World) -> None:
    async with asyncio.timeout(20):
        while not world.filings:
            await asyncio.sleep(0.05)


async def history_of(story: Story) -> WorkflowHistory:
    return await story.case.fetch_history()


# Before: could what runs go on?


async def test_before_a_release_each_case_that_could_not_go_on_is_named(operations: Operations, story: Story) -> None:
    client = operations.env.client
    async with operations.worker(story.world):
        await story.refer()
        await story.explained_and_permitted()
    asked = f"Queue {QUEUE}, namespace default, server {operations.settings().temporal_address}:"
    assert await operations.verify() == (0, [asked, "1 can go on (1 MediationCase)."])

    changed = World(policy=AT_ANY_HOUR)
    async with operations.worker(changed, ChangedWithoutCare):
        start = story.start.model_copy(update={"case_id": "c2"})
        second = await client.start_workflow(MediationCase.run, start, id="case-c2", task_queue=QUEUE)
        await filed(changed)
    async with Worker(client, task_queue=QUEUE, workflows=[OfAnotherDay]):
        other = await client.start_workflow(OfAnotherDay.run, id="other-1", task_queue=QUEUE)
        await until("its first task is done", other.fetch_history, lambda history: len(history.events) >= 4)
    code, said = await operations.verify()
    assert code == 1
    *stuck, all_in_all = said[1:]
    assert sorted(one.partition(" does not")[0] for one in stuck) == [
        "case-c2 (MediationCase): goes another way: Non-deprecated patch marker encountered for change together, but "
        "there is no corresponding change command!",
        "other-1 (OfAnotherDay): there is no such workflow here",
    ]
    assert all_in_all == "1 can go on (1 MediationCase). 2 cannot."

    code, said = await operations.verify(codec_keys=f"new:{NEW}")  # the old key was forgotten
    assert code == 1
    assert "case-c1 (MediationCase): fails with CannotUnseal" in said

    for one in (story.case, second, other):
        await one.terminate()
    assert await operations.verify() == (0, [asked, "0 can go on."])
    code, said = await operations.verify(closed_within=1)
    assert (code, said[-1]) == (1, all_in_all)

    async with operations.process("verify", "--closed-within", "1") as process:
        told, _ = await process.communicate()
    assert (process.returncode, told.decode().splitlines()[-1]) == (1, all_in_all)


async def test_a_server_that_is_away_is_no_good_news(
    operations: Operations, free_ports: Callable[[int], list[int]]
) -> None:
    [nobody] = free_ports(1)
    assert await operations.verify(temporal_address=f"127.0.0.1:{nobody}") == (2, [])


async def test_recorded_histories_are_asked_in_the_same_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(ROOT / "tests/replay/histories/a_code_that_leaves_at_once.json.gz", tmp_path)
    assert await verify_recorded(tmp_path, WORKFLOWS) == 0
    assert await verify_recorded(tmp_path, [MediationCase]) == 1
    (tmp_path / "a_code_that_leaves_at_once.json.gz").unlink()
    assert await verify_recorded(tmp_path, WORKFLOWS) == 2
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "1 can go on (1 EnquiryCode).",
        "a_code_that_leaves_at_once (EnquiryCode): there is no such workflow here",
        "0 can go on. 1 cannot.",
    ]
    assert said.err.startswith("There are no recorded histories in ")


# A release: a case that was begun on the old code ends on the new


def builds_of(history: WorkflowHistory) -> list[str]:
    """Which build took each step of a workflow, without repetition."""
    found: list[str] = []
    for event in history.events:
        if event.HasField("workflow_task_completed_event_attributes"):
            build = event.workflow_task_completed_event_attributes.deployment_version.build_id
            if [build] != found[-1:]:
                found.append(build)
    return found


async def test_a_case_begun_on_the_old_code_ends_on_the_new(operations: Operations, story: Story) -> None:
    async with operations.worker(story.world):  # from before builds were told apart
        await story.refer()
        await filed(story.world)

    async with asyncio.timeout(120), contextlib.AsyncExitStack() as new:
        async with operations.worker(story.world, build_id="1"):
            assert (await operations.make_current("1")).endswith("Before, it was none.")
            await story.explained_and_permitted()

            # The new build works beside the old one, and takes nothing yet
            await new.enter_async_context(operations.worker(story.world, ChangedWithCare, build_id="2"))
            story.world.mail_away = True  # a letter of the old build is tried again by the new
            await story.act("answer_consent", person("p2.1"), party="p2", yes=True, how="link")
            assert builds_of(await history_of(story)) == ["", "1"]
            assert await operations.make_current("2") == "Build 2 of mediation is current. Before, it was 1."
            await story.act("answer_consent", person("p3.1"), party="p3", yes=True, how="link")
        story.world.mail_away = False
        await story.act("withdraw", person("p2.1"), party="p2", how="link")
        assert (await story.closing()).reason == ClosingReason.WITHDRAWN
        begun_on_old = await history_of(story)
        assert builds_of(begun_on_old) == ["", "1", "2"]
        assert PATCH not in patches(begun_on_old)
        assert story.world.letters(kind="consent_receipt") == ["consent_receipt"] * 2

    # What begins now begins on the new code, on its new way, on which the old code could not go on
    async with operations.worker(World(policy=AT_ANY_HOUR), ChangedWithCare, build_id="2"):
        await story.begin(story.start)
        begun_on_new = await until("its first task is done", story.case.fetch_history, builds_of)
    assert (builds_of(begun_on_new), patches(begun_on_new)) == (["2"], [PATCH])
    code, said = await operations.verify()
    assert code == 1
    assert said[1].startswith("case-c1 (MediationCase): goes another way: ")


def patches(history: WorkflowHistory) -> list[str]:
    events = [event for event in history.events if event.HasField("marker_recorded_event_attributes")]
    markers = [event.marker_recorded_event_attributes for event in events]
    return [json.loads(marker.details["patch-data"].payloads[0].data)["id"] for marker in markers]


async def test_a_worker_tells_its_build_which_then_can_be_made_current(operations: Operations) -> None:
    async with operations.process("run", build_id="2027-01") as worker:
        assert worker.stdout
        while b"worker started" not in (line := await worker.stdout.readline()):
            assert line, "it ended"
        assert json.loads(line)["build"] == "2027-01"
        assert "Build 2027-01 of mediation is current" in await operations.make_current("2027-01")
        worker.terminate()
        await worker.communicate()
    assert worker.returncode == 0

    assert await make_current(operations.settings()) == 2
    assert operations.capsys.readouterr().err.startswith("BUILD_ID is missing")


# The codec's key is rotated while cases run


async def test_the_key_of_the_codec_is_rotated_under_a_running_case(operations: Operations, story: Story) -> None:
    async with operations.worker(story.world):
        await story.refer()
        await story.explained_and_permitted()
    assert keys_of(await history_of(story)) == ["old"]

    # First every process learns to read the new key; the old one still seals
    knows = await connect(operations.settings(codec_keys=f"old:{OLD},new:{NEW}"))
    async with operations.worker(story.world, client=knows):
        # Then, one after the other, they seal with the new one: here the API, before the worker
        seals = await connect(operations.settings(codec_keys=f"new:{NEW},old:{OLD}"))
        story.case = seals.get_workflow_handle_for(MediationCase.run, "case-c1")
        await story.act("answer_consent", person("p2.1"), party="p2", yes=True, how="link")
        await story.nothing_in_hand()  # else the new worker's first attempt tells how the old one's ended
    assert keys_of(await history_of(story)) == ["new", "old"]
    async with operations.worker(story.world, client=seals):
        before = len((await history_of(story)).events)
        await story.act("answer_consent", person("p3.1"), party="p3", yes=True, how="link")
        await story.act("withdraw", person("p2.1"), party="p2", how="link")
        assert (await story.closing()).reason == ClosingReason.WITHDRAWN
    history = await history_of(story)
    assert keys_of(history) == ["new", "old"]
    assert keys_of(WorkflowHistory("case-c1", history.events[before:])) == ["new"]

    # The old key can go when no case is left that was begun with it
    assert (await operations.verify(closed_within=1, codec_keys=f"new:{NEW},old:{OLD}"))[0] == 0
    code, said = await operations.verify(closed_within=1, codec_keys=f"new:{NEW}")
    assert (code, said[1]) == (1, "case-c1 (MediationCase): fails with CannotUnseal")


def keys_of(history: WorkflowHistory) -> list[str]:
    """The ids of the keys that seal something of it."""
    return sorted({b64decode(key).decode() for key in re.findall(r'"key-id":\s*"([^"]+)"', history.to_json())})
