"""The texts of letters: what each says, and how a manager puts one into other words. A text is tried on every situation
in which its letters are written, and its effect on running cases is shown, before it is saved."""

import asyncio
import difflib
import secrets
from typing import NamedTuple

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.auth import STALE, Me, is_stale, shows_stale_forms_again
from api.forms import Field, Part, Typed
from api.pages import page
from api.services import Services, ServicesDep
from api.staff.doing import KEY
from casefile.letter_texts import ChangedMeanwhile, Reach, TextDraft, TextVersion
from domain import titles
from domain.commands import ReasonTexts, StaffRole
from domain.languages import ENGLISH_NAMES, WHOLE, Language
from domain.stages import Stage
from domain.working_days import local_day
from letters.audience import last_stage, readers
from letters.checks import Findings, Situation, offered, tried, used_by
from letters.post import Sheet, batch
from letters.rendering import LINK, Rendered, Service, text_message
from letters.texts import SHIPPED, TO_STAFF, Texts, letter_names, shared_parts, texts_with

router = APIRouter(include_in_schema=False)
NOTHING_NEW = "Nothing is different from the text as it stands, so there is nothing to save."
MOST_SHOWN = 8  # situations on one page
_EXAMPLE_CODE = "EXAM-PLE2-3456"
_SUBJECT = Field("subject", "Subject", missing="Give the letter a subject.")
_REASON = Field(
    "reason",
    "Why?",
    "words",
    hint="It stands in the history of this text. No names of families.",
    missing="Give the reason, so that others understand the change later.",
    rows=2,
)


class Line(NamedTuple):
    """A line of a text, beside another version of it."""

    sign: str  # "+" new, "-" gone, " " as before
    text: str


class Shown(NamedTuple):
    """A situation, in each of the ways in which its letter travels."""

    letter: Situation
    title: str
    text_message: str  # "" where none is sent


def title_of(name: str) -> str:
    """What a text is called."""
    if name in titles.LETTER_PARTS:
        return titles.LETTER_PARTS[name]
    title = titles.LETTERS[name.removesuffix(TO_STAFF)]
    return f"{title} (to the mediator)" if name.endswith(TO_STAFF) else title


@router.get("/letters")
async def overview(request: Request, services: ServicesDep, me: Me) -> Response:
    names = letter_names()
    to_staff = [name for name in names if name.endswith(TO_STAFF) or name in _STAFF]
    return page(
        request,
        "staff/letter_texts.html",
        groups=[
            ("To the parties", [name for name in titles_in_order() if name in names and name not in to_staff]),
            ("To mediators and staff", sorted(to_staff, key=title_of)),
            ("Parts that letters share", sorted(shared_parts(), key=title_of)),
        ],
        newest={name: version for (_, name), version in (await services.letter_texts.newest()).items()},
        failing=await services.letter_texts.failing(),
        names=await services.staff.names(),
        title_of=title_of,
        readers={name: readers(name) for name in names},
        uses={part: len(used_by(part, SHIPPED)) for part in shared_parts()},
    )


_STAFF = ("acceptance_ask", "staff_task", "staff_remind", "staff_escalate", "closed_mediator", "mediator_released")


def titles_in_order() -> list[str]:
    """The kinds of letters as they follow each other on the way of a case."""
    return list(titles.LETTERS)


@router.get("/letters/{name}")
async def show(request: Request, services: ServicesDep, me: Me, name: str) -> Response:
    _known(name)
    texts = texts_with(await services.letter_texts.current())
    versions = await services.letter_texts.versions(Language.ENGLISH, name)
    now = texts.source(name) or ""
    findings = await asyncio.to_thread(tried, name, now, texts, _service(services))
    before = [*(one.text for one in versions[1:]), ""]  # of each version, what it took the place of
    return page(
        request,
        "staff/letter_text.html",
        name=name,
        title=title_of(name),
        readers=readers(name),
        uses=used_by(name, texts) if name in shared_parts() else [],
        title_of=title_of,
        newest=versions[0] if versions else None,
        history=[
            (one, differences(older or _shipped(name), one.text or _shipped(name)))
            for one, older in zip(versions, before, strict=False)
        ],
        ways_back=[(one, *_parted(name, one.text)) for one in versions[1:] if one.text],
        shipped=_parted(name, _shipped(name)),
        warnings=findings.warnings,
        shown=_shown(findings, _service(services)),
        more=max(len(findings.situations) - MOST_SHOWN, 0),
        names=await services.staff.names(),
        key=secrets.token_hex(16),
        saved=request.query_params.get("saved") == str(versions[0].number if versions else 0),
    )


