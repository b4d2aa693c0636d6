"""Who is at the door: staff by a signed-in browser, other systems by a bearer token.

A session is a row that ends after some hours at the latest (SESSION_HOURS). That somebody is still there is written
into the signed cookie, not into the row: reading a page changes nothing in the database. What was typed into a form
while its session ended is kept in the browser, sealed, until the same person has signed in again (`Kept`)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import Depends, HTTPException, Request, Response
from pydantic import BaseModel

from api.cookies import keep_cookie
from api.forms import Typed
from api.permissions import allowed, may_open
from api.services import Services, ServicesDep
from casefile.staff import KEPT_AFTER_ITS_END, Session, StaffMember

_RENEW_AFTER = timedelta(minutes=1)
CSRF_FIELD = "csrf"
VISITOR_COOKIE = "visitor"


class NotSignedIn(Exception):
    """There is no session, or it has ended. `kept`: what was typed meanwhile, sealed (`Kept`), or "" for nothing."""

    def __init__(self, kept: str = "") -> None:
        self.kept = kept


# The session's cookie


def cookie_name(services: Services) -> str:
    """With https the browser itself sees to it that nobody else sets it."""
    return "__Host-staff" if services.settings.over_https else "staff"


def _signature(services: Services, what: str) -> str:
    return hmac.new(services.settings.link_signing_key(), what.encode(errors="replace"), hashlib.sha256).hexdigest()


def cookie_value(services: Services, token: str) -> str:
    """The session's token and when it was last seen, signed."""
    seen = f"{token}.{int(services.clock().timestamp())}"
    return f"{seen}.{_signature(services, 'cookie:' + seen)}"


def _opened(services: Services, value: str) -> tuple[str, timedelta] | None:
    """The token of a cookie and how long ago it was last seen; None for a forged one."""
    seen, _, signature = value.rpartition(".")
    token, _, moment = seen.rpartition(".")
    if not hmac.compare_digest(signature.encode(errors="replace"), _signature(services, "cookie:" + seen).encode()):
        return None
    idle = services.clock() - datetime.fromtimestamp(int(moment), services.clock().tzinfo)
    return token, idle


def set_cookie(services: Services, response: Response, token: str) -> None:
    """Signs the browser in, or keeps it signed in."""
    # longer than the session: with it, what was typed when it ended is given back to whoever typed it
    kept = int((services.settings.session_lasts + KEPT_AFTER_ITS_END).total_seconds())
    keep_cookie(services, response, cookie_name(services), cookie_value(services, token), "/", kept)


def token_of(request: Request, services: Services) -> str | None:
    """The session's token in this browser's cookie."""
    opened = _opened(services, request.cookies.get(cookie_name(services), ""))
    return opened[0] if opened else None


async def session_of(request: Request, services: Services) -> Session | None:
    """The session behind a request, looked up once."""
    if not hasattr(request.state, "session"):
        request.state.session = None
        opened = _opened(services, request.cookies.get(cookie_name(services), ""))
        if opened and opened[1] < services.settings.session_idle:
            token, idle = opened
            request.state.session = await services.staff.session(token, services.clock())
            if request.state.session and idle > _RENEW_AFTER:
                fresh = Response()
                set_cookie(services, fresh, token)
                request.state.fresh_cookie = fresh.headers["set-cookie"]  # added to the answer by api/shield.py
    found: Session | None = request.state.session
    return found


class Kept(BaseModel):
    """A form that was sent when its session had ended: whose session it was, and what was typed."""

    staff: str
    path: str
    values: dict[str, list[str]]

    def sealed(self, services: Services) -> str:
        return base64.urlsafe_b64encode(services.vault.own.seal(self, _KEPT)).decode()

    @classmethod
    def opened(cls, services: Services, sealed: str) -> "Kept | None":
        """None: it was not sealed here."""
        try:
            return services.vault.own.open(cls, base64.urlsafe_b64decode(sealed.encode(errors="replace")), _KEPT)
        except ValueError:
            return None


_KEPT, _MOST_KEPT = "what was typed when a session had ended", 200_000  # characters


async def _kept(request: Request, services: Services) -> str:
    """What was posted, if its form is one that is shown again as it was typed, and came from a session of this browser
    that has ended by itself: not from another site, and not after somebody had signed out. Files are not kept."""
    opened = _opened(services, request.cookies.get(cookie_name(services), ""))
    if request.scope.get("endpoint") not in _SHOW_AGAIN or opened is None:
        return ""
    session = await services.staff.session(opened[0], services.clock() - KEPT_AFTER_ITS_END)
    if session is None or not await carries(request, session.csrf):
        return ""
    typed = Typed.of(await request.form())
    typed.values.pop(CSRF_FIELD, None)
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    sealed = Kept(staff=session.staff.id, path=path, values=typed.values).sealed(services)
    return sealed if len(sealed) <= _MOST_KEPT else ""


