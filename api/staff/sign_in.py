"""Signing in with a password, and signing out."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import VISITOR_COOKIE, Lockout, Me, check_csrf, cookie_name, session_of, token_of, visitor_csrf
from api.cookies import drop_cookie
from api.forms import Typed
from api.limits import Limits, network_of
from api.services import Services, ServicesDep
from api.staff.letting_in import OWN_PASSWORDS, home_of, let_in, local, page_for_visitors
from api.staff.second_step import ask_for_code, ask_to_set_up
from domain.text import LONGEST_EMAIL

router = APIRouter(include_in_schema=False)
_WRONG = "The e-mail address or the password is not right. Passwords keep capital and small letters apart."


@router.get("/")
async def home(me: Me) -> Response:
    """The page with which somebody's day begins."""
    return RedirectResponse(home_of(me), 303)


@router.get("/sign-in")
async def show(request: Request, services: ServicesDep, next: str = "", chosen: str = "") -> Response:
    session = await session_of(request, services)
    if session:
        return RedirectResponse(local(next) or home_of(session.staff), 303)
    return _form(request, services, Typed(values={"next": [next], "chosen": [chosen]}))


@router.post("/sign-in", dependencies=OWN_PASSWORDS)
async def sign_in(request: Request, services: ServicesDep) -> Response:
    """The password is right: then the second step, where there is one."""
    await check_csrf(request, visitor_csrf(services, request.cookies.get(VISITOR_COOKIE, "")))
    typed = Typed.of(await request.form())
    email, password, now = typed.one("email").strip().lower(), typed.raw("password"), services.clock()
    lockout: Lockout = request.app.state.lockout
    if minutes := lockout.minutes_left(email, now):
        typed.wrong("email", f"Too many wrong passwords for this address. Try again in {minutes} minutes.")
        return _form(request, services, typed, 429)
    limits: Limits = request.app.state.limits
    if wait := limits.wrong_passwords.wait(network_of(request), now):
        minutes = -(-int(wait.total_seconds() + 1) // 60)
        typed.wrong("email", f"Too many wrong passwords came from where you are. Try again in {minutes} minutes.")
        return _form(request, services, typed, 429)
    lockout.failed(email, now)  # counted before it is checked, which takes a while: many at once are many
    staff = await services.staff.check_password(email, password) if len(email) <= LONGEST_EMAIL else None
    if staff is None:
        limits.wrong_passwords.use(network_of(request), now)
        typed.wrong("email", _WRONG)
        return _form(request, services, typed, 422)
    lockout.forgive(email)
    if await services.second_factors.of(staff.id):
        return ask_for_code(request, services, staff, typed)
    if services.settings.second_factor == "demanded":
        return ask_to_set_up(request, services, staff, typed)
    return await let_in(request, services, staff, typed)


@router.post("/sign-out")
async def sign_out(request: Request, services: ServicesDep, me: Me) -> Response:
    token = token_of(request, services)
    if token:
        await services.staff.end_session(token)
    request.state.fresh_cookie = None
    answer = RedirectResponse("/sign-in", 303)
    drop_cookie(services, answer, cookie_name(services), "/")
    return answer


def sign_in_to_go_on(request: Request, services: Services, kept: str) -> Response:
    """A form came when its session had ended: whoever sent it signs in again, and it is shown as it was typed."""
    return _form(request, services, Typed(values={"kept": [kept]}), 401)


def _form(request: Request, services: Services, typed: Typed, status: int = 200) -> Response:
    return page_for_visitors(request, services, "staff/sign_in.html", status, typed)
