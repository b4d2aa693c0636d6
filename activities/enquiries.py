"""The code that shows whose e-mail address a referral from the public form gave."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from casefile import enquiries as rows
from domain.enquiry import CodeToSend
from letters.html import put_words
from letters.rendering import Service, code_letter
from mail import Away, MailServer, Refused, envelope, message_id
from workflows.neighbours import Delivery, Enquiries

log = structlog.get_logger(__name__)


class Codes(Enquiries):
    """Sends codes through a mail server. A code is kept nowhere: it is derived when it is sent."""

    def __init__(
        self,
        enquiries: rows.Enquiries,
        mail: MailServer,
        sender: str,
        service: Service,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.enquiries, self.mail, self.sender, self.service, self.now = enquiries, mail, sender, service, now

    @activity.defn
    async def send_code(self, order: CodeToSend) -> Delivery:
        """A message whose fate is unclear goes once more, with the same code and Message-ID."""
        code = await self.enquiries.code_to_send(order, self.now())
        if code is None:
            return Delivery(state="withheld")
        try:
            await self.mail.send(self._message(order, code))
        except Refused as refused:
            log.warning("a code was refused", enquiry=order.enquiry, code=refused.code)
            return await self._settle(order, "bounced" if refused.recipient else "failed")
        except Away as away:
            raise ApplicationError(f"the mail server did not take the code: {away.code}", type="mail_away") from None
        return await self._settle(order, "sent")

    @activity.defn
    async def erase_old(self, order: CodeToSend) -> None:
        erased = await self.enquiries.erase_old(self.now())
        log.info("enquiries erased", number=erased)

    async def _settle(self, order: CodeToSend, state: str) -> Delivery:
        await self.enquiries.settle(order, state)
        return Delivery.model_validate({"state": state})

    def _message(self, order: CodeToSend, code: rows.Code) -> EmailMessage:
        rendered = code_letter(code.digits, code.until, service=self.service, language=code.language)
        known_by = message_id(order.workflow_id, self.sender)
        message = envelope(self.sender, code.email, rendered.subject, known_by, self.now())
        put_words(message, rendered.text, self.service, rendered.language)
        return message
