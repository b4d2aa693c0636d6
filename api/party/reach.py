"""How a party is reached: by which channel, at which address. It is shown and changed after a code that went to the old
address (unlock.py). A new e-mail address or mobile number counts when a code that went there has come back: a slip of
the finger must not send a family's letters to a stranger. Then they are a new contact with new links, as when staff
replace one (`ReplaceContact`)."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.codes import begin_code, in_words, later, six_digits, too_many
from api.forms import Field, Option, Typed
from api.limits import network_of
from api.party.routes import Visit, find_visit, unknown_link
from api.party.unlock import READ_OUT, veiled
from api.services import ServicesDep
from casefile.proofs import Whom
from domain import titles
from domain.commands import ContactTexts, ReplaceContact
from domain.languages import marked, tr
from domain.parties import NEEDS, Channel
from domain.referral import PersonDetails

router = APIRouter(include_in_schema=False)

PROVED_BY_CODE = (Channel.EMAIL, Channel.TEXT)
_AT = {
    "email": marked("Your e-mail address"),
    "phone": marked("Your telephone number"),
    "address": marked("Your postal address"),
}
_REASON = "They changed it themselves, on their own page."


def _at(part: str) -> str:
    return tr(_AT[part])


def _form(known: PersonDetails) -> list[Field]:
    return [
        Field(
            "channel",
            tr("How shall we write to you?"),
            "choice",
            value=known.channel,
            options=(
                Option(Channel.EMAIL, tr("By e-mail")),
                Option(Channel.TEXT, tr("By text message")),
                Option(Channel.POST, tr("By post"), tr("Everything takes some days longer.")),
                Option(Channel.PHONE, tr("Not at all: please ring me")),
            ),
        ),
        Field("email", _at("email"), "email", value=known.email, either=True, optional=True, autocomplete="email"),
        Field("phone", _at("phone"), "phone", value=known.phone, either=True, optional=True, autocomplete="tel"),
        Field("address", _at("address"), "words", value=known.address, either=True, optional=True, rows=3),
        Field("postcode", tr("Postcode"), value=known.postcode, either=True, optional=True, autocomplete="postal-code"),
    ]


@router.get("/my/{link_id}/reach")
async def show(link_id: str, request: Request, services: ServicesDep) -> Response:
    """How we reach them now; private until the code came back."""
    visit = await find_visit(link_id, request, services)
    return _shown(visit) if visit and visit.may_act else _not_here(visit, request)


@router.post("/my/{link_id}/reach")
async def change(link_id: str, request: Request, services: ServicesDep) -> Response:
    """Another channel or address: taken at once, or when its own code has come back."""
    visit = await find_visit(link_id, request, services)
    if visit is None or not visit.may_act:
        return _not_here(visit, request)
    typed = Typed.of(await request.form())
    if not visit.is_ours(typed):
        return _shown(visit, 403, typed=typed, stale=True)
    if known := await visit.known(typed):
        return await _result(visit, known)
    if not visit.unlocked:
        return _shown(visit, 403, typed=typed, refusal=tr(_OVER))
    details = _read(visit, typed)
    if details is None:
        return _shown(visit, 422, typed=typed)
    needed = NEEDS[details.channel]
    if details.channel in PROVED_BY_CODE and getattr(details, needed) != _proved(visit):
        return await _ask_for_proof(visit, details, typed)
    return await _replace(visit, details, typed)


@router.get("/my/{link_id}/reach/code")
async def ask_for_code(link_id: str, request: Request, services: ServicesDep) -> Response:
    """Where the code is typed that went to the new address."""
    visit = await find_visit(link_id, request, services)
    if visit is None or not visit.may_act:
        return _not_here(visit, request)
    details = await services.proofs.proposed(_whom(visit), services.clock())
    if details is None or not visit.unlocked:
        return RedirectResponse(f"/my/{link_id}/reach", 303)
    return await _code_page(visit, details)


@router.post("/my/{link_id}/reach/code")
async def take_code(link_id: str, request: Request, services: ServicesDep) -> Response:
    """It comes back, or is wanted once more."""
    visit = await find_visit(link_id, request, services)
    if visit is None or not visit.may_act:
        return _not_here(visit, request)
    typed = Typed.of(await request.form())
    if known := await visit.known(typed) if visit.is_ours(typed) else None:
        return await _result(visit, known)
    details = await services.proofs.proposed(_whom(visit), services.clock())
    if details is None or not visit.unlocked:
        return RedirectResponse(f"/my/{link_id}/reach", 303)
    if not visit.is_ours(typed):
        return await _code_page(visit, details, 403, stale=True)
    if typed.one("action") == "send":
        return await _ask_for_proof(visit, details, typed)
    digits = six_digits(typed.one("code"))
    if not digits:
        typed.wrong("code", tr("Type the six digits of the code."))
        return await _code_page(visit, details, 422, typed=typed)
    verdict = await services.proofs.try_code(_whom(visit), digits, services.clock())
    if verdict == "right":
        return await _replace(visit, details, typed)
    proof = await services.proofs.find(_whom(visit), services.clock())
    typed.wrong("code", in_words(verdict, proof.tries_left))
    return await _code_page(visit, details, 422, typed=typed)


def _not_here(visit: Visit | None, request: Request) -> Response:
    """They do not speak for a party, or the case has ended: their page says how it stands."""
    return visit.show() if visit else unknown_link(request)


def _whom(visit: Visit) -> Whom:
    return Whom.changing(visit.case.id, visit.link.person)


def _details(visit: Visit) -> PersonDetails:
    """As we know them; the channel is the one by which letters reach them now."""
    known = visit.case.person(visit.link.person).details
    return known.model_copy(update={"channel": visit.channel})


def _proved(visit: Visit) -> str:
    """The address at which they have just read a code."""
    return str(getattr(_details(visit), NEEDS[visit.channel])) if visit.channel in PROVED_BY_CODE else ""


def _read(visit: Visit, typed: Typed) -> PersonDetails | None:
    """Of what was typed only what the chosen channel needs counts: nobody has proved the rest."""
    known = _details(visit)
    typed.check(_form(known))
    if typed.errors:
        return None
    channel = Channel(typed.one("channel"))
    needed = NEEDS[channel]
    if not typed.one(needed):
        typed.wrong(needed, tr("{label}: we need it for this.", label=_at(needed)))
        return None
    parts = (needed, "postcode") if channel == Channel.POST else (needed,)
    try:
        said = PersonDetails.model_validate(
            {**known.model_dump(), "channel": channel, **{p: typed.one(p) for p in parts}}
        )
    except ValidationError as error:
        typed.blame(
            error,
            {part: part for part in parts},
            {**{part: _at(part) for part in _AT}, "postcode": tr("Postcode")},
        )
        return None
    if said == known:
        typed.wrong("channel", tr("This is how we write to you already. Nothing was changed."))
        return None
    return said


async def _ask_for_proof(visit: Visit, details: PersonDetails, typed: Typed) -> Response:
    services, limits = visit.services, visit.request.app.state.limits
    address, network = str(getattr(details, NEEDS[details.channel])), network_of(visit.request)
    if wait := limits.take_code(address, network, services.clock()):
        return later(_shown(visit, 429, typed=typed, refusal=too_many(services, wait, READ_OUT)), wait)
    order = await services.proofs.propose(_whom(visit), details, services.clock())
    if order is None:
        limits.give_back_code(address, network)
    elif not await begin_code(services, order):
        await services.proofs.settle(order, "failed")
    return RedirectResponse(f"/my/{visit.link.id}/reach/code", 303)


async def _replace(visit: Visit, details: PersonDetails, typed: Typed) -> Response:
    texts = ContactTexts(**details.model_dump(exclude={"role"}), reason=_REASON)
    command = ReplaceContact(party=visit.party, **visit.envelope(typed))
    return await _result(visit, await visit.services.intake.take(command, texts))


async def _result(visit: Visit, answer: Any) -> Response:
    visit.doing = ReplaceContact
    return await visit.result(answer)


def _shown(visit: Visit, status: int = 200, *, typed: Typed | None = None, **said: Any) -> Response:
    known = _details(visit)
    shown = visit.unlocked or (typed is not None and typed.posted)
    there = visit.case.journey.person(visit.link.person) if visit.case.journey else None
    return visit.page(
        "party/reach.html",
        status,
        typed=typed or Typed(),
        form=_form(known if visit.unlocked else known.model_copy(update=_NOTHING)) if shown else [],
        times=[tr(titles.TIMES_OF_DAY[time]) for time in (there.times if there else [])],
        **{"stale": False, "refusal": "", **said},
    )


async def _code_page(
    visit: Visit, details: PersonDetails, status: int = 200, *, typed: Typed | None = None, **said: Any
) -> Response:
    proof = await visit.services.proofs.find(_whom(visit), visit.services.clock())
    return visit.page(
        "party/reach_code.html",
        status,
        typed=typed or Typed(),
        code=proof.code,
        address=getattr(details, NEEDS[details.channel]),
        hint=veiled(str(getattr(details, NEEDS[details.channel]))),
        **{"stale": False, "refusal": "", **said},
    )


_NOTHING = {"email": "", "phone": "", "address": "", "postcode": ""}
_OVER = marked("The half hour for which your code is good is over, so nothing was changed. Ask for a new code below.")
