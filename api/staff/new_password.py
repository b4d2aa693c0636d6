"""A password was forgotten: a link by e-mail, and a new one. No page says whether an address has an account, and no GET
does anything: programs that look into mail follow every link."""

from datetime import timedelta

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from api.auth import VISITOR_COOKIE, Lockout, check_csrf, visitor_csrf
from api.cookies import drop_cookie, keep_cookie
from api.forms import Field, Typed
from api.limits import Limits, network_of
from api.pages import page
from api.services import Services, ServicesDep
from api.staff.letting_in import OWN_PASSWORDS, page_for_visitors
from domain.accounts import LINK_LASTS, SHORTEST_PASSWORD, objection_to
from domain.text import LONGEST_EMAIL

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False, dependencies=OWN_PASSWORDS)
COOKIE, PATH = "new-password", "/sign-in/new-password"
EMAIL = Field("email", "E-mail address", "email", hint="With which you sign in.", autocomplete="username")


@router.get("/sign-in/forgotten")
async def show(request: Request, services: ServicesDep) -> Response:
    return _forgotten(request, services, Typed())


@router.post("/sign-in/forgotten")
async def ask(request: Request, services: ServicesDep) -> Response:
    """The answer is the same whoever asks."""
    await check_csrf(request, visitor_csrf(services, request.cookies.get(VISITOR_COOKIE, "")))
    typed = Typed.of(await request.form())
    typed.check([EMAIL])
    email = typed.one("email")[:LONGEST_EMAIL]
    if typed.errors:
        return _forgotten(request, services, typed, 422)
    limits: Limits = request.app.state.limits
    if wait := limits.take_password_link(email, network_of(request), services.clock()):
        minutes = -(-int(wait.total_seconds() + 1) // 60)
        typed.wrong("email", f"Too many links were asked for. Try again in {minutes} minutes, or ask a manager.")
        answer = _forgotten(request, services, typed, 429)
        answer.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
        return answer
    await send_link(services, email)
    return page(request, "staff/link_sent.html", email=email, minutes=_minutes(LINK_LASTS))


@router.get("/sign-in/new-password/{token}")
async def arrive(token: str, services: ServicesDep) -> Response:
    """The address in the letter. The token moves out of it, to where neither history nor another site sees it."""
    answer = RedirectResponse(PATH, 303)
    keep_cookie(services, answer, COOKIE, token[:100], PATH, int(LINK_LASTS.total_seconds()))
    return answer


@router.get("/sign-in/new-password")
async def choose(request: Request, services: ServicesDep) -> Response:
    return await _choose(request, services, Typed())


@router.post("/sign-in/new-password")
async def chosen(request: Request, services: ServicesDep) -> Response:
    await check_csrf(request, visitor_csrf(services, request.cookies.get(VISITOR_COOKIE, "")))
    typed, now, token = Typed.of(await request.form()), services.clock(), request.cookies.get(COOKIE, "")
    holder = await services.password_resets.holder(token, now)
    password = typed.raw("password")
    if holder is not None:
        if objection := objection_to(password, holder.email):
            typed.wrong("password", objection)
        elif password != typed.raw("again"):
            typed.wrong("again", "The two are not the same. Type both once more.")
    if holder is None or typed.errors:
        return await _choose(request, services, Typed(errors=typed.errors, posted=True), 422)
    if not await services.password_resets.use(token, await services.staff.hashed(password), now):
        return await _choose(request, services, Typed())
    lockout: Lockout = request.app.state.lockout
    lockout.forgive(holder.email)
    answer = RedirectResponse("/sign-in?chosen=1", 303)
    drop_cookie(services, answer, COOKIE, PATH)
    return answer


async def send_link(services: Services, email: str, by: str = "") -> None:
    """Hands a link to a workflow, which knows it by its row. It is for somebody who waits: with Temporal away it is
    lost, and they ask again, which every page of it says."""
    order, intake = await services.password_resets.ask(email, services.clock(), by), services.intake
    try:
        await intake.client.start_workflow(
            "PasswordLetter",
            order,
            id=order.workflow_id,
            task_queue=intake.task_queue,
            static_summary="A link to a new password",
            rpc_timeout=timedelta(seconds=intake.patience),
        )
    except WorkflowAlreadyStartedError:
        return
    except (RPCError, RuntimeError) as error:  # RuntimeError: how a lazy client reports an unreachable server
        log.warning("a link to a new password cannot be sent now", error=type(error).__name__)


def _forgotten(request: Request, services: Services, typed: Typed, status: int = 200) -> Response:
    return page_for_visitors(request, services, "staff/forgotten.html", status, typed, question=EMAIL)


async def _choose(request: Request, services: Services, typed: Typed, status: int = 200) -> Response:
    holder = await services.password_resets.holder(request.cookies.get(COOKIE, ""), services.clock())
    if holder is None:
        return page(request, "staff/link_over.html", 410, minutes=_minutes(LINK_LASTS))
    return page_for_visitors(
        request,
        services,
        "staff/new_password.html",
        status,
        typed,
        email=holder.email,
        shortest=SHORTEST_PASSWORD,
    )


def _minutes(lasts: timedelta) -> int:
    return int(lasts.total_seconds() // 60)
