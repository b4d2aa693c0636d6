"""Signing in at the organisation's own provider (OpenID Connect, api/openid.py), where a setting names one. An account
is found by the e-mail address that the provider has verified; none is ever made. A second step is its business, too."""

import base64
import hmac
from datetime import datetime, timedelta

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from api.cookies import drop_cookie, keep_cookie
from api.forms import Typed
from api.openid import Attempt, NotTrusted, Provider, ProviderAway
from api.pages import page
from api.services import Services, ServicesDep
from api.staff.letting_in import let_in

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)
COOKIE, PATH = "elsewhere", "/sign-in"
LASTS = timedelta(minutes=10)
_PLACE = "on the way to the provider"


class Underway(BaseModel):
    """What this browser carries, sealed, while it is at the provider."""

    attempt: Attempt
    next: str
    until: datetime


@router.get("/sign-in/elsewhere")
async def leave(request: Request, services: ServicesDep, next: str = "") -> Response:
    """To the provider. Nothing is stored here: what must be remembered goes with the browser."""
    try:
        address, attempt = await _provider(services).begin(_back(services))
    except (ProviderAway, NotTrusted) as error:
        return _sorry(request, services, "away", str(error), 503)
    underway = Underway(attempt=attempt, next=next[:1000], until=services.clock() + LASTS)
    answer = RedirectResponse(address, 303)
    sealed = base64.urlsafe_b64encode(services.vault.own.seal(underway, _PLACE)).decode()
    keep_cookie(services, answer, COOKIE, sealed, PATH, int(LASTS.total_seconds()))
    return answer


@router.get("/sign-in/back")
async def back(request: Request, services: ServicesDep, code: str = "", state: str = "", error: str = "") -> Response:
    """From the provider, with a code that is good once and for this browser only."""
    provider, underway = _provider(services), _underway(request, services)
    if underway is None or not hmac.compare_digest(state.encode(errors="replace"), underway.attempt.state.encode()):
        return _sorry(request, services, "begin_again", "state", 403)
    if error or not code:
        return _sorry(request, services, "refused", "no_code", 403)
    try:
        now = int(services.clock().timestamp())
        email = await provider.verified_email(code, underway.attempt, _back(services), now)
    except ProviderAway as away:
        return _sorry(request, services, "away", str(away), 503)
    except NotTrusted as reason:
        return _sorry(request, services, "refused", str(reason), 403)
    staff = await services.staff.find(email)
    if staff is None or not staff.active:
        return _sorry(request, services, "unknown", "no_account", 403)
    answer = await let_in(request, services, staff, Typed(values={"next": [underway.next]}))
    drop_cookie(services, answer, COOKIE, PATH)
    return answer


def _provider(services: Services) -> Provider:
    if services.openid is None:
        raise HTTPException(404, "Nobody signs in elsewhere here. Use your e-mail address and password.")
    return services.openid


def _back(services: Services) -> str:
    return f"{services.settings.public_url}/sign-in/back"


def _underway(request: Request, services: Services) -> Underway | None:
    """None: this browser did not leave from here, or too long ago."""
    try:
        sealed = base64.urlsafe_b64decode(request.cookies.get(COOKIE, "").encode(errors="replace"))
        found = services.vault.own.open(Underway, sealed, _PLACE)
    except ValueError:
        return None
    return found if found.until > services.clock() else None


def _sorry(request: Request, services: Services, why: str, code: str, status: int) -> Response:
    log.warning("nobody was signed in from the provider", code=code)
    answer = page(request, "staff/not_signed_in.html", status, why=why)
    drop_cookie(services, answer, COOKIE, PATH)
    return answer