@router.get("/letters/{name}/edit")
async def edit(request: Request, services: ServicesDep, me: Me, name: str) -> Response:
    """The form, with the text as it stands."""
    _known(name)
    texts = texts_with(await services.letter_texts.current())
    versions = await services.letter_texts.versions(Language.ENGLISH, name)
    subject, body = _parted(name, texts.source(name) or "")
    typed = Typed({"subject": [subject], "body": [body]})
    return _form(request, services, texts, name, typed, _number(versions), secrets.token_hex(16))


@router.post("/letters/{name}/edit")
@shows_stale_forms_again
async def change(request: Request, services: ServicesDep, me: Me, name: str) -> Response:
    """Try and preview, open the preview on paper, go back to the form, or save: nothing is stored before the last."""
    _known(name)
    typed, now = Typed.of(await request.form()), services.clock()
    key, action = typed.one("key"), typed.one("action")
    if not KEY.fullmatch(key):
        raise HTTPException(422, "This form is not complete. Open it again from the page “Letters”.")
    texts = texts_with(await services.letter_texts.current())
    versions = await services.letter_texts.versions(Language.ENGLISH, name)
    if is_stale(request):
        return _form(request, services, texts, name, typed, _number(versions), key, 403, STALE)
    if (saved := await services.letter_texts.saved_by(key)) is not None:  # posted again
        return RedirectResponse(f"/letters/{name}?saved={saved}", 303)
    if action == "change":
        return _form(request, services, texts, name, typed, _number(versions), key)
    text = _typed_text(name, typed)
    typed.check(_questions(name))
    try:
        ReasonTexts(reason=typed.one("reason"))
    except ValidationError as error:
        typed.blame(error, {"reason": "reason"}, {"reason": "Why?"})
    if typed.errors:
        return _form(request, services, texts, name, typed, _number(versions), key, 422)
    if typed.one("base") != str(_number(versions)):
        return await _changed_meanwhile(request, services, texts, name, typed, versions[0], key)
    if _same(text, texts.source(name) or ""):
        return _form(request, services, texts, name, typed, _number(versions), key, 422, NOTHING_NEW)
    findings = await asyncio.to_thread(tried, name, text, texts, _service(services))
    if findings.refusals:
        typed.wrong("body", findings.refusals[0])
        return _form(request, services, texts, name, typed, _number(versions), key, 422, also=findings.refusals[1:])
    if action == "save":
        its = "" if _same(text, _shipped(name)) else text
        draft = TextDraft(
            language=Language.ENGLISH, name=name, base=_number(versions), text=its, reason=typed.one("reason")
        )
        try:
            version = await services.letter_texts.save(draft, key, me.id, now)
        except ChangedMeanwhile as meanwhile:
            return await _changed_meanwhile(request, services, texts, name, typed, meanwhile.newest, key)
        return RedirectResponse(f"/letters/{name}?saved={version.number}", 303)
    if action == "paper":
        return await _on_paper(services, findings)
    return page(
        request,
        "staff/letter_text_preview.html",
        name=name,
        title=title_of(name),
        differences=differences(texts.source(name) or "", text),
        warnings=findings.warnings,
        shown=_shown(findings, _service(services)),
        more=max(len(findings.situations) - MOST_SHOWN, 0),
        reach=await _reach(services, name, texts),
        last=titles.STAGES[_last_stage(name, texts)],
        reason=typed.one("reason"),
        kept=[
            ("base", typed.one("base")),
            ("key", key),
            *((one, typed.raw(one)) for one in ("subject", "body", "reason") if typed.raw(one)),
        ],
    )


def differences(before: str, after: str) -> list[Line]:
    """What a change of a text does to its lines; what stays is left out, but for a line on each side."""
    lines = [Line(one[0], one[2:]) for one in difflib.ndiff(before.splitlines(), after.splitlines()) if one[0] != "?"]
    near = {n + step for n, line in enumerate(lines) if line.sign != " " for step in (-1, 0, 1)}
    return [line for n, line in enumerate(lines) if n in near and (line.text or line.sign != " ")]


def _known(name: str) -> None:
    if name not in letter_names() and name not in shared_parts():
        raise HTTPException(404, "There is no such text. Choose one on the page “Letters”.")


def _service(services: Services) -> Service:
    return Service(**services.settings.service())


def _number(versions: list[TextVersion]) -> int:
    return versions[0].number if versions else 0


def _shipped(name: str) -> str:
    return SHIPPED.source(name) or ""


def _parted(name: str, text: str) -> tuple[str, str]:
    """Subject and body; a shared part has no subject."""
    if name in shared_parts():
        return "", text.strip("\n")
    subject, _, body = text.partition("\n")
    return subject.strip(), body.strip("\n")


