"""The one place that opens a connection to the mail server, by its address:
smtp://user:password@host:587?starttls or smtps://user:password@host. Encryption that the server offers is used."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

PATIENCE = 60.0  # seconds for one message, from the first greeting to the last answer; far below the activity's own


class Refused(Exception):
    """The server will never take this message. The text is a code; it holds no address."""

    def __init__(self, code: str, *, recipient: bool) -> None:
        super().__init__(code)
        self.code, self.recipient = code, recipient


class Away(Exception):
    """Not now. `unclear`: the connection was lost on the way, so the message may have been taken all the same."""

    def __init__(self, code: str, *, unclear: bool = False) -> None:
        super().__init__(code)
        self.code, self.unclear = code, unclear


def message_id(of: str, sender: str) -> str:
    """The same for the same letter: an inbox that has it already shows it once."""
    return f"<{of}@{parseaddr(sender)[1].rpartition('@')[2]}>"


def envelope(sender: str, to: str | Address, subject: str, message_id: str, at: datetime) -> EmailMessage:
    """A message by this service, without its words. ValueError or email.errors.MessageError: a name or an address does
    not fit into a header."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # holiday notices are not to answer it
    return message


class MailServer:
    """Sends messages, each to the one person in its To line."""

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        self._url, self._patience = url, patience

    async def send(self, message: EmailMessage) -> None:
        """Refused or Away, else it was taken."""
        begun = taken = False
        try:
            async with asyncio.timeout(self._patience), smtp_connection(self._url, self._patience) as smtp:
                begun = True
                await smtp.send_message(message)
                taken = True
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise _trouble(refused.recipients[0].code, recipient=True) from None
        except aiosmtplib.SMTPDataError as refused:
            raise _trouble(refused.code, recipient=False) from None
        except aiosmtplib.SMTPNotSupported:
            raise Refused("not_supported", recipient=False) from None
        except aiosmtplib.SMTPResponseException as refused:  # greeting, sign-in, sender: ours to repair
            raise Away(str(refused.code)) from None
        except (aiosmtplib.SMTPException, TimeoutError, OSError) as error:
            if not taken:  # else only the goodbye was lost
                code = "tls" if isinstance(error, ssl.SSLError) else "no_connection"
                raise Away(code, unclear=begun) from None


def _trouble(code: int, *, recipient: bool) -> Refused | Away:
    return Refused(str(code), recipient=recipient) if code >= 500 else Away(str(code))


async def mail_answers(smtp_url: str, timeout: float = 3.0) -> bool:
    """Is the server there, and does it let us in? For /health."""
    try:
        async with asyncio.timeout(timeout), smtp_connection(smtp_url, timeout) as smtp:
            await smtp.noop()
    except (aiosmtplib.SMTPException, TimeoutError, OSError):
        return False
    return True


@asynccontextmanager
async def smtp_connection(url: str, timeout: float) -> AsyncIterator[aiosmtplib.SMTP]:
    """Greeted, encrypted and signed in."""
    address = urlsplit(url)
    encrypted, upgrade = address.scheme == "smtps", "starttls" in address.query.lower()
    smtp = aiosmtplib.SMTP(
        hostname=address.hostname,
        port=address.port or (465 if encrypted else 587 if upgrade else 25),
        username=unquote(address.username) if address.username else None,
        password=unquote(address.password) if address.password else None,
        use_tls=encrypted,
        start_tls=True if upgrade else None,
        timeout=timeout,
    )
    await smtp.connect()
    try:
        yield smtp
    finally:
        with suppress(aiosmtplib.SMTPException, TimeoutError, OSError):  # the message is settled by now
            async with asyncio.timeout(2):
                await smtp.quit()
        smtp.close()
