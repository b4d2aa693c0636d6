"""The second step of signing in: a code from an authenticator app, or setting the app up. Between the steps there is no
session: that the password was right stands sealed in the form (`Halfway`), for ten minutes and for this browser."""

import base64
from datetime import datetime, timedelta

import segno
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from pydantic import BaseModel

from api.auth import VISITOR_COOKIE, check_csrf, visitor_csrf
from api.forms import Field, Typed
from api.services import Services, ServicesDep
from api.staff.letting_in import OWN_PASSWORDS, let_in, page_for_visitors
from casefile.second_factors import Verdict, address_for_apps, new_secret
from casefile.staff import StaffMember

router = APIRouter(include_in_schema=False, dependencies=OWN_PASSWORDS)
HALFWAY_LASTS = timedelta(minutes=10)

CODE = Field(
    "code",
    "Code",
    hint="The six digits that your authenticator app shows now. Telephone lost? Then a recovery code.",
    autocomplete="one-time-code",
)
FIRST_CODE = Field("code", "Code", hint="The six digits that the app shows now.", autocomplete="one-time-code")
REFUSALS: dict[Verdict, str] = {
    "wrong": "This code is not right. Codes change every 30 seconds: type the one that the app shows now.",
    "used": "This code was used a moment ago. Wait until the app shows the next one.",
    "locked": "Too many wrong codes. Wait 15 minutes, or ask a manager.",
}
NOT_THE_FIRST = "This is not the code of this square. Codes change every 30 seconds: type the newest one."


class Halfway(BaseModel):
    """Whose password was right, in which browser, and until when that counts. Of somebody who is signed in and sets up
    the second step: their secret."""

    staff: str
    browser: str = ""  # "": of somebody who is signed in
    until: datetime
    secret: str = ""  # of the app that is being set up

    def sealed(self, services: Services) -> str:
        return base64.urlsafe_b64encode(services.vault.own.seal(self, _PLACE)).decode()

    @classmethod
    def opened(cls, services: Services, sealed: str) -> "Halfway | None":
        """None: it was not sealed here, or is too old."""
        try:
            found = services.vault.own.open(cls, base64.urlsafe_b64decode(sealed.encode(errors="replace")), _PLACE)
        except ValueError:
            return None
        return found if found.until > services.clock() else None


_PLACE = "half signed in"


def ask_for_code(request: Request, services: Services, staff: StaffMember, typed: Typed, status: int = 200) -> Response:
    """The second step of an account that has one."""
    return _page(request, services, "staff/second_step.html", staff, typed, status, question=CODE)


def ask_to_set_up(
    request: Request, services: Services, staff: StaffMember, typed: Typed, status: int = 200, secret: str = ""
) -> Response:
    """The service demands a second step, and this account has none yet."""
    secret = secret or new_secret()
    return _page(
        request,
        services,
        "staff/second_step_set_up.html",
        staff,
        typed,
        status,
        secret,
        action="/sign-in/set-up",
        question=FIRST_CODE,
        **square_of(services, staff, secret),
    )


@router.post("/sign-in/code")
async def take_code(request: Request, services: ServicesDep) -> Response:
    typed = Typed.of(await request.form())
    found = await _halfway(request, services, typed)
    if found is None:
        return RedirectResponse("/sign-in", 303)
    staff, _ = found
    verdict = await services.second_factors.check(staff.id, typed.one("code")[:100], services.clock())
    if verdict == "right":
        return await let_in(request, services, staff, typed)
    typed.wrong("code", REFUSALS[verdict])
    return ask_for_code(request, services, staff, typed, 429 if verdict == "locked" else 422)


@router.post("/sign-in/set-up")
async def set_up(request: Request, services: ServicesDep) -> Response:
    typed = Typed.of(await request.form())
    found = await _halfway(request, services, typed)
    if found is None or not found[1] or await services.second_factors.of(found[0].id):
        return RedirectResponse("/sign-in", 303)
    staff, secret = found
    codes = await services.second_factors.set_up(staff.id, secret, typed.one("code")[:100], services.clock())
    if codes is None:
        typed.wrong("code", NOT_THE_FIRST)
        return ask_to_set_up(request, services, staff, typed, 422, secret)
    return await let_in(request, services, staff, typed, codes)


def square_of(services: Services, staff: StaffMember, secret: str) -> dict[str, object]:
    """What the page shows of a new secret: a square to be photographed, and letters for whoever types them."""
    address = address_for_apps(secret, staff.email, services.settings.service_name)
    square = segno.make(address, error="m").svg_inline(scale=3, dark="#000", light="#fff")
    return {"square": Markup(square), "letters": " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))}  # noqa: S704 ours


def _page(
    request: Request,
    services: Services,
    template: str,
    staff: StaffMember,
    typed: Typed,
    status: int,
    secret: str = "",
    **context: object,
) -> Response:
    onward = {name: values for name, values in typed.values.items() if name in ("next", "kept")}
    shown = Typed(onward, typed.errors, typed.posted)  # neither a password nor a code that was wrong
    halfway = typed.raw("halfway")
    if not halfway:
        halfway = Halfway(
            staff=staff.id,
            browser=request.cookies.get(VISITOR_COOKIE, ""),
            until=services.clock() + HALFWAY_LASTS,
            secret=secret,
        ).sealed(services)
    return page_for_visitors(request, services, template, status, shown, halfway=halfway, **context)


async def _halfway(request: Request, services: Services, typed: Typed) -> tuple[StaffMember, str] | None:
    """Whose password was right at this browser, and the secret that is being set up. None: it was too long ago."""
    visitor = request.cookies.get(VISITOR_COOKIE, "")
    await check_csrf(request, visitor_csrf(services, visitor))
    halfway = Halfway.opened(services, typed.raw("halfway"))
    if halfway is None or halfway.browser != visitor:
        return None
    staff = await services.staff.by_id(halfway.staff)
    return (staff, halfway.secret) if staff and staff.active else None
