"""Notes on a case: written, corrected and removed by whoever writes them. They are no part of its journey, so the
workflow knows nothing of them."""

import secrets

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter, ValidationError

from api.auth import STALE, Me, is_stale, shows_stale_forms_again
from api.forms import Field, Option, Typed
from api.pages import page
from api.privacy import may_keep_notes, may_read_note
from api.services import Services, ServicesDep
from api.staff.access import case_of
from api.staff.doing import KEY, USED_KEY
from casefile.commands import StoredElsewhere
from casefile.notes import NoSuchNote, Note
from casefile.staff import StaffMember
from domain.text import Words
from domain.view import CaseView

router = APIRouter(include_in_schema=False)

WORDS = Field("words", "Your note", "words", rows=8, missing="Write the note.")
WHO_READS = Field(
    "who",
    "Who may read it?",
    "choice",
    options=(
        Option(
            "shared",
            "Everybody who works on this case",
            "Coordinators, managers, safeguarding leads and the mediator of the case, now and later.",
        ),
        Option("private", "Only me", "Nobody else can open it here, whatever their role."),
    ),
    missing="Say who may read the note.",
)
_WORDS = TypeAdapter[str](Words)


async def notes_of(services: Services, me: StaffMember, case: CaseView) -> list[Note]:
    """Those that this reader may read, the newest first."""
    return await services.notes.of_case(case.id, lambda author, private: may_read_note(me, case, author, private))


@router.get("/cases/{reference}/note")
async def blank(request: Request, services: ServicesDep, me: Me, reference: str) -> Response:
    return _page(request, await _case(services, me, reference), Typed(), key=secrets.token_hex(16))


@router.post("/cases/{reference}/note")
@shows_stale_forms_again
async def write(request: Request, services: ServicesDep, me: Me, reference: str) -> Response:
    case, typed = await _case(services, me, reference), Typed.of(await request.form())
    key, fresh = typed.one("key"), secrets.token_hex(16)
    if is_stale(request):
        return _page(request, case, typed, 403, STALE, key=fresh)
    if not KEY.fullmatch(key):
        raise HTTPException(422, "This form is not complete. Open it again from the case page.")
    words = _read(typed, WORDS, WHO_READS)
    if typed.errors:
        return _page(request, case, typed, 422, key=key)
    try:
        await services.notes.write(key, case.id, me.id, words, typed.one("who") == "private", services.clock())
    except StoredElsewhere:
        return _page(request, case, typed, 409, USED_KEY, key=fresh)
    return _back(case)


@router.get("/cases/{reference}/notes/{note}")
async def show(request: Request, services: ServicesDep, me: Me, reference: str, note: str) -> Response:
    case = await _case(services, me, reference)
    return _page(request, case, Typed(), note=await _own(services, me, case, note))


@router.post("/cases/{reference}/notes/{note}")
@shows_stale_forms_again
async def correct(request: Request, services: ServicesDep, me: Me, reference: str, note: str) -> Response:
    """Other words in their place; the earlier ones stay readable beneath."""
    case, typed = await _case(services, me, reference), Typed.of(await request.form())
    own = await _own(services, me, case, note)
    if is_stale(request):
        return _page(request, case, typed, 403, STALE, note=own)
    words = _read(typed, WORDS)
    if typed.errors:
        return _page(request, case, typed, 422, note=own)
    try:
        await services.notes.correct(note, case.id, me.id, words, services.clock())
    except NoSuchNote:  # removed this moment, in another window
        raise _no_such_note() from None
    return _back(case)


@router.post("/cases/{reference}/notes/{note}/remove")
async def remove(services: ServicesDep, me: Me, reference: str, note: str) -> Response:
    case = await _case(services, me, reference)
    try:
        await services.notes.remove(note, case.id, me.id, services.clock())
    except NoSuchNote:
        raise _no_such_note() from None
    return _back(case)


async def _case(services: Services, me: StaffMember, reference: str) -> CaseView:
    case = await case_of(services, me, reference)
    if not may_keep_notes(me, case):
        raise HTTPException(403, "Notes are kept by those who work on the case. You can once you have accepted it.")
    return case


async def _own(services: Services, me: StaffMember, case: CaseView, id: str) -> Note:
    """404 for another's too, so that nobody learns of a private one."""
    for note in await notes_of(services, me, case):
        if note.id == id and note.author == me.id and note.text:
            return note
    raise _no_such_note()


def _no_such_note() -> HTTPException:
    return HTTPException(404, "You have no such note on this case. Your notes stand on the case page.")


def _read(typed: Typed, *questions: Field) -> str:
    """The words, and complaints in `typed`."""
    typed.check(questions)
    try:
        return _WORDS.validate_python(typed.one(WORDS.name))
    except ValidationError as error:
        typed.blame(error, {"": WORDS.name}, {WORDS.name: WORDS.label})
        return ""


def _back(case: CaseView) -> Response:
    return RedirectResponse(f"/cases/{case.reference}#notes", 303)


def _page(
    request: Request,
    case: CaseView,
    typed: Typed,
    status: int = 200,
    refusal: str = "",
    *,
    key: str = "",
    note: Note | None = None,
) -> Response:
    """The form of a new note, or of `note`."""
    questions = [WORDS, WHO_READS]
    typed.in_order(questions)
    if note and note.text and not typed.posted:
        typed.values[WORDS.name] = [note.text.words]
    return page(
        request,
        "staff/note.html",
        status,
        case=case,
        note=note,
        typed=typed,
        key=key,
        questions=[WORDS] if note else questions,
        refusal=refusal,
    )
