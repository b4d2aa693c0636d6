"""Who is at the door: staff by a signed-in browser, other systems by a bearer token; and which role opens which page.

A session is a row that ends after twelve hours at the latest. That somebody is still there is written into the signed
cookie, not into the row: reading a page changes nothing in the database."""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import Depends, HTTPException, Request, Response

from api.services import Services, ServicesDep
from casefile.staff import LONGEST_SESSION, Session, StaffMember
from domain.commands import COORDINATORS, EVERY_STAFF, StaffRole

IDLE = timedelta(hours=1)
_RENEW_AFTER = timedelta(minutes=1)
CSRF_FIELD = "csrf"
VISITOR_COOKIE = "visitor"

PAGES: dict[str, tuple[StaffRole, ...]] = {
    "cases": EVERY_STAFF,  # a mediator: only their own
    "new_case": COORDINATORS,
    "calls": COORDINATORS,
    "tasks": EVERY_STAFF,
    "print-queue": COORDINATORS,
    "mediator": (StaffRole.MEDIATOR,),
    "panel": (StaffRole.MANAGER,),
    "venues": (StaffRole.MANAGER,),
    "staff": (StaffRole.MANAGER,),
    "policy": (StaffRole.MANAGER,),
    "figures": (StaffRole.MANAGER,),
    "operations": (StaffRole.OPERATIONS, StaffRole.MANAGER),  # references and stages, no personal data
}
"""Who may open what. What may be done to a case is said by each command's `may` and by domain/rules.py."""


class NotSignedIn(Exception):
    """There is no session, or it has ended."""


# The session's cookie


def cookie_name(services: Services) -> str:
    """With https the browser itself sees to it that nobody else sets it."""
    return "__Host-staff" if _secure(services) else "staff"


def _secure(services: Services) -> bool:
    return services.settings.public_url.startswith("https://")


def _signature(services: Services, what: str) -> str:
    return hmac.new(services.settings.link_signing_key(), what.encode(errors="replace"), hashlib.sha256).hexdigest()


def cookie_value(services: Services, token: str) -> str:
    """The session's token and when it was last seen, signed."""
    seen = f"{token}.{int(services.clock().timestamp())}"
    return f"{seen}.{_signature(services, 'cookie:' + seen)}"


def _opened(services: Services, value: str) -> tuple[str, timedelta] | None:
    """The token of a cookie and how long ago it was last seen; None for a forged or an idle one."""
    seen, _, signature = value.rpartition(".")
    token, _, moment = seen.rpartition(".")
    if not hmac.compare_digest(signature.encode(errors="replace"), _signature(services, "cookie:" + seen).encode()):
        return None
    idle = services.clock() - datetime.fromtimestamp(int(moment), services.clock().tzinfo)
    return (token, idle) if idle < IDLE else None


def set_cookie(services: Services, response: Response, token: str) -> None:
    """Signs the browser in, or keeps it signed in."""
    response.set_cookie(
        cookie_name(services),
        cookie_value(services, token),
        max_age=int(LONGEST_SESSION.total_seconds()),
        path="/",
        secure=_secure(services),
        httponly=True,
        samesite="lax",
    )


def token_of(request: Request, services: Services) -> str | None:
    """The session's token in this browser's cookie."""
    opened = _opened(services, request.cookies.get(cookie_name(services), ""))
    return opened[0] if opened else None


async def session_of(request: Request, services: Services) -> Session | None:
    """The session behind a request, looked up once."""
    if not hasattr(request.state, "session"):
        request.state.session = None
        opened = _opened(services, request.cookies.get(cookie_name(services), ""))
        if opened:
            token, idle = opened
            request.state.session = await services.staff.session(token, services.clock())
            if request.state.session and idle > _RENEW_AFTER:
                fresh = Response()
                set_cookie(services, fresh, token)
                request.state.fresh_cookie = fresh.headers["set-cookie"]  # added to the answer by api/shield.py
    found: Session | None = request.state.session
    return found


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
    """The member of staff at the browser. Every post is checked for the session's CSRF token here, so that no page can
    forget it; but for those that show a stale form again."""
    session = await session_of(request, services)
    if session is None:
        raise NotSignedIn
    if request.method not in ("GET", "HEAD"):
        if request.scope.get("endpoint") in _SHOW_AGAIN:
            request.state.stale = not await carries(request, session.csrf)
        else:
            await check_csrf(request, session.csrf)
    return session.staff


Me = Annotated[StaffMember, Depends(signed_in)]


def require(*roles: StaffRole) -> Callable[[StaffMember], Awaitable[StaffMember]]:
    """A dependency: somebody signed in who has one of these roles."""

    async def has_role(me: Me) -> StaffMember:
        if not me.has(*roles):
            raise HTTPException(403, "This page is not part of your work. Ask a manager if it should be.")
        return me

    return has_role


async def may_read_payloads(request: Request) -> bool:
    """For the Temporal UI: somebody of operations is signed in at this browser."""
    session = await session_of(request, request.app.state.services)
    return session is not None and session.staff.has(StaffRole.OPERATIONS)


async def token_holder(request: Request, services: ServicesDep) -> StaffMember:
    """The member of staff whose bearer token a request of the JSON door carries."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    staff = await services.staff.by_token(token.strip()) if scheme.lower() == "bearer" and token else None
    if staff is None:
        raise HTTPException(
            401,
            "Send a staff token: Authorization: Bearer … (`python cli.py user token` makes one).",
            {"WWW-Authenticate": "Bearer"},
        )
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
