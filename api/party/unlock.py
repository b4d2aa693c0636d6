"""What is private on the page of a link (the wording of an agreement, papers) asks for a fresh code, sent to the
address or number to which we write to this person. Reading a page sends nothing and uses nothing up: mail scanners
follow every link. Whoever we write to by post or ring has the code read out by a coordinator."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.codes import begin_code, in_words, later, six_digits, too_many
from api.forms import Typed
from api.limits import Limits, network_of
from api.party.routes import Visit, find_visit, unknown_link
from api.passes import give_pass
from api.services import Services, ServicesDep
from casefile.proofs import Whom
from domain.languages import marked, tr
from domain.parties import Channel

router = APIRouter(include_in_schema=False)

BEHIND = ("", "papers", "agreement", "reach")
"""Pages of a link that hold something private, by the last part of their address; "": the link's own."""
READ_OUT = marked("we ring you back and read a code out to you")


@router.get("/my/{link_id}/unlock")
async def ask_for_code(link_id: str, request: Request, services: ServicesDep, to: str = "") -> Response:
    """Where a code is asked for and typed."""
    visit = await find_visit(link_id, request, services)
    if visit is None or visit.gone:
        return unknown_link(request)
    if visit.unlocked:
        return _through(visit, to)
    return await _shown(visit, to)


@router.post("/my/{link_id}/unlock")
async def take_code(link_id: str, request: Request, services: ServicesDep) -> Response:
    """A code is wanted, or comes back."""
    visit = await find_visit(link_id, request, services)
    if visit is None or visit.gone:
        return unknown_link(request)
    typed = Typed.of(await request.form())
    to = typed.one("to")
    if not visit.is_ours(typed):
        return await _shown(visit, to, 403, stale=True)
    if visit.unlocked:  # a button pressed twice
        return _through(visit, to)
    if typed.one("action") == "send":
        return await _send(visit, to)
    digits = six_digits(typed.one("code"))
    if not digits:
        typed.wrong("code", tr("Type the six digits of the code."))
        return await _shown(visit, to, 422, typed=typed)
    verdict = await services.proofs.try_code(visit.whom, digits, services.clock())
    if verdict == "right":
        return give_pass(services, _through(visit, to), visit.pass_cookie, visit.whom.key, "/my")
    proof = await services.proofs.find(visit.whom, services.clock())
    typed.wrong("code", in_words(verdict, proof.tries_left))
    return await _shown(visit, to, 422, typed=typed)


async def _send(visit: Visit, to: str) -> Response:
    services, limits = visit.services, visit.request.app.state.limits
    address = address_of(visit)
    if not address:
        return await _shown(visit, to)
    network = network_of(visit.request)
    if wait := limits.take_code(address, network, services.clock()):
        return later(await _shown(visit, to, 429, refusal=too_many(services, wait, READ_OUT)), wait)
    await send_proof(services, limits, visit.whom, address, network)
    return RedirectResponse(f"/my/{visit.link.id}/unlock?to={_known(to)}", 303)


async def send_proof(services: Services, limits: Limits, whom: Whom, address: str, network: str) -> None:
    """A fresh code, after `limits` were asked."""
    order = await services.proofs.new_code(whom, services.clock())
    if order is None:
        limits.give_back_code(address, network)
    elif not await begin_code(services, order):
        await services.proofs.settle(order, "failed")


def _known(to: str) -> str:
    return to if to in BEHIND else ""


def _through(visit: Visit, to: str) -> Response:
    return RedirectResponse(f"/my/{visit.link.id}/{_known(to)}".rstrip("/"), 303)


async def _shown(visit: Visit, to: str, status: int = 200, *, typed: Typed | None = None, **said: Any) -> Response:
    services = visit.services
    address = address_of(visit)
    proof = await services.proofs.find(visit.whom, services.clock())
    context = {"stale": False, "refusal": "", **said}
    return visit.page(
        "party/unlock.html",
        status,
        typed=typed or Typed(),
        to=_known(to),
        code=proof.code,
        hint=veiled(address),
        by_text=visit.channel == Channel.TEXT,
        **context,
    )


def address_of(visit: Visit) -> str:
    """Where their code goes; "" when only a coordinator can give it, on the telephone."""
    details = visit.case.person(visit.link.person).details
    return {Channel.EMAIL: details.email, Channel.TEXT: details.phone}.get(visit.channel, "")


def veiled(address: str) -> str:
    """Enough to know one's own address by, for whoever has it: "r…@family.example", "…101"."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}" if at else f"…{address[-3:]}" if address else ""
