"""Which parts there are: how each is started, when it is ready, and which ports it needs."""

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from processes import READY_FILE
from settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
HERE = "127.0.0.1"  # only the API may listen elsewhere (HOST): none of the others asks who is calling
SECRETS = ("CODEC_KEYS", "VAULT_KEY", "LINK_SECRET")
TEMPORAL, CALENDAR, MAIL, TEXTS, WORKER, API = "temporal", "calendar", "mail", "texts", "worker", "api"


class StackFailed(Exception):
    """The parts cannot run. The message is one clear sentence for the person at the terminal."""


@dataclass(frozen=True)
class Port:
    number: int
    setting: str


@dataclass(frozen=True)
class Part:
    name: str
    title: str
    command: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]]
    ports: tuple[Port, ...] = ()
    stop_within: float = 5.0  # seconds between "please" and "now"


def all_parts(settings: Settings) -> list[Part]:
    """In the order of starting; stopped the other way round. A part whose address somebody set is theirs, not ours."""
    parts = []
    if settings.temporal_address == f"{HERE}:{settings.temporal_port}":
        parts.append(temporal(settings))
    if urlsplit(settings.caldav_url).netloc.endswith(f"@{HERE}:{settings.caldav_port}"):
        parts.append(calendar(settings))
    if settings.smtp_url == f"smtp://{HERE}:{settings.smtp_port}":
        parts.append(mail(settings))
    if settings.text_url == f"http://{HERE}:{settings.text_port}/messages":
        parts.append(texts(settings))
    return [*parts, worker(settings), api(settings)]


def temporal(settings: Settings) -> Part:
    beside_python = Path(PYTHON).parent / "temporal"
    program = str(beside_python) if beside_python.exists() else shutil.which("temporal")
    if not program:
        raise StackFailed("The `temporal` program is missing: run `make clean` and `make run` to install it again.")
    host, port, ui_port = HERE, settings.temporal_port, settings.temporal_ui_port
    return Part(
        TEMPORAL,
        "Temporal",
        (
            *(program, "server", "start-dev", "--log-level", "error", "--ui-disable-news-fetch"),
            *("--ip", host, "--port", str(port), "--ui-port", str(ui_port)),
            *("--namespace", settings.temporal_namespace),
            *("--db-filename", str(settings.var_dir / "temporal.db")),
            *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
            *("--ui-codec-endpoint", f"{settings.public_url}/codec"),
        ),
        ready=lambda: accepts(host, port, ui_port),
        ports=(Port(port, "TEMPORAL_PORT"), Port(ui_port, "TEMPORAL_UI_PORT")),
        stop_within=8.0,
    )


def calendar(settings: Settings) -> Part:
    home = settings.var_dir / "radicale"
    home.mkdir(parents=True, exist_ok=True)
    users, config = home / "users", home / "config"
    address = urlsplit(settings.caldav_url)
    users.touch(mode=0o600)
    users.write_text(f"{address.username}:{settings.caldav_password}\n")
    config.write_text(
        f"""[server]
hosts = {HERE}:{settings.caldav_port}

[auth]
type = htpasswd
htpasswd_filename = {users}
# A random password of this machine only, so nothing is won by hashing it; argon2 would cost 250 ms a request.
htpasswd_encryption = plain

[rights]
type = owner_only

[storage]
filesystem_folder = {home / "collections"}

[logging]
level = warning
"""
    )
    return Part(
        CALENDAR,
        "Calendars (Radicale)",
        (PYTHON, "-m", "radicale", "--config", str(config)),
        ready=lambda: accepts(HERE, settings.caldav_port),
        ports=(Port(settings.caldav_port, "CALDAV_PORT"),),
    )


def mail(settings: Settings) -> Part:
    return Part(
        MAIL,
        "Mail (a sink that keeps every message)",
        (PYTHON, str(ROOT / "cli.py"), "smtp-sink"),
        ready=lambda: accepts(HERE, settings.smtp_port),
        ports=(Port(settings.smtp_port, "SMTP_PORT"),),
    )


def texts(settings: Settings) -> Part:
    return Part(
        TEXTS,
        "Text messages (a sink that keeps every message)",
        (PYTHON, str(ROOT / "cli.py"), "text-sink"),
        ready=lambda: accepts(HERE, settings.text_port),
        ports=(Port(settings.text_port, "TEXT_PORT"),),
    )


def worker(settings: Settings) -> Part:
    async def ready() -> bool:
        return ready_file(settings, WORKER).exists()

    return Part(WORKER, "Worker", (PYTHON, str(ROOT / "worker.py"), "run"), ready, stop_within=10.0)


def api(settings: Settings) -> Part:
    return Part(
        API,
        "Service (pages and API)",
        (PYTHON, str(ROOT / "cli.py"), "api"),
        ready=lambda: answers_http(settings.host, settings.api_port, "/health"),
        ports=(Port(settings.api_port, "API_PORT"),),
        stop_within=8.0,
    )


def ready_file(settings: Settings, name: str) -> Path:
    return settings.var_dir / "run" / f"{name}.ready"


def environment(settings: Settings, name: str) -> dict[str, str]:
    """What a part finds in its environment, beside what the supervisor found in its own."""
    secrets = () if name in (WORKER, API) else SECRETS  # the others have no use for them
    ours = {key: value for key, value in settings.as_environment().items() if key not in secrets}
    return {**ours, READY_FILE: str(ready_file(settings, name)), "PYTHONUNBUFFERED": "1"}


async def accepts(host: str, *ports: int) -> bool:
    for port in ports:
        try:
            async with asyncio.timeout(2):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            return False
        writer.close()
    return True


async def answers_http(host: str, port: int, path: str) -> bool:
    """Any answer will do: a service that can say "the mail server is away" is up."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.readline()
    except (OSError, TimeoutError):
        return False
    writer.close()
    return answer.startswith(b"HTTP/1.1 ")
