"""The public referral form: who fills in, the questions, "check your answers", a code by e-mail, and then a case.

Nothing is stored before the code is asked for, and nothing becomes a case before it is given back. What is stored
belongs to one browser: its id is derived from the browser's cookie and the form's one-time key. No page says whether
an address or a child is known here. A GET changes nothing."""

import secrets
from datetime import timedelta

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import carries, new_visitor, visitor_csrf
from api.codes import begin_code, in_words, later, six_digits, too_many
from api.cookies import keep_cookie
from api.forms import Typed
from api.limits import Limits, network_of
from api.pages import page
from api.public.questions import PERMISSION, WHO, questions_of, read
from api.services import Services, ServicesDep
from api.staff.doing import KEY
from casefile.cases import derived_id
from casefile.commands import StoredElsewhere
from casefile.enquiries import AlreadyACase, EnquiryText, EnquiryView
from domain.commands import Actor
from domain.languages import marked, tr

router = APIRouter(include_in_schema=False)

COOKIE = "enquirer"
TAKEN_BY_PHONE = marked("we take your referral on the telephone")
_STALE = marked(
    "The form had been open for too long, or your browser keeps no cookies. Nothing was sent. Please send it again."
)


@router.get("/refer")
async def begin(request: Request) -> Response:
    """Who fills in the form?"""
    return page(request, "public/begin.html", who={one: tr(title) for one, title in WHO.items()})


@router.get("/refer/{who}")
async def show(who: str, request: Request, services: ServicesDep) -> Response:
    """The form."""
    _known(who)
    return _form(request, services, who, Typed(values={"key": [secrets.token_hex(16)]}))


@router.post("/refer/{who}")
async def answer(who: str, request: Request, services: ServicesDep) -> Response:
    """The form, filled in: shown to be checked, shown again to be changed, or kept until its code comes back."""
    _known(who)
    typed = Typed.of(await request.form())
    action, key = typed.one("action"), typed.one("key")
    if not await _is_ours(request, services):
        typed.values["key"] = [key if KEY.fullmatch(key) else secrets.token_hex(16)]
        return _form(request, services, who, typed, 403, tr(_STALE))
    if not KEY.fullmatch(key):
        raise HTTPException(422, tr("This form is not complete. Please begin it again."))
    if action == "change":
        return _form(request, services, who, typed)
    text = read(who, typed)
    if text is None:
        return _form(request, services, who, typed, 422)
    if action != "send":
        return _check(request, services, typed, text)
    enquiry = _id(request, key)
    if wait := _take_code(request, services, text.email):
        return later(_check(request, services, typed, text, 429, too_many(services, wait, TAKEN_BY_PHONE)), wait)
    try:
        await services.enquiries.store(enquiry, text, services.clock())
    except AlreadyACase:
        _give_back_code(request, text.email)
        return RedirectResponse(f"/refer/sent/{key}", 303)
    await _send_code(request, services, enquiry, text.email)
    return RedirectResponse(f"/refer/code/{key}", 303)


@router.get("/refer/code/{key}")
async def ask_for_code(key: str, request: Request, services: ServicesDep) -> Response:
    """The page on which the code is typed."""
    found = await _find(request, services, key)
    if found is None:
        return _gone(request)
    if found.text is None:
        return RedirectResponse(f"/refer/sent/{key}", 303)
    return _code_page(request, services, key, found, found.text)


@router.post("/refer/code/{key}")
async def take_code(key: str, request: Request, services: ServicesDep) -> Response:
    """The code comes back, another is wanted, or the answers are to be changed."""
    typed = Typed.of(await request.form())
    found = await _find(request, services, key)
    if found is None:
        return _gone(request)
    text = found.text
    if text is None:
        return RedirectResponse(f"/refer/sent/{key}", 303)
    if not await _is_ours(request, services):
        return _code_page(request, services, key, found, text, typed, 403, tr(_STALE))
    match typed.one("action"):
        case "change":
            answers = {name: [value] for name, value in text.answers.items()}
            return _form(request, services, text.who, Typed(values={**answers, "key": [key]}, posted=True))
        case "another":
            if wait := _take_code(request, services, text.email):
                refused = too_many(services, wait, TAKEN_BY_PHONE)
                return later(_code_page(request, services, key, found, text, Typed(), 429, refused), wait)
            await _send_code(request, services, found.id, text.email)
            return RedirectResponse(f"/refer/code/{key}", 303)
    digits = six_digits(typed.one("code"))
    if not digits and not found.confirmed:
        typed.wrong("code", tr("Type the six digits of the code."))
        return _code_page(request, services, key, found, text, typed, 422)
    verdict = await services.enquiries.try_code(found.id, digits, services.clock())
    if verdict == "right":
        return await _make_a_case(services, key, found.id, text)
    found = await _find(request, services, key) or found
    typed.wrong("code", in_words(verdict, found.tries_left))
    return _code_page(request, services, key, found, text, typed, 422)


