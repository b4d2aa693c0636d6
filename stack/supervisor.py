"""All parts together: started in order, watched, stopped in reverse order."""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from processes import when_told_to_stop
from settings import Settings
from stack import parts as known
from stack.keeper import Keeper, last_words
from stack.parts import Part, StackFailed, all_parts, environment

STEP_WITHIN = 120.0
UP = "Everything is up. Ctrl-C stops it."
LEFTOVERS_END_WITHIN = 5.0  # seconds
SERVERS, OURS = (known.TEMPORAL, known.CALENDAR, known.MAIL, known.TEXTS), (known.WORKER, known.API)
# A part may stop only when everything that talks to it has stopped: each stage waits for the one before.
STAGES_OF_STOPPING = ((known.API,), (known.WORKER,), (known.CALENDAR, known.MAIL, known.TEXTS), (known.TEMPORAL,))


def say(sentence: str) -> None:
    with contextlib.suppress(OSError):  # a closed terminal must not keep us from stopping in order
        print(sentence, flush=True)


class Stack:
    """`async with Stack(settings) as stack:` has every part running and ready; a part that dies is started again.
    `parts` limits it to some, by name; `settings` must carry the secrets (load_settings(make_secrets=True))."""

    def __init__(
        self, settings: Settings, parts: tuple[str, ...] | None = None, say: Callable[[str], None] = say
    ) -> None:
        self.settings, self.only, self.say = settings, parts, say
        self.keepers: dict[str, Keeper] = {}
        self.keeping: list[asyncio.Task[None]] = []
        self._lock: int | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def pid(self, name: str) -> int:
        """The process of a part now; another one after it was started again."""
        process = self.keepers[name].process
        assert process, f"{name} was never started"
        return process.pid

    async def until_a_part_fails(self) -> None:
        """Raises StackFailed when a part cannot be kept alive."""
        done, _ = await asyncio.wait(self.keeping, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()

    async def _start(self) -> None:
        for folder in ("run", "log"):
            (self.settings.var_dir / folder).mkdir(parents=True, exist_ok=True)
        self._lock_var_dir()
        end_leftovers(self.settings.var_dir / "run")
        parts = [part for part in all_parts(self.settings) if self.only is None or part.name in self.only]
        refuse_taken_ports(self.settings.host, parts)
        for part in parts:
            self.keepers[part.name] = Keeper(
                part, environment(self.settings, part.name), self.settings.var_dir, self.say
            )

        needs_case_file = bool({known.WORKER, known.API} & self.keepers.keys())
        await self._all(
            *(self.keepers[name].start() for name in SERVERS if name in self.keepers),
            *([self._step("migrate", "The database")] if needs_case_file else []),
        )
        if needs_case_file or known.TEMPORAL in self.keepers:
            await self._step("prepare-temporal", "The Temporal namespace")
        await self._all(*(self.keepers[name].start() for name in OURS if name in self.keepers))
        self.keeping = [asyncio.create_task(keeper.keep()) for keeper in self.keepers.values()]

    async def stop(self) -> None:
        try:
            for stage in STAGES_OF_STOPPING:
                await asyncio.gather(*(self.keepers[name].stop() for name in stage if name in self.keepers))
        finally:  # also when a second Ctrl-C interrupts the stopping: nothing may be left
            for keeper in self.keepers.values():
                keeper.stopping = True
                keeper.kill()
            for task in self.keeping:
                task.cancel()
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    async def _all(self, *starting: Awaitable[None]) -> None:
        tasks = [asyncio.ensure_future(start) for start in starting]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _step(self, command: str, title: str) -> None:
        """A command of our own that must succeed before the worker and the API may start."""
        log_path = self.settings.var_dir / "log" / f"{command}.log"
        with log_path.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, str(known.ROOT / "cli.py"), command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **environment(self.settings, command)},
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(STEP_WITHIN):
                code = await process.wait()
        except TimeoutError:
            code = None
        finally:
            if process.returncode is None:
                process.kill()
        if code != 0:
            raise StackFailed(f"{title} could not be prepared. Read {log_path}; it ends with: {last_words(log_path)}")

    def _lock_var_dir(self) -> None:
        path = self.settings.var_dir / "run" / "lock"
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise StackFailed(
                f"The service is running already (process {path.read_text().strip() or 'unknown'} uses "
                f"{self.settings.var_dir}): stop that one first, or set VAR_DIR to another folder."
            ) from None
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        self._lock = lock


