"""Signing in and out, and where each role begins."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import (
    VISITOR_COOKIE,
    Lockout,
    Me,
    check_csrf,
    cookie_name,
    new_visitor,
    session_of,
    set_cookie,
    token_of,
    visitor_csrf,
)
from api.forms import Typed
from api.pages import page
from api.services import Services, ServicesDep
from casefile.staff import StaffMember
from domain.commands import COORDINATORS, EVERY_STAFF, StaffRole

LONGEST_EMAIL = 254

router = APIRouter(include_in_schema=False)
_WRONG = "The e-mail address or the password is not right. Passwords keep capital and small letters apart."


@router.get("/")
async def home(me: Me) -> Response:
    """The page with which somebody's day begins."""
    return RedirectResponse(home_of(me), 303)


def home_of(me: StaffMember) -> str:
    if me.only_mediates:
        return "/mediator"
    if me.has(*COORDINATORS):
        return "/today"
    return "/tasks" if me.has(*(role for role in EVERY_STAFF if role != StaffRole.MEDIATOR)) else "/operations"


@router.get("/sign-in")
async def show(request: Request, services: ServicesDep, next: str = "") -> Response:
    session = await session_of(request, services)
    if session:
        return RedirectResponse(_local(next) or home_of(session.staff), 303)
    return _form(request, services, Typed(values={"next": [next]}))


@router.post("/sign-in")
async def sign_in(request: Request, services: ServicesDep) -> Response:
    await check_csrf(request, visitor_csrf(services, request.cookies.get(VISITOR_COOKIE, "")))
    typed = Typed.of(await request.form())
    email, password, now = typed.one("email").strip().lower(), typed.raw("password"), services.clock()
    lockout: Lockout = request.app.state.lockout
    if minutes := lockout.minutes_left(email, now):
        typed.wrong("email", f"Too many wrong passwords for this address. Try again in {minutes} minutes.")
        return _form(request, services, typed, 429)
    lockout.failed(email, now)  # counted before it is checked, which takes a while: many at once are many
    staff = await services.staff.check_password(email, password) if len(email) <= LONGEST_EMAIL else None
    if staff is None:
        typed.wrong("email", _WRONG)
        return _form(request, services, typed, 422)
    lockout.forgive(email)
    token, _ = await services.staff.open_session(staff.id, now)
    answer = RedirectResponse(_local(typed.one("next")) or home_of(staff), 303)
    set_cookie(services, answer, token)
    answer.delete_cookie(VISITOR_COOKIE, path="/sign-in")
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, services: ServicesDep, me: Me) -> Response:
    token = token_of(request, services)
    if token:
        await services.staff.end_session(token)
    request.state.fresh_cookie = None
    answer = RedirectResponse("/sign-in", 303)
    secure = services.settings.public_url.startswith("https://")
    answer.delete_cookie(cookie_name(services), path="/", secure=secure, httponly=True, samesite="lax")
    return answer


def _form(request: Request, services: Services, typed: Typed, status: int = 200) -> Response:
    visitor = request.cookies.get(VISITOR_COOKIE, "") or new_visitor()
    answer = page(request, "staff/sign_in.html", status, typed=typed, visitor_csrf=visitor_csrf(services, visitor))
    secure = services.settings.public_url.startswith("https://")
    answer.set_cookie(VISITOR_COOKIE, visitor, path="/sign-in", secure=secure, httponly=True, samesite="lax")
    return answer


def _local(target: str) -> str:
    """The page on which somebody was asked to sign in; never another site."""
    parts = urlsplit(target.replace("\\", "/"))
    here = target.startswith("/") and target[1:2] not in ("/", "\\") and not parts.scheme and not parts.netloc
    return target if here and target.isprintable() else ""
