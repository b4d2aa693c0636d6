"""Doing something in a case: the form of a command, and its way in."""

import re
import secrets
from dataclasses import replace
from functools import partial

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.auth import STALE, Me, is_stale, shows_stale_forms_again
from api.forms import Typed, fields_of
from api.intake import NoSuchPolicy
from api.pages import page
from api.papers import NotTakenIn, looked_at, sent_files
from api.services import Services, ServicesDep
from api.staff.access import case_of
from api.staff.forms import FORMS, CommandForm, Setting, with_policy
from api.staff.forms.agreement import rows_typed
from api.staff.meanwhile import SEEN_UP_TO, Meanwhile, meanwhile
from api.staff.previews import NotTrueAnyMore, previews
from casefile.commands import StoredElsewhere
from casefile.notices import notice_of
from casefile.papers import PaperOfAnother
from casefile.staff import StaffMember
from domain import words
from domain.commands import COMMANDS, Command, Texts
from domain.journey import Letter
from domain.parties import Channel
from domain.refusals import SENTENCES, Refusal
from domain.rules import Refused, judge
from domain.view import CaseView
from letters.rendering import script_of

router = APIRouter(include_in_schema=False)
KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


@router.get("/cases/{reference}/do/{kind}")
async def show(request: Request, services: ServicesDep, me: Me, reference: str, kind: str, about: str = "") -> Response:
    case, setting, form = await _opened(services, me, reference, kind, about)
    if not form.about_is_known(setting):
        raise HTTPException(404, "The case has nothing of this kind now. Open the case page to see what can be done.")
    typed = Typed()
    since = await meanwhile(services, case, me, typed)
    return _page(request, case, setting, form, kind, since, typed, secrets.token_hex(16))


@router.post("/cases/{reference}/do/{kind}")
@shows_stale_forms_again
async def do(request: Request, services: ServicesDep, me: Me, reference: str, kind: str, about: str = "") -> Response:
    case, setting, form = await _opened(services, me, reference, kind, about)
    typed = Typed.of(await request.form())
    key, moved = typed.one("key"), form.only_moves(typed)
    setting = replace(setting, rows=rows_typed(typed))
    since = await meanwhile(services, case, me, typed)
    shown_again = partial(_page, request, case, setting, form, kind, since, typed)
    if is_stale(request):
        if not form.about_is_known(setting):
            return _gone(request, case, since, typed)
        return shown_again(secrets.token_hex(16), 403, STALE)
    if not KEY.fullmatch(key):
        raise HTTPException(422, "This form is not complete. Open it again from the case page.")
    back = RedirectResponse(f"/cases/{case.reference}?done={key}", 303)
    stored = await notice_of(services.database, case.id, key)
    if stored is not None and stored.kind == kind:  # the same form, posted again
        if stored.status != "refused":
            return back
        key = secrets.token_hex(16)  # a refused form that was put right is a new command
    if not form.about_is_known(setting):
        return _gone(request, case, since, typed)
    if moved:
        return shown_again(key)
    read = await read_command(services, me, setting, form, kind, typed, key)
    if read is None:
        return shown_again(key, 422)
    if since.lines and not form.takes_a_file:  # browsers forget files, and a paper replaces nothing
        return shown_again(key, 409)
    if form.takes_a_file and not await _kept(services, case, key, typed):
        return shown_again(key, 422)
    if form.letters(read[0], setting) and typed.one("action") != "send":
        return await _shown_first(request, services, case, setting, form, kind, since, typed, key, *read)
    try:
        answer = await services.intake.take(*read)
    except StoredElsewhere:
        return shown_again(secrets.token_hex(16), 409, USED_KEY)
    if answer.status == "refused":
        return shown_again(secrets.token_hex(16), 409, answer.message)
    return back


async def _shown_first(
    request: Request,
    services: Services,
    case: CaseView,
    setting: Setting,
    form: CommandForm,
    kind: str,
    since: Meanwhile,
    typed: Typed,
    key: str,
    command: Command,
    texts: Texts,
) -> Response:
    """What would be sent, before anything is. Whoever wants to change it finds all that they typed."""
    if typed.one("action") == "change":
        return _page(request, case, setting, form, kind, since, typed, key)
    letters = form.letters(command, setting)
    try:
        judge(command, setting.journey, services.clock())
        shown = await previews(services, case, letters, command, texts)
    except Refused as refused:
        said = words.refusal_sentence(refused.code, refused.about, case)
        return _page(request, case, setting, form, kind, since, typed, key, 409, said)
    except NotTrueAnyMore as not_true:
        return _page(request, case, setting, form, kind, since, typed, key, 409, str(not_true))
    return page(
        request,
        "staff/preview.html",
        case=case,
        title=form.title(setting, kind),
        previews=shown,
        leaves_with="" if kind != "add_line" else "With the next letter of this kind",
        button=form.button_to_send,
        kind=kind,
        key=key,
        about=setting.about,
        kept=[(n, v) for n, many in typed.values.items() if n not in ("csrf", "key", "action") for v in many],
    )


