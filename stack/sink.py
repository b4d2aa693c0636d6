"""A mail server that delivers nothing: each message becomes a file, for people to open and for tests to read."""

import asyncio
import itertools
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from processes import say_ready, when_told_to_stop

LARGEST_MESSAGE = 30_000_000


class Sink:
    """aiosmtpd calls this with each message."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = itertools.count(1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.keep(envelope.mail_from or "", envelope.rcpt_tos, bytes(envelope.original_content or b""))
        return "250 OK: kept"

    def keep(self, sender: str, recipients: list[str], message: bytes) -> Path:
        """Under a name that sorts by time. Written aside and renamed, so that no reader sees half a message."""
        now = datetime.now(UTC)
        path = self.folder / f"{now:%Y%m%dT%H%M%S.%fZ}-{next(self.number):06d}.eml"
        envelope = f"X-Envelope-From: {sender}\r\nX-Envelope-To: {', '.join(recipients)}\r\n"
        draft = path.with_suffix(".part")
        draft.write_bytes(envelope.encode() + message)
        draft.replace(path)
        return path


async def serve(host: str, port: int, folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for half_written in folder.glob("*.part"):
        half_written.unlink()
    sink, stop = Sink(folder), asyncio.Event()
    when_told_to_stop(stop.set)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(sink, data_size_limit=LARGEST_MESSAGE, enable_SMTPUTF8=True, hostname="sink.localhost", loop=loop),
        host,
        port,
    )
    say_ready()
    await stop.wait()
    server.close()  # not wait_closed(): since Python 3.12 it would wait for clients that stay connected
    return 0
