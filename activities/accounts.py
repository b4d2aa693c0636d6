"""The link by which a member of staff chooses a new password, by e-mail."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from casefile.password_resets import PasswordResets
from domain.accounts import PasswordLinkToSend
from letters.rendering import Service, password_letter
from mail import Away, MailServer, Refused, envelope, message_id
from workflows.neighbours import Accounts, Delivery

log = structlog.get_logger(__name__)


class AccountLetters(Accounts):
    """Sends links through a mail server."""

    def __init__(
        self,
        resets: PasswordResets,
        mail: MailServer,
        sender: str,
        service: Service,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.resets, self.mail, self.sender, self.service, self.now = resets, mail, sender, service, now

    @activity.defn
    async def send_password_link(self, order: PasswordLinkToSend) -> Delivery:
        """A message whose fate is unclear goes once more, with the same link and Message-ID."""
        link = await self.resets.to_send(order, self.now())
        if link is None:
            return Delivery(state="withheld")
        rendered = password_letter(link.name, link.token, link.until, service=self.service)
        known_by = message_id(order.workflow_id, self.sender)
        message = envelope(self.sender, link.email, rendered.subject, known_by, self.now())
        message.set_content(rendered.text)
        try:
            await self.mail.send(message)
        except Refused as refused:
            log.warning("a link to a new password was refused", code=refused.code)
            return await self._settle(order, "bounced" if refused.recipient else "failed")
        except Away as away:
            raise ApplicationError(f"the mail server did not take the link: {away.code}", type="mail_away") from None
        return await self._settle(order, "sent")

    async def _settle(self, order: PasswordLinkToSend, state: Literal["sent", "bounced", "failed"]) -> Delivery:
        await self.resets.settle(order, state)
        return Delivery(state=state)