@router.get("/refer/sent/{key}")
async def sent(key: str, request: Request, services: ServicesDep) -> Response:
    """What happens next."""
    found = await _find(request, services, key)
    if found is None:
        return _gone(request)
    if not found.case_id:
        return RedirectResponse(f"/refer/code/{key}", 303)
    start = await services.cases.start_of(found.case_id)
    return page(request, "public/sent.html", reference=start.reference)


# The way of an enquiry


async def _make_a_case(services: Services, key: str, enquiry: str, text: EnquiryText) -> Response:
    """As the staff's form makes one, but nobody's yet. The same enquiry is the same case, however often it is sent."""
    author = Actor(kind="participant", id=text.author)
    try:
        referred = await services.intake.refer(text.form, derived_id("refer", enquiry), author, "")
    except StoredElsewhere:
        raise HTTPException(
            409, tr("This form was sent before, with other words. Ring us if something is to be changed.")
        ) from None
    await services.enquiries.became(enquiry, referred.case_id)
    return RedirectResponse(f"/refer/sent/{key}", 303)


async def _send_code(request: Request, services: Services, enquiry: str, email: str) -> None:
    """Hands the newest code to a workflow, which knows it by its number. It is for somebody who waits: when Temporal is
    away it is given up at once, and the page says so."""
    order = await services.enquiries.new_code(enquiry, services.clock())
    if order is None:
        _give_back_code(request, email)
    elif not await begin_code(services, order):
        await services.enquiries.settle(order, "failed")


def _id(request: Request, key: str) -> str:
    """No other browser can name it."""
    return derived_id("enquiry", request.cookies.get(COOKIE, ""), key)


async def _find(request: Request, services: Services, key: str) -> EnquiryView | None:
    if not request.cookies.get(COOKIE):
        return None
    return await services.enquiries.find(_id(request, key), services.clock())


async def _is_ours(request: Request, services: Services) -> bool:
    """The form that was posted was shown to this browser."""
    visitor = request.cookies.get(COOKIE, "")
    return bool(visitor) and await carries(request, visitor_csrf(services, visitor))


def _take_code(request: Request, services: Services, email: str) -> timedelta:
    limits: Limits = request.app.state.limits
    return limits.take_code(email, network_of(request), services.clock())


def _give_back_code(request: Request, email: str) -> None:
    limits: Limits = request.app.state.limits
    limits.give_back_code(email, network_of(request))


# Pages


def _known(who: str) -> None:
    if who not in WHO:
        raise HTTPException(404)


def _form(
    request: Request, services: Services, who: str, typed: Typed, status: int = 200, refusal: str = ""
) -> Response:
    return _shown(
        request,
        services,
        "public/form.html",
        status,
        who=who,
        title=tr(WHO[who]),
        typed=typed,
        questions_asked=questions_of(who),
        key=typed.one("key"),
        refusal=refusal,
    )


def _check(
    request: Request, services: Services, typed: Typed, text: EnquiryText, status: int = 200, refusal: str = ""
) -> Response:
    return _shown(
        request,
        services,
        "public/check.html",
        status,
        typed=Typed(),
        text=text,
        statement=tr(PERMISSION[text.who]) if text.who in PERMISSION else "",
        kept=text.answers.items(),
        key=typed.one("key"),
        refusal=refusal,
    )


def _code_page(
    request: Request,
    services: Services,
    key: str,
    found: EnquiryView,
    text: EnquiryText,
    typed: Typed | None = None,
    status: int = 200,
    refusal: str = "",
) -> Response:
    return _shown(
        request,
        services,
        "public/code.html",
        status,
        typed=typed or Typed(),
        code=found.code,
        email=text.email,
        key=key,
        refusal=refusal,
    )


def _shown(request: Request, services: Services, template: str, status: int, **context: object) -> Response:
    """A page with a form, and the cookie that its posts are known by."""
    visitor = request.cookies.get(COOKIE, "") or new_visitor()
    answer = page(request, template, status, form_csrf=visitor_csrf(services, visitor), **context)
    keep_cookie(services, answer, COOKIE, visitor, "/refer")
    return answer


def _gone(request: Request) -> Response:
    return page(request, "public/gone.html", 404)
