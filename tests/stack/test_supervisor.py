"""The supervisor on real processes: what a person at the terminal sees, and that nothing is left behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import aiosmtplib
import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import WorkflowExecutionStatus

from cli import PARTS
from settings import Settings, load_settings
from stack import Stack, StackFailed, supervisor
from stack.keeper import Keeper
from stack.parts import Part, all_parts
from stack.supervisor import OURS, SERVERS, STAGES_OF_STOPPING, UP, command_line
from temporal_client import RETENTION, SEARCH_ATTRIBUTES, connect

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(tmp_path: Path, free_ports: Callable[[int], list[int]], monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)  # away from the `.env` of the person who runs the tests
    api, temporal, ui, smtp, caldav, texts = free_ports(6)
    return load_settings(
        make_secrets=True,
        var_dir=tmp_path / "var",
        api_port=api,
        temporal_port=temporal,
        temporal_ui_port=ui,
        smtp_port=smtp,
        caldav_port=caldav,
        text_port=texts,
    )


@pytest.fixture
def start_up(settings: Settings) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """`cli.py up`, as `make run` starts it, with the small parts only."""
    started: list[subprocess.Popen[str]] = []

    def start(*, ready: bool = True) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "cli.py", "up", "--only", "mail", "calendar"],
            cwd=ROOT,
            env={**os.environ, **settings.as_environment()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        if ready:
            assert process.stdout
            assert any(UP in line for line in process.stdout), process.communicate()[1]
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def pids(settings: Settings) -> list[int]:
    return [int(file.read_text().split()[0]) for file in (settings.var_dir / "run").glob("*.pid")]


def alive(pid: int) -> bool:
    return bool(command_line(pid))


def gone(pid: int, within: float = 5.0) -> bool:
    deadline = time.monotonic() + within
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything(
    settings: Settings, start_up: Callable[..., subprocess.Popen[str]], number: signal.Signals
) -> None:
    process = start_up()
    parts = pids(settings)
    assert len(parts) == 2
    assert all(alive(pid) for pid in parts)
    process.send_signal(number)
    said, complaints = process.communicate(timeout=15)
    assert process.returncode == 0
    assert "Stopped. The cases are kept" in said
    assert complaints == ""
    assert not any(alive(pid) for pid in parts)


def test_a_killed_supervisor_leaves_nothing_in_the_way(
    settings: Settings, start_up: Callable[..., subprocess.Popen[str]]
) -> None:
    process = start_up()
    parts = pids(settings)
    process.kill()
    process.wait()
    if sys.platform == "linux":
        assert all(gone(pid) for pid in parts)
    start_up()  # the same ports and folder again
    assert all(gone(pid) for pid in parts)


def test_a_leftover_that_does_not_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LEFTOVERS_END_WITHIN", 0.1)
    monkeypatch.setattr(os, "kill", lambda pid, number: None)
    command = command_line(os.getpid())
    left = tmp_path / "worker.pid"
    left.write_text(f"{os.getpid()} {command}")
    with pytest.raises(StackFailed, match=f"Process {os.getpid()} of an earlier run does not end"):
        supervisor.end_leftovers(tmp_path)
    assert left.exists()


def test_a_second_run_on_the_same_folder_is_refused(
    settings: Settings, start_up: Callable[..., subprocess.Popen[str]]
) -> None:
    first = start_up()
    second = start_up(ready=False)
    _, complaint = second.communicate(timeout=15)
    assert second.returncode == 1
    assert complaint.startswith(f"The service is running already (process {first.pid} uses {settings.var_dir})")
    assert first.poll() is None


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
async def test_a_taken_port_is_named_with_its_setting(settings: Settings, address: str) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((address, settings.smtp_port))
        other.listen()
        with pytest.raises(StackFailed) as failed:
            async with Stack(settings, ("mail",)):
                pass
    assert f"Port {settings.smtp_port} is taken" in str(failed.value)
    assert "set SMTP_PORT to a free port" in str(failed.value)


async def test_one_port_for_two_parts_is_refused(settings: Settings) -> None:
    both = load_settings(var_dir=settings.var_dir, smtp_port=settings.smtp_port, caldav_port=settings.smtp_port)
    with pytest.raises(StackFailed, match="CALDAV_PORT and SMTP_PORT are both"):
        async with Stack(both, ("mail", "calendar")):
            pass


def test_every_part_is_started_and_stopped_in_its_turn(settings: Settings) -> None:
    every = sorted(part.name for part in all_parts(settings))
    assert sorted((*SERVERS, *OURS)) == every
    assert sorted(PARTS) == every, "`cli.py up --only` can start each"
    assert sorted(name for stage in STAGES_OF_STOPPING for name in stage) == every


async def test_the_sink_keeps_each_message(settings: Settings) -> None:
    async with Stack(settings, ("mail",)):
        for subject in ("first", "second – für alle"):
            message = f"Subject: {subject}\r\nTo: p1@home.example\r\n\r\nHello\r\n.dot\r\n".encode()
            await aiosmtplib.send(
                message,
                sender="service@service.example",
                recipients=["p1@home.example"],
                hostname=settings.host,
                port=settings.smtp_port,
                start_tls=False,
            )
    kept = sorted((settings.var_dir / "mail").iterdir())
    messages = [message_from_bytes(file.read_bytes(), policy=default) for file in kept]
    assert [file.suffix for file in kept] == [".eml", ".eml"]
    assert messages[0]["Subject"] == "first"
    assert messages[0]["X-Envelope-To"] == "p1@home.example"
    assert messages[1].get_content().split() == ["Hello", ".dot"]


async def test_a_part_that_dies_is_started_again(settings: Settings) -> None:
    said: list[str] = []
    async with Stack(settings, ("mail",), said.append) as stack:
        before = stack.pid("mail")
        os.kill(before, signal.SIGKILL)
        async with asyncio.timeout(15):
            while stack.keepers["mail"].restarts == 0:
                await asyncio.sleep(0.05)
        assert stack.pid("mail") != before
    assert len(said) == 1
    assert "died (signal 9) and is started again; see" in said[0]


def keeper_of(tmp_path: Path, program: str, ready: bool = True) -> Keeper:
    async def is_ready() -> bool:
        return ready

    for folder in ("run", "log"):
        (tmp_path / folder).mkdir()
    return Keeper(Part("part", "The part", (sys.executable, "-c", program), is_ready), {}, tmp_path, lambda _: None)


async def test_a_part_that_dies_while_starting_is_explained(tmp_path: Path) -> None:
    keeper = keeper_of(tmp_path, "raise SystemExit('CODEC_KEYS is missing')", ready=False)
    with pytest.raises(StackFailed) as failed:
        await keeper.start()
    assert str(failed.value) == (
        f"The part stopped while starting (exit code 1). Read {tmp_path}/log/part.log; "
        "it ends with: CODEC_KEYS is missing"
    )


async def test_a_part_that_keeps_dying_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.keeper.FIRST_PAUSE", 0.01)
    keeper = keeper_of(tmp_path, "raise SystemExit('no use')")
    await keeper.start()
    with pytest.raises(StackFailed, match=r"The part died 5 times within a minute. Read .*; it ends with: no use"):
        await keeper.keep()


async def test_a_part_that_will_not_stop_is_killed(tmp_path: Path) -> None:
    keeper = keeper_of(
        tmp_path,
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
    )
    object.__setattr__(keeper.part, "stop_within", 0.2)
    await keeper.start()
    assert keeper.process
    async with asyncio.timeout(10):
        while "deaf" not in keeper.log.read_text():
            await asyncio.sleep(0.05)
    await keeper.stop()
    assert keeper.process.returncode == -signal.SIGKILL


async def test_temporal_keeps_its_workflows_through_kill_9(settings: Settings) -> None:
    async with Stack(settings, ("temporal",)) as stack:
        client = await connect(settings)
        for number in range(20):
            await client.start_workflow("MediationCase", id=f"case-{number}", task_queue="nobody")
        before = stack.pid("temporal")
        os.kill(before, signal.SIGKILL)
        async with asyncio.timeout(20):
            while stack.keepers["temporal"].restarts == 0:
                await asyncio.sleep(0.05)
        assert stack.pid("temporal") != before
    async with Stack(settings, ("temporal",)):
        client = await connect(settings)
        described = [await client.get_workflow_handle(f"case-{number}").describe() for number in range(20)]
        assert {one.status for one in described} == {WorkflowExecutionStatus.RUNNING}
        namespace = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace)
        )
        assert namespace.config.workflow_execution_retention_ttl.ToTimedelta() == RETENTION
        listed = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
        assert {name for name, _ in SEARCH_ATTRIBUTES} <= listed.custom_attributes.keys()