def _typed_text(name: str, typed: Typed) -> str:
    body = typed.raw("body").strip("\n")
    return f"{body}\n" if name in shared_parts() else f"{typed.one('subject')}\n{body}\n"


def _same(one: str, other: str) -> bool:
    return _lines(one) == _lines(other)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def _questions(name: str) -> list[Part]:
    hint = "A blank line begins a new paragraph. Greeting and signature are added by themselves."
    body = Field("body", "Text", "words", rows=22, missing="Give the letter its text.", hint=hint)
    if name in shared_parts():
        return [Field("body", "Text", "words", rows=14, missing="Give this part its text."), _REASON]
    return [_SUBJECT, body, _REASON]


def _form(
    request: Request,
    services: Services,
    texts: Texts,
    name: str,
    typed: Typed,
    base: int,
    key: str,
    status: int = 200,
    refusal: str = "",
    also: list[str] | None = None,
) -> Response:
    questions = _questions(name)
    typed.in_order(questions)
    return page(
        request,
        "staff/letter_text_edit.html",
        status,
        name=name,
        title=title_of(name),
        typed=typed,
        questions=questions,
        variables=offered(name, _service(services), texts),
        parts=[(part, title_of(part)) for part in shared_parts() if part != name],
        translated=[
            ENGLISH_NAMES[one]
            for one in WHOLE
            if name not in shared_parts() and SHIPPED.written_in(name, one) != Language.ENGLISH
        ],
        base=base,
        key=key,
        refusal=refusal,
        also=also or [],
    )


async def _changed_meanwhile(
    request: Request, services: Services, texts: Texts, name: str, typed: Typed, newest: TextVersion, key: str
) -> Response:
    """What was typed stays, and is compared with the colleague's version from now on."""
    who = (await services.staff.names()).get(newest.by, "Somebody")
    refusal = (
        f"{who} has changed this text since you opened the form (version {newest.number}: {newest.reason}). Nothing of "
        "yours was saved. It stands below as you typed it: compare it with the text as it is now, then go on."
    )
    return _form(request, services, texts, name, typed, newest.number, key, 409, refusal)


def _shown(findings: Findings, service: Service) -> list[Shown]:
    """The situations that a page shows: one of each kind first, where a part goes into many."""
    first = {one.kind: one for one in reversed(findings.situations)}
    chosen = [first[kind] for kind in sorted(first, key=titles_in_order().index)] if len(first) > 1 else []
    return [
        Shown(one, _title(one, with_kind=len(first) > 1), _as_text_message(one, service))
        for one in (chosen or findings.situations)[:MOST_SHOWN]
    ]


def _title(one: Situation, *, with_kind: bool) -> str:
    who = ", ".join(one.readers)
    who = "To " + who[0].lower() + who[1:].lower()
    special = f" ({one.special})" if one.special else ""
    return f"{titles.LETTERS[one.kind]}. {who}{special}" if with_kind else f"{who}{special}"


def _as_text_message(one: Situation, service: Service) -> str:
    if _goes_to_staff(one):
        return ""
    return text_message(Rendered(subject=one.subject, text=one.text), service, LINK)


def _goes_to_staff(one: Situation) -> bool:
    return bool(set(one.readers) & {titles.STAFF_ROLES[role] for role in StaffRole})


def _last_stage(name: str, texts: Texts) -> Stage:
    return max((last_stage(one) for one in used_by(name, texts)), key=list(Stage).index)


async def _reach(services: Services, name: str, texts: Texts) -> Reach:
    kinds = list(dict.fromkeys(one.removesuffix(TO_STAFF) for one in used_by(name, texts)))
    last = _last_stage(name, texts)
    stages = [stage for stage in Stage if not last.lies_before(stage)]
    return await services.letter_texts.reach(kinds, stages, to_the_mediator=name.endswith(TO_STAFF))


async def _on_paper(services: Services, findings: Findings) -> Response:
    now = services.clock()
    sheets = [
        Sheet(
            reference=one.reference,
            address=["Sam Head", "1 Example Street", "Exampletown", "EX1 1EX"],
            subject=one.subject,
            text=one.text,
            written=local_day(now),
            token="example" if LINK in one.text else "",
            code=_EXAMPLE_CODE if LINK in one.text else "",
        )
        for one in findings.situations[:MOST_SHOWN]
        if not _goes_to_staff(one)
    ]
    pdf = await asyncio.to_thread(batch, sheets, _service(services), now)
    headers = {"Content-Disposition": 'attachment; filename="letter-on-paper.pdf"', "Cache-Control": "no-store"}
    return Response(pdf, media_type="application/pdf", headers=headers)
