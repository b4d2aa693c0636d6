"""One page for all cases of an officer of an authority or a school, without an account: opened by a code to the work
address. Whether an address is known is told to nobody: every address gets the same answers, as fast. A GET sends
nothing and opens nothing."""

import re

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter, ValidationError

from api.auth import carries, new_visitor, visitor_csrf
from api.codes import in_words, later, six_digits, too_many
from api.cookies import keep_cookie
from api.forms import Field, Typed
from api.limits import network_of
from api.pages import page
from api.party.progress import Next, coming
from api.party.routes import STAGES, let_in
from api.party.unlock import send_proof
from api.passes import give_pass, open_until
from api.services import Services, ServicesDep
from casefile.officers import MOST_CASES, OfficersCase
from casefile.proofs import Whom
from domain.journey import Journey
from domain.languages import marked, tr
from domain.parties import Channel
from domain.text import Email
from domain.view import CaseView

router = APIRouter(include_in_schema=False)

VISITOR, MAILBOX, PASS = "officer", "officer-mailbox", "officer-pass"
HASH = re.compile(r"[0-9a-f]{16,128}")
_EMAIL: TypeAdapter[str] = TypeAdapter(Email)
_STALE = marked("The page had been open for too long, or your browser keeps no cookies. Please send it again.")
_INSTEAD = marked("we tell you where your cases stand")


@router.get("/office")
async def ask_for_address(request: Request, services: ServicesDep) -> Response:
    """Who is it?"""
    if _whom_of_pass(request, services):
        return RedirectResponse("/office/cases", 303)
    return _page(request, services, "party/office.html", typed=Typed(), form=_form())


@router.post("/office")
async def send_code(request: Request, services: ServicesDep) -> Response:
    """A code to the address, if anybody has it."""
    typed = Typed.of(await request.form())
    if not await _is_ours(request, services):
        return _page(request, services, "party/office.html", 403, typed=typed, form=_form(), refusal=tr(_STALE))
    typed.check(_form())
    email = typed.one("email")
    try:
        _EMAIL.validate_python(email)
    except ValidationError as error:
        typed.blame(error, {"": "email"}, {"email": _form()[0].label})
    if typed.errors:
        return _page(request, services, "party/office.html", 422, typed=typed, form=_form())
    limits, network = request.app.state.limits, network_of(request)
    if wait := limits.take_code(email, network, services.clock()):
        refusal = too_many(services, wait, _INSTEAD)
        return later(
            _page(request, services, "party/office.html", 429, typed=typed, form=_form(), refusal=refusal), wait
        )
    mailbox = services.officers.mailbox(email)
    await send_proof(services, limits, Whom.officer(mailbox), email, network)
    answer = RedirectResponse("/office/code", 303)
    _remember(services, answer, MAILBOX, mailbox)
    return answer


@router.get("/office/code")
async def ask_for_code(request: Request, services: ServicesDep) -> Response:
    """Where the code is typed."""
    if _whom(request) is None:
        return RedirectResponse("/office", 303)
    return _page(request, services, "party/office_code.html", typed=Typed())


@router.post("/office/code")
async def take_code(request: Request, services: ServicesDep) -> Response:
    """The code comes back."""
    whom, typed = _whom(request), Typed.of(await request.form())
    if whom is None:
        return RedirectResponse("/office", 303)
    if not await _is_ours(request, services):
        return _page(request, services, "party/office_code.html", 403, typed=typed, refusal=tr(_STALE))
    digits = six_digits(typed.one("code"))
    if not digits:
        typed.wrong("code", tr("Type the six digits of the code."))
        return _page(request, services, "party/office_code.html", 422, typed=typed)
    verdict = await services.proofs.try_code(whom, digits, services.clock())
    if verdict == "right" or _whom_of_pass(request, services):  # or a button pressed twice
        return give_pass(services, RedirectResponse("/office/cases", 303), PASS, whom.key, "/office")
    proof = await services.proofs.find(whom, services.clock())
    typed.wrong("code", in_words(verdict, proof.tries_left))
    return _page(request, services, "party/office_code.html", 422, typed=typed)