def refuse_taken_ports(host: str, parts: list[Part]) -> None:
    users: dict[int, str] = {}
    for port in (port for part in parts for port in part.ports):
        if port.number in users:
            raise StackFailed(f"{users[port.number]} and {port.setting} are both {port.number}: change one of them.")
        users[port.number] = port.setting
        if is_taken(host, port.number):
            raise StackFailed(
                f"Port {port.number} is taken by another program: stop that one, or set {port.setting} to a free port "
                f"(in .env, or `{port.setting}={port.number + 10000 if port.number < 50000 else 20000} make run`)."
            )


def is_taken(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(1)
        if probe.connect_ex((host, port)) == 0:  # on macOS one may bind an address that others have through 0.0.0.0
            return True
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def end_leftovers(run_dir: Path) -> None:
    """Ends parts of an earlier run whose supervisor was killed. We hold the lock, so nobody needs them.
    StackFailed: one of them does not end."""
    for pid_file in run_dir.glob("*.pid"):
        pid, _, command = pid_file.read_text().strip().partition(" ")
        deadline = time.monotonic() + LEFTOVERS_END_WITHIN
        while pid.isdigit() and command and command_line(int(pid)).endswith(command):
            if time.monotonic() > deadline:
                raise StackFailed(
                    f"Process {pid} of an earlier run does not end. End it (kill -9 {pid}), then try again."
                )
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
            time.sleep(0.05)
        pid_file.unlink(missing_ok=True)


def command_line(pid: int) -> str:
    """Of a process that runs; else empty."""
    if Path("/proc/self/cmdline").exists():  # Linux, where `ps` may be missing
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
        return ""
    shown = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return shown.stdout.strip()


Welcome = Callable[[Settings], Awaitable[str]]


async def up(settings: Settings, only: tuple[str, ...] | None = None, welcome: Welcome | None = None) -> int:
    """`make run`. `welcome` says something about this very installation, such as the first sign-in."""
    running = asyncio.create_task(_run(Stack(settings, only), welcome))
    when_told_to_stop(running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        say("Stopped. The cases are kept; `make run` goes on with them.")
        return 0
    except StackFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


async def _run(stack: Stack, welcome: Welcome | None) -> None:
    say(f"Starting; everything is kept in {stack.settings.var_dir} ...")
    async with stack:
        say(addresses(stack))
        if welcome:
            say(await welcome(stack.settings))
        say(f"\n{UP}")
        await stack.until_a_part_fails()


def addresses(stack: Stack) -> str:
    settings, rows = stack.settings, []
    if known.API in stack.keepers:
        rows.append(("The service", settings.public_url))
        rows.append(("Its JSON API", f"{settings.public_url}/api/openapi.json"))
    if known.TEMPORAL in stack.keepers:
        rows.append(("Temporal's view", settings.temporal_ui_url))
    if known.MAIL in stack.keepers:
        rows.append(("Mail it sent", f"{settings.var_dir / 'mail'} (one .eml file a message)"))
    if known.TEXTS in stack.keepers:
        rows.append(("Texts it sent", f"{settings.var_dir / 'texts'} (one .json file a message)"))
    if known.CALENDAR in stack.keepers:
        rows.append(("Calendars", f"http://{known.HERE}:{settings.caldav_port}"))
    rows.append(("Logs", str(settings.var_dir / "log")))
    return "\n" + "\n".join(f"  {name:<17}{where}" for name, where in rows)
