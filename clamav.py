"""The one place that speaks to the virus scanner: clamd, at tcp://host:3310 or unix:///run/clamav/clamd.ctl."""

import asyncio
from urllib.parse import urlsplit

PATIENCE = 60.0  # seconds for one file
CHUNK = 64 * 1024


class ScannerAway(Exception):
    """It does not answer, or not with a verdict. The text is a code."""


class Scanner:
    """Looks at files through clamd's INSTREAM: the bytes go over the connection and are kept nowhere."""

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        self._url, self._patience = url, patience

    async def is_infected(self, content: bytes) -> bool:
        """ScannerAway."""
        try:
            async with asyncio.timeout(self._patience):
                answer = await self._ask(content)
        except TimeoutError:
            raise ScannerAway("too_slow") from None
        except OSError:
            raise ScannerAway("no_connection") from None
        if answer.endswith(b"FOUND"):
            return True
        if answer == b"stream: OK":
            return False
        raise ScannerAway("no_verdict")  # "INSTREAM size limit exceeded. ERROR", say

    async def _ask(self, content: bytes) -> bytes:
        address = urlsplit(self._url)
        if address.scheme == "unix":
            reader, writer = await asyncio.open_unix_connection(address.path)
        else:
            reader, writer = await asyncio.open_connection(address.hostname, address.port or 3310)
        try:
            writer.write(b"zINSTREAM\0")
            for start in range(0, len(content), CHUNK):
                chunk = content[start : start + CHUNK]
                writer.write(len(chunk).to_bytes(4) + chunk)
                await writer.drain()
            writer.write((0).to_bytes(4))
            await writer.drain()
            return (await reader.read(1000)).rstrip(b"\0\n")
        finally:
            writer.close()