@router.get("/office/cases")
async def cases(request: Request, services: ServicesDep) -> Response:
    """All their open cases, those with something to do first."""
    whom = _whom_of_pass(request, services)
    if whom is None:
        return RedirectResponse("/office", 303)
    found = await services.officers.cases(_mailbox(request))
    rows = [_row(one, services) for one in found]
    rows.sort(key=lambda row: not row["way"])
    return _page(request, services, "party/office_cases.html", cases=rows, most=MOST_CASES, refusal="")


@router.post("/office/cases")
async def open_case(request: Request, services: ServicesDep) -> Response:
    """Into one of them, as if by the link of a letter."""
    whom = _whom_of_pass(request, services)
    if whom is None or not await _is_ours(request, services):
        return RedirectResponse("/office", 303)
    typed = Typed.of(await request.form())
    reference = typed.one("case")
    [one, *_] = await services.officers.cases(_mailbox(request), reference) if reference else [None]
    if one is None:
        return RedirectResponse("/office/cases", 303)
    async with services.database.write() as session:
        token = await services.links.token_for(session, one.case.id, one.person, "case", services.clock())
    link = await services.links.find(token)
    if link is None:  # their links were revoked: a letter had gone to somebody else
        return RedirectResponse("/office/cases", 303)
    way = _row(one, services)["way"]
    answer = let_in(services, link, token, f"/ask/{way}" if way else "")
    if one.case.channel_of(one.person) == Channel.EMAIL:  # this very address is what a code of theirs would prove
        reader, until = Whom.of(one.case.id, one.person), open_until(request, services, PASS, whom.key)
        give_pass(services, answer, f"read-{reader.key}", reader.key, "/my", until)
    return answer


def _row(one: OfficersCase, services: Services) -> dict[str, str]:
    case, journey = one.case, one.case.journey or Journey(parties=[])
    first = next(iter(coming(case, one.person, services.clock())), Next(tr(STAGES[journey.stage])))
    return {
        "reference": case.reference,
        "child": case.child.name,
        "others": _others(case, one.person),
        "what": first.what,
        "when": first.when,
        "way": first.way,
    }


def _others(case: CaseView, person: str) -> str:
    """The other organisations; a family is known by its child."""
    own = case.person(person).party
    return ", ".join(party.organisation for party in case.parties if party.key != own and party.organisation)


# Who it is


def _mailbox(request: Request) -> str:
    """The hash of the address that this browser gave; nobody can make one of an address."""
    given = request.cookies.get(MAILBOX, "")
    return given if HASH.fullmatch(given) else ""


def _whom(request: Request) -> Whom | None:
    mailbox = _mailbox(request)
    return Whom.officer(mailbox) if mailbox else None


def _whom_of_pass(request: Request, services: Services) -> Whom | None:
    """Whoever proved it in the last half hour."""
    whom = _whom(request)
    return whom if whom and open_until(request, services, PASS, whom.key) else None


async def _is_ours(request: Request, services: Services) -> bool:
    visitor = request.cookies.get(VISITOR, "")
    return bool(visitor) and await carries(request, visitor_csrf(services, visitor))


def _form() -> list[Field]:
    label, missing = tr("Your work e-mail address"), tr("Give your work address.")
    return [Field("email", label, "email", autocomplete="email", missing=missing)]


def _page(request: Request, services: Services, template: str, status: int = 200, **context: object) -> Response:
    """A page with a form, and the cookie that its posts are known by."""
    visitor = request.cookies.get(VISITOR, "") or new_visitor()
    known = {"refusal": "", "form_csrf": visitor_csrf(services, visitor)}
    answer = page(request, template, status, **{**known, **context})
    _remember(services, answer, VISITOR, visitor)
    return answer


def _remember(services: Services, answer: Response, cookie: str, value: str) -> None:
    keep_cookie(services, answer, cookie, value, "/office")
