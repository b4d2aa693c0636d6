"""The one place that hands text messages to a provider: one POST of JSON for each, to the address that is set. A
provider with another way of its own stands behind a small relay that speaks this one (docs/runbook.md)."""

import httpx

from mail import Away, Refused

PATIENCE = 30.0  # seconds for one message
TRY_LATER = (401, 403, 404, 408, 425, 429, 503)  # it took nothing; a wrong address or token is ours to repair


class TextProvider:
    """Sends text messages, each to one telephone number."""

    def __init__(self, url: str, token: str = "", patience: float = PATIENCE) -> None:
        self._url, self._token, self._patience = url, token, patience

    async def send(self, to: str, body: str, reference: str) -> None:
        """mail.Refused or mail.Away, else it was taken. `reference` is the same for the same message: a provider that
        knows it already sends nothing again."""
        headers = {"Idempotency-Key": reference}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        message = {"to": to, "body": body, "reference": reference}
        try:
            async with httpx.AsyncClient(timeout=self._patience, follow_redirects=False) as client:
                status = (await client.post(self._url, json=message, headers=headers)).status_code
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise Away("no_connection") from None
        except httpx.HTTPError:
            raise Away("no_answer", unclear=True) from None
        if status in TRY_LATER:
            raise Away(str(status))
        if status >= 500:
            raise Away(str(status), unclear=True)
        if status >= 300:
            raise Refused(str(status), recipient=status in (400, 422))
