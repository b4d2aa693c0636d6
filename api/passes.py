"""What a code has opened, remembered by one browser for half an hour: a signed cookie. It is no row, so that a page
that is only read changes nothing; a link that is revoked opens nothing, whatever cookie comes with it."""

import hashlib
import hmac
from datetime import UTC, datetime

from fastapi import Request, Response

from api.cookies import keep_cookie
from api.services import Services
from domain.codes import OPEN_FOR


def open_until(request: Request, services: Services, cookie: str, of: str) -> datetime | None:
    """Until when this browser may read what `of` stands for (a proof's key); None: it may not, or no longer."""
    moment, _, signature = request.cookies.get(cookie, "").partition(".")
    if not hmac.compare_digest(signature.encode(errors="replace"), _signature(services, of, moment).encode()):
        return None
    until = datetime.fromtimestamp(int(moment), UTC)
    return until if until > services.clock() else None


def give_pass(
    services: Services, answer: Response, cookie: str, of: str, path: str, until: datetime | None = None
) -> Response:
    """The code was right: this browser may read for half an hour, or until the moment when an earlier pass ends."""
    until = until or services.clock() + OPEN_FOR
    moment = str(int(until.timestamp()))
    left = int((until - services.clock()).total_seconds())
    keep_cookie(services, answer, cookie, f"{moment}.{_signature(services, of, moment)}", path, left)
    return answer


def _signature(services: Services, of: str, moment: str) -> str:
    key = services.settings.link_signing_key()
    return hmac.new(key, f"pass:{of}:{moment}".encode(errors="replace"), hashlib.sha256).hexdigest()
