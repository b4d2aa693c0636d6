"""The whole service on real processes, as `make run` starts it, on free ports and in a folder of its own."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from settings import Settings, load_settings
from stack.supervisor import UP

ROOT = Path(__file__).resolve().parents[1]
UP_WITHIN = 150.0  # seconds; 8 on an idle machine


@dataclass(frozen=True)
class Service:
    settings: Settings
    output: Path  # what the terminal shows

    def pid(self, part: str) -> int:
        """Of temporal, calendar, mail, worker or api; another one after a restart."""
        return int((self.settings.var_dir / "run" / f"{part}.pid").read_text().split()[0])

    def kill_everything(self) -> None:
        """All at once and with -9, as when the machine goes down."""
        run = self.settings.var_dir / "run"
        pids = [int((run / "lock").read_text()), *(int(file.read_text().split()[0]) for file in run.glob("*.pid"))]
        for pid in pids:  # the supervisor first: it starts nothing again
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def first_sign_in(self) -> tuple[str, str]:
        """The first manager's e-mail address and password, from the terminal."""
        found = re.search(r"shown only now: (\S+) with the password (\S+)", self.output.read_text())
        assert found, self.output.read_text()
        return found.group(1), found.group(2)

    def mail(self) -> list[EmailMessage]:
        """All messages that the sink has kept, in order. X-Envelope-To says who got it."""
        files = sorted((self.settings.var_dir / "mail").glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=default) for file in files]


@contextmanager
def frozen(service: Service, part: str) -> Iterator[int]:
    """It stands still, and whoever talks to it waits; gives its process. Never in the middle of a transaction: no other
    part could then write to the embedded case file."""
    pid, deadline = service.pid(part), time.monotonic() + 30
    os.kill(pid, signal.SIGSTOP)
    while part in ("worker", "api") and _is_being_written(service.settings.var_dir / "casefile.db"):
        os.kill(pid, signal.SIGCONT)
        assert time.monotonic() < deadline, f"{part} never stops writing"
        time.sleep(0.02)
        os.kill(pid, signal.SIGSTOP)
    try:
        yield pid
    finally:
        with suppress(ProcessLookupError):  # killed meanwhile
            os.kill(pid, signal.SIGCONT)


def _is_being_written(file: Path) -> bool:
    """Whether a writer holds the lock; not where the case file is PostgreSQL."""
    if not file.exists():
        return False
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
    return False


def ports_that_are_free(count: int) -> list[int]:
    """So many different free ports. All are held while looking, so that none comes twice."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


@contextmanager
def running(folder: Path, ports: list[int], **others: Any) -> Iterator[Service]:
    """Started as a newcomer starts it, and stopped at the end. `others`: settings beside the ports."""
    api, temporal, ui, smtp, caldav, texts = ports
    settings = load_settings(
        make_secrets=True,
        var_dir=folder / "var",
        api_port=api,
        temporal_port=temporal,
        temporal_ui_port=ui,
        smtp_port=smtp,
        caldav_port=caldav,
        text_port=texts,
        **others,
    )
    output = folder / "output"
    with output.open("w") as terminal:
        process = subprocess.Popen(
            [sys.executable, "cli.py", "up"],
            cwd=ROOT,
            env={**os.environ, **settings.as_environment()},
            stdout=terminal,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + UP_WITHIN
        while UP not in output.read_text():
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.1)
        yield Service(settings, output)
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the service does not stop: {output.read_text()}") from None