async def _kept(services: Services, case: CaseView, key: str, typed: Typed) -> bool:
    """The file of a form, kept under the id of its command before that is stored. False: it is not taken in, and
    `typed` says why."""
    try:
        papers = await looked_at(await sent_files(typed.files["files"]), [key], typed.one("title"))
        await services.papers.keep(case.id, papers, services.clock())
    except NotTakenIn as not_taken:
        typed.wrong("files", str(not_taken))
        return False
    except PaperOfAnother:
        raise HTTPException(422, "This form is not complete. Open it again from the case page.") from None
    return True


async def read_command(
    services: Services, me: StaffMember, setting: Setting, form: CommandForm, kind: str, typed: Typed, key: str
) -> tuple[Command, Texts] | None:
    """The command of a form that was filled in, and its words; None, and complaints in `typed`."""
    questions = form.questions(setting)
    typed.check(questions)
    fields, texts = form.read(typed, setting)
    if typed.errors:
        return None
    labels = {one.name: one.label for one in fields_of(questions)}
    model = COMMANDS[kind]
    try:
        said = model.texts.model_validate(texts)
        command = model.model_validate(
            {
                **await with_policy(fields, services.intake),
                "id": key,
                "case_id": setting.case.id,
                "actor": me.actor(),
                "at": services.clock(),
            }
        )
    except ValidationError as error:
        typed.blame(error, {name: name for name in labels} | dict(form.blame), labels)
        return None
    except NoSuchPolicy as error:
        typed.wrong("policy", str(error))
        return None
    return command, said


USED_KEY = "This form was sent before, for something else, so nothing was done. Check it and send it again."


async def _opened(
    services: Services, me: StaffMember, reference: str, kind: str, about: str
) -> tuple[CaseView, Setting, CommandForm]:
    """404: no such command or case. 403: not theirs to do. 409: the case has not begun yet."""
    form = FORMS.get(kind)
    if form is None:
        raise HTTPException(404, "There is no such action. Open the case page to see what can be done.")
    case = await case_of(services, me, reference)
    if not me.has(*COMMANDS[kind].may):
        raise HTTPException(403, SENTENCES[Refusal.NOT_YOURS])
    if case.journey is None:
        raise HTTPException(409, "The case is stored, and begins as soon as our case system is reachable. Try then.")
    setting = Setting(
        case=case,
        journey=case.journey,
        about=about[:200],
        roles=me.roles,
        panel=await services.reading.mediators() if kind == "offer_mediator" else [],
        venues=await services.reading.venues() if kind in ("fix_joint_meeting", "move_meeting") else [],
        now=services.clock(),
        coordinators=await services.staff.coordinators() if kind == "reassign" else {},
        policies=services.intake.policy_names(),
        script=await _script(services, case, about) if kind == "tick_task" else [],
    )
    return case, setting, form


async def _script(services: Services, case: CaseView, about: str) -> list[str]:
    """What is to be said on the telephone: the paragraphs of the letter that the task stands for."""
    tasks = case.journey.tasks if case.journey else []
    if not any(task.key == about and task.kind == "letter_by_phone" for task in tasks):
        return []
    for letter in await services.reading.letters(case.id):
        if about == f"{Channel.PHONE}/{Letter.model_validate(letter.model_dump()).key}" and letter.words:
            return script_of(letter.words.text)
    return []


def _gone(request: Request, case: CaseView, since: Meanwhile, typed: Typed) -> Response:
    """Nobody waits for this any more; what was typed is shown, to be copied."""
    said = [
        (one, values)
        for one, values in typed.values.items()
        if one not in ("key", "csrf", SEEN_UP_TO, *typed.left_as_typed()) and any(values)
    ]
    sentence = SENTENCES[Refusal.NOT_ASKED]
    return page(request, "staff/stale.html", 409, case=case, said=said, sentence=sentence, since=since)


def _page(
    request: Request,
    case: CaseView,
    setting: Setting,
    form: CommandForm,
    kind: str,
    since: Meanwhile,
    typed: Typed,
    key: str,
    status: int = 200,
    refusal: str = "",
) -> Response:
    hidden = form.hidden(setting)
    questions = form.questions(setting)
    typed.in_order(questions)
    return page(
        request,
        "staff/do.html",
        status,
        case=case,
        form=form,
        kind=kind,
        title=form.title(setting, kind),
        intro=form.intro(setting),
        points=form.points(setting),
        questions=questions,
        typed=typed,
        key=key,
        about=setting.about,
        # a stale version stays stale while its form shows the old wording; after a refusal, or where it is told what
        # happened meanwhile, the page shows the new one
        hidden=hidden if not typed.posted or refusal or since.lines else {name: typed.raw(name) for name in hidden},
        refusal=refusal,
        since=since,
    )
