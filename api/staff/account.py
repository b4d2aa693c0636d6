"""The own account of a member of staff: the second step of signing in, and a new password."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import Me
from api.forms import Typed
from api.pages import page
from api.services import Services, ServicesDep
from api.staff.away import cover_of, questions, set_away
from api.staff.letting_in import OWN_PASSWORDS
from api.staff.new_password import send_link
from api.staff.second_step import CODE, FIRST_CODE, HALFWAY_LASTS, NOT_THE_FIRST, REFUSALS, Halfway, square_of
from casefile.second_factors import new_secret
from casefile.staff import StaffMember

router = APIRouter(include_in_schema=False)


@router.get("/account")
async def show(request: Request, services: ServicesDep, me: Me) -> Response:
    return await _account(request, services, me, Typed())


@router.get("/account/second-step")
async def begin(request: Request, services: ServicesDep, me: Me) -> Response:
    """The square of a new secret. Nothing is kept before a code of it comes back."""
    if await services.second_factors.of(me.id):
        return RedirectResponse("/account", 303)
    return _set_up_page(request, services, me, new_secret(), Typed())


@router.post("/account/second-step")
async def set_up(request: Request, services: ServicesDep, me: Me) -> Response:
    typed = Typed.of(await request.form())
    halfway = Halfway.opened(services, typed.raw("halfway"))
    if halfway is None or halfway.browser or halfway.staff != me.id or await services.second_factors.of(me.id):
        return RedirectResponse("/account/second-step", 303)
    codes = await services.second_factors.set_up(me.id, halfway.secret, typed.one("code")[:100], services.clock())
    if codes is None:
        typed.wrong("code", NOT_THE_FIRST)
        return _set_up_page(request, services, me, halfway.secret, typed, 422)
    return page(request, "staff/recovery_codes.html", codes=codes, kept=None, onward="/account")


@router.post("/account")
async def change(request: Request, services: ServicesDep, me: Me) -> Response:
    """New recovery codes, or another telephone: both ask for a code of the old one."""
    typed = Typed.of(await request.form())
    verdict = await services.second_factors.check(me.id, typed.one("code")[:100], services.clock())
    if verdict != "right":
        typed.wrong("code", REFUSALS[verdict])
        return await _account(request, services, me, typed, 429 if verdict == "locked" else 422)
    if typed.one("action") == "codes":
        codes = await services.second_factors.new_codes(me.id, services.clock())
        return page(request, "staff/recovery_codes.html", codes=codes, kept=None, onward="/account")
    await services.second_factors.remove(me.id, services.clock(), by=me.id)
    return RedirectResponse("/account/second-step", 303)


@router.post("/account/password", dependencies=OWN_PASSWORDS)
async def new_password(services: ServicesDep, me: Me) -> Response:
    """A link to a new password, to their own address."""
    await send_link(services, me.email, me.id)
    return RedirectResponse("/account?sent=1", 303)


@router.post("/account/away")
async def away(request: Request, services: ServicesDep, me: Me) -> Response:
    """Who takes their tasks and replies, from when until when."""
    typed = Typed.of(await request.form())
    await set_away(services, me, typed, me)
    if typed.errors:
        return await _account(request, services, me, typed, 422)
    return RedirectResponse("/account?saved=1", 303)


async def _account(request: Request, services: Services, me: StaffMember, typed: Typed, status: int = 200) -> Response:
    return page(
        request,
        "staff/account.html",
        status,
        typed=typed,
        question=CODE,
        factor=await services.second_factors.of(me.id),
        demanded=services.settings.second_factor == "demanded",
        link_sent="sent" in request.query_params,
        saved="saved" in request.query_params,
        away=await questions(services, me),
        cover=await cover_of(services, me),
        coordinators=await services.staff.coordinators(),
    )


def _set_up_page(
    request: Request, services: Services, me: StaffMember, secret: str, typed: Typed, status: int = 200
) -> Response:
    halfway = Halfway(staff=me.id, until=services.clock() + HALFWAY_LASTS, secret=secret).sealed(services)
    return page(
        request,
        "staff/second_step_set_up.html",
        status,
        typed=Typed(errors=typed.errors, posted=typed.posted),
        visitor_csrf="",
        action="/account/second-step",
        question=FIRST_CODE,
        halfway=halfway,
        **square_of(services, me, secret),
    )
