"""Keeps one part running: starts it, waits until it is ready, starts it again when it dies, and stops it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from stack.parts import Part, StackFailed

LEASH = Path(__file__).with_name("leash.py")
READY_WITHIN = 60.0  # seconds; a loaded two-core machine needs about 5
DEATHS_ALLOWED, WITHIN = 5, 60.0
FIRST_PAUSE = 0.5  # seconds before a dead part is started again; doubled with each death
LOG_KEPT = 10_000_000  # bytes; a longer log is put aside at the next start


class Keeper:
    def __init__(self, part: Part, environment: dict[str, str], var_dir: Path, say: Callable[[str], None]) -> None:
        self.part, self.environment, self.say = part, environment, say
        self.log = var_dir / "log" / f"{part.name}.log"
        self.pid_file = var_dir / "run" / f"{part.name}.pid"
        self.ready_file = var_dir / "run" / f"{part.name}.ready"
        self.process: asyncio.subprocess.Process | None = None
        self.stopping = False
        self.restarts = 0

    async def start(self) -> None:
        if self.stopping:
            return
        self._put_long_log_aside()
        self.ready_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *self.part.command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops the parts in order
            )
        self.pid_file.write_text(f"{self.process.pid} {' '.join(self.part.command[1:])}\n")
        await self._until_ready(self.process)

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not await self.part.ready():
            if process.returncode is not None:
                raise StackFailed(
                    f"{self.part.title} stopped while starting ({self._how_it_ended()}). {self._advice()}"
                )
            if time.monotonic() > deadline:
                await self._end(process)
                raise StackFailed(
                    f"{self.part.title} was not ready within {READY_WITHIN:.0f} seconds. {self._advice()}"
                )
            await asyncio.sleep(0.1)

    async def keep(self) -> None:
        """Returns when stopped; raises StackFailed when the part cannot be kept alive."""
        deaths: list[float] = []
        while await self._has_died():
            now = time.monotonic()
            deaths = [*(death for death in deaths if now - death < WITHIN), now]
            if len(deaths) >= DEATHS_ALLOWED:
                raise StackFailed(f"{self.part.title} died {len(deaths)} times within a minute. {self._advice()}")
            self.say(f"{self.part.title} died ({self._how_it_ended()}) and is started again; see {self.log}.")
            await asyncio.sleep(FIRST_PAUSE * 2 ** (len(deaths) - 1))
            with contextlib.suppress(StackFailed):  # it has died again, and the loop counts it
                await self.start()
                self.restarts += 1

    async def _has_died(self) -> bool:
        if self.process:
            await self.process.wait()
        return not self.stopping

    async def stop(self) -> None:
        self.stopping = True
        if self.process:
            await self._end(self.process)
        self.pid_file.unlink(missing_ok=True)
        self.ready_file.unlink(missing_ok=True)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        self._signal(process, signal.SIGTERM)
        try:
            async with asyncio.timeout(self.part.stop_within):
                await process.wait()
        except TimeoutError:
            self.say(f"{self.part.title} did not stop within {self.part.stop_within:.0f} seconds and was killed.")
        finally:
            self.kill()
        await process.wait()

    def kill(self) -> None:
        if self.process:
            self._signal(self.process, signal.SIGKILL)

    def _signal(self, process: asyncio.subprocess.Process, number: signal.Signals) -> None:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)

    def _how_it_ended(self) -> str:
        code = self.process.returncode if self.process else None
        return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"

    def _advice(self) -> str:
        words = self._last_words()
        return f"Read {self.log}" + (f"; it ends with: {words}" if words else ".")

    def _last_words(self) -> str:
        try:
            return last_words(self.log)
        except OSError:
            return ""

    def _put_long_log_aside(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_KEPT:
            self.log.replace(self.log.with_suffix(".log.1"))


def last_words(log: Path) -> str:
    """The last line of a log that says something, without the JSON around it."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        lines = file.read().decode(errors="replace").strip().splitlines()
    words = lines[-1] if lines else ""
    with contextlib.suppress(ValueError, AttributeError):
        entry = json.loads(words)
        words = entry.get("exception", entry.get("event", words)).strip().splitlines()[-1]
    return words[:300]