# Cross-site request forgery


Handler = TypeVar("Handler", bound=Callable[..., Any])


def shows_stale_forms_again(handler: Handler) -> Handler:
    """Marks the handler of a post that does nothing with a form that `is_stale`, and shows it again as it was typed."""
    _SHOW_AGAIN.add(handler)
    return handler


_SHOW_AGAIN: set[Callable[..., Any]] = set()
STALE = "You have signed in anew since this form was opened, so nothing was recorded yet. Check it and send it again."


def is_stale(request: Request) -> bool:
    """The form that was posted carries no token of this session."""
    return getattr(request.state, "stale", False)


async def carries(request: Request, expected: str) -> bool:
    """Whether the form that was posted carries this CSRF token."""
    given = (await request.form()).get(CSRF_FIELD)
    return isinstance(given, str) and hmac.compare_digest(given.encode(errors="replace"), expected.encode())


async def check_csrf(request: Request, expected: str) -> None:
    """403, unless the form that was posted carries the token of this browser."""
    if not await carries(request, expected):
        raise HTTPException(
            403,
            "This form is out of date, so nothing was done. Go back, open the page again and send the form once more.",
        )


def new_visitor() -> str:
    """For the cookie of a browser that is not signed in yet."""
    return secrets.token_urlsafe(24)


def visitor_csrf(services: Services, visitor: str) -> str:
    """The CSRF token of a browser that is not signed in yet, for the sign-in form."""
    return _signature(services, f"visitor:{visitor}")


# Who may


async def signed_in(request: Request, services: ServicesDep) -> StaffMember:
    """The member of staff at the browser, if the page is open to them (api/permissions.py). Every post is checked for
    the session's CSRF token here, so that no page can forget it; but for those that show a stale form again."""
    session = await session_of(request, services)
    if session is None:
        raise NotSignedIn(await _kept(request, services) if request.method == "POST" else "")
    if request.method not in ("GET", "HEAD"):
        if request.scope.get("endpoint") in _SHOW_AGAIN:
            request.state.stale = not await carries(request, session.csrf)
        else:
            await check_csrf(request, session.csrf)
    await allowed(request, services, session.staff)
    return session.staff


Me = Annotated[StaffMember, Depends(signed_in)]


async def may_read_payloads(request: Request) -> bool:
    """For the Temporal UI: somebody of operations is signed in at this browser."""
    session = await session_of(request, request.app.state.services)
    return session is not None and may_open(session.staff, "POST /codec/decode")


async def token_holder(request: Request, services: ServicesDep) -> StaffMember:
    """The member of staff whose bearer token a request of the JSON door carries, if it is open to them."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    staff = await services.staff.by_token(token.strip()) if scheme.lower() == "bearer" and token else None
    if staff is None:
        raise HTTPException(
            401,
            "Send a staff token: Authorization: Bearer … (`python cli.py user token` makes one).",
            {"WWW-Authenticate": "Bearer"},
        )
    await allowed(request, services, staff)
    return staff


ApiStaff = Annotated[StaffMember, Depends(token_holder)]


# Guessing passwords


class Lockout:
    """After five wrong passwords for an e-mail address it is locked for five minutes, whether or not there is such an
    account. Kept in memory: each API process counts for itself, and a restart forgives."""

    FAILURES, PAUSE, MOST = 5, timedelta(minutes=5), 10_000

    def __init__(self) -> None:
        self._failed: dict[str, tuple[int, datetime]] = {}  # address -> failures, when the last of them was

    def minutes_left(self, email: str, now: datetime) -> int:
        """0: not locked."""
        count, last = self._failed.get(_key(email), (0, now))
        left = last + self.PAUSE - now
        return -(-int(left.total_seconds()) // 60) if count >= self.FAILURES and left > timedelta(0) else 0

    def failed(self, email: str, now: datetime) -> None:
        count, last = self._failed.pop(_key(email), (0, now))
        if now - last > self.PAUSE:
            count = 0
        if len(self._failed) >= self.MOST:
            del self._failed[next(iter(self._failed))]  # the one that failed longest ago
        self._failed[_key(email)] = (count + 1, now)

    def forgive(self, email: str) -> None:
        self._failed.pop(_key(email), None)


def _key(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode(errors="replace")).hexdigest()
