"""The one place that opens a connection to the mailbox, by its address: imaps://user:password@host/INBOX, or
imap://…?starttls. It reads, marks as read and flags; nothing here can delete a message."""

import asyncio
import imaplib
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

PATIENCE = 30.0  # seconds for one answer of the server
LARGEST_MESSAGE = 30_000_000  # bytes; a larger one is left for a person
AT_A_TIME = 200  # messages

Answer = TypeVar("Answer")


class MailboxAway(Exception):
    """The mailbox cannot be read now. The text is a code; it holds no address and no word of the server."""


class OpenMailbox:
    """A folder, opened. Messages are known by their UIDs, for as long as it stays open."""

    def __init__(self, connection: imaplib.IMAP4) -> None:
        self._connection = connection

    async def unread(self) -> list[str]:
        """What is neither read nor flagged, the oldest first. MailboxAway."""
        [found, *_] = await self._do("SEARCH", "UNSEEN", "UNFLAGGED")
        return [uid.decode() for uid in (found or b"").split()][:AT_A_TIME]

    async def message(self, uid: str) -> bytes | None:
        """The whole message, which stays unread; None when it is too large or has gone. MailboxAway."""
        size = re.search(rb"RFC822\.SIZE (\d+)", _text_of(await self._do("FETCH", uid, "(RFC822.SIZE)")))
        if size is None or int(size[1]) > LARGEST_MESSAGE:
            return None
        parts = await self._do("FETCH", uid, "(BODY.PEEK[])")
        return next((part[1] for part in parts if isinstance(part, tuple)), None)

    async def mark_read(self, uid: str) -> None:
        """Its case has it. MailboxAway."""
        await self._do("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")

    async def flag(self, uid: str) -> None:
        """Left for a person: it stays unread. MailboxAway."""
        await self._do("STORE", uid, "+FLAGS.SILENT", r"(\Flagged)")

    async def _do(self, verb: str, *args: str) -> list[Any]:
        status, answer = await _in_a_thread(lambda: self._connection.uid(verb, *args))
        if status != "OK":
            raise MailboxAway(f"{verb.lower()}_refused")
        return answer


class Mailbox:
    """A folder on a mail server, by its address."""

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        self._url, self._patience = url, patience

    @asynccontextmanager
    async def open(self) -> AsyncIterator[OpenMailbox]:
        """Connected, encrypted, signed in, the folder chosen. MailboxAway."""
        connection = await _in_a_thread(self._connect)
        try:
            yield OpenMailbox(connection)
        finally:
            with suppress(MailboxAway):  # whatever was to be done is done by now
                await _in_a_thread(connection.logout)

    def _connect(self) -> imaplib.IMAP4:
        address = urlsplit(self._url)
        host = address.hostname or ""
        context = ssl.create_default_context()
        connection: imaplib.IMAP4
        if address.scheme == "imaps":
            connection = imaplib.IMAP4_SSL(host, address.port or 993, ssl_context=context, timeout=self._patience)
        else:
            connection = imaplib.IMAP4(host, address.port or 143, timeout=self._patience)
        try:
            if "starttls" in address.query.lower():
                connection.starttls(context)
            try:
                connection.login(unquote(address.username or ""), unquote(address.password or ""))
            except imaplib.IMAP4.error as error:
                raise error if isinstance(error, imaplib.IMAP4.abort) else MailboxAway("sign_in_refused") from None
            folder = unquote(address.path.strip("/")) or "INBOX"
            status, _ = connection.select('"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"')
            if status != "OK":
                raise MailboxAway("no_such_folder")
        except BaseException:
            connection.shutdown()
            raise
        return connection


async def _in_a_thread(act: Callable[[], Answer]) -> Answer:
    """imaplib waits; its errors may quote what it read, so only codes go on."""
    try:
        return await asyncio.to_thread(act)
    except ssl.SSLError:
        raise MailboxAway("tls") from None
    except imaplib.IMAP4.abort:
        raise MailboxAway("connection_lost") from None
    except imaplib.IMAP4.error:
        raise MailboxAway("refused") from None
    except OSError:
        raise MailboxAway("no_connection") from None


def _text_of(answer: list[Any]) -> bytes:
    return b" ".join(part[0] if isinstance(part, tuple) else part or b"" for part in answer)
