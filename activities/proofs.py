"""The code by which somebody shows that a mailbox or a telephone is theirs. It is a reply: it leaves at any hour."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.errors import MessageError

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from casefile import proofs as rows
from domain.codes import ProofToSend
from domain.parties import Channel
from letters.rendering import Service, proof_letter, proof_text
from mail import Away, MailServer, Refused, envelope, message_id
from texts import TextProvider
from workflows.neighbours import Delivery, Proofs

log = structlog.get_logger(__name__)


class ProofCodes(Proofs):
    """Sends codes by e-mail or text message. A code is kept nowhere: it is derived when it is sent."""

    def __init__(
        self,
        proofs: rows.Proofs,
        mail: MailServer,
        texts: TextProvider,
        sender: str,
        service: Service,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.proofs, self.mail, self.texts = proofs, mail, texts
        self.sender, self.service, self.now = sender, service, now

    @activity.defn
    async def send_proof(self, order: ProofToSend) -> Delivery:
        """A message whose fate is unclear goes once more, with the same code and Message-ID."""
        code = await self.proofs.to_send(order, self.now())
        if code is None:
            return Delivery(state="withheld")
        try:
            if code.channel == Channel.TEXT:
                await self.texts.send(
                    code.address, proof_text(code.digits, code.until, self.service, code.language), order.workflow_id
                )
            else:
                await self._mail(order, code)
        except Refused as refused:
            log.warning("a code was refused", code=refused.code)
            return await self._settle(order, "bounced" if refused.recipient else "failed")
        except (ValueError, MessageError):  # an address that no header can hold
            return await self._settle(order, "bounced")
        except Away as away:
            raise ApplicationError(f"nobody took the code: {away.code}", type="mail_away") from None
        return await self._settle(order, "sent")

    async def _mail(self, order: ProofToSend, code: rows.CodeToGive) -> None:
        rendered = proof_letter(
            code.digits,
            code.until,
            service=self.service,
            reference=code.reference,
            officer=code.officer,
            language=code.language,
        )
        known_by = message_id(order.workflow_id, self.sender)
        message = envelope(self.sender, code.address, rendered.subject, known_by, self.now())
        message.set_content(rendered.text)
        await self.mail.send(message)

    async def _settle(self, order: ProofToSend, state: str) -> Delivery:
        await self.proofs.settle(order, state)
        return Delivery.model_validate({"state": state})
