"""The last step of each way to sign in: a session begins, with the page that somebody came for."""

from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import VISITOR_COOKIE, Kept, new_visitor, set_cookie, visitor_csrf
from api.cookies import drop_cookie, keep_cookie
from api.forms import Typed
from api.pages import page
from api.services import Services, ServicesDep
from casefile.staff import StaffMember
from domain.commands import COORDINATORS, EVERY_STAFF, StaffRole


async def own_passwords(services: ServicesDep) -> None:
    """For pages about passwords of ours. 404: everybody signs in elsewhere."""
    if not services.settings.local_passwords:
        raise HTTPException(404, f"Everybody signs in with {services.settings.oidc_name} here.")


OWN_PASSWORDS = [Depends(own_passwords)]


def home_of(me: StaffMember) -> str:
    """The page with which somebody's day begins."""
    if me.only_mediates:
        return "/mediator"
    if me.has(*COORDINATORS):
        return "/today"
    return "/tasks" if me.has(*(role for role in EVERY_STAFF if role != StaffRole.MEDIATOR)) else "/operations"


async def let_in(
    request: Request, services: Services, staff: StaffMember, typed: Typed, codes: list[str] | None = None
) -> Response:
    """They have proved who they are. What was typed when their last session had ended is given back; `codes`: recovery
    codes, which are shown once, before anything else."""
    token, _ = await services.staff.open_session(staff.id, services.clock(), services.settings.session_lasts)
    kept = Kept.opened(services, typed.raw("kept"))
    if kept is not None and kept.staff != staff.id:
        kept = None
    onward = local(typed.one("next")) or home_of(staff)
    if codes:
        answer: Response = page(request, "staff/recovery_codes.html", codes=codes, kept=kept, onward=onward)
    elif kept:
        answer = page(request, "staff/kept.html", kept=kept, home=home_of(staff))
    else:
        answer = RedirectResponse(onward, 303)
    set_cookie(services, answer, token)
    drop_cookie(services, answer, VISITOR_COOKIE, "/sign-in")
    return answer


def page_for_visitors(
    request: Request, services: Services, template: str, status: int, typed: Typed, **context: object
) -> Response:
    """A page on the way in, with a form that only this browser can send."""
    visitor = request.cookies.get(VISITOR_COOKIE, "") or new_visitor()
    csrf = visitor_csrf(services, visitor)
    answer = page(request, template, status, typed=typed, visitor_csrf=csrf, **context)
    keep_cookie(services, answer, VISITOR_COOKIE, visitor, "/sign-in")
    return answer


def local(target: str) -> str:
    """The page on which somebody was asked to sign in; never another site."""
    parts = urlsplit(target.replace("\\", "/"))
    here = target.startswith("/") and target[1:2] not in ("/", "\\") and not parts.scheme and not parts.netloc
    return target if here and target.isprintable() else ""
