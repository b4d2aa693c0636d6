"""The service's targets: what they are, and how a manager changes them. What a change does to running cases is shown
before it is saved; saving stores a command for each of them, which takes the way of every command."""

import secrets
from datetime import date

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.auth import STALE, Me, is_stale, shows_stale_forms_again
from api.csv_lines import csv_line
from api.effects import ON_PAGE, Effects, effects_of
from api.forms import Typed
from api.pages import page
from api.services import Services, ServicesDep
from api.staff.doing import KEY
from api.staff.policy_form import as_typed, kept, read, sections
from casefile.policies import ChangedMeanwhile, Draft, Version
from domain import targets, titles, words
from domain.commands import ReasonTexts
from domain.working_days import local_day

router = APIRouter(include_in_schema=False)
NOTHING_NEW = "Nothing is different from the present targets, so there is nothing to save."


@router.get("/policy")
async def show(request: Request, services: ServicesDep, me: Me) -> Response:
    today = local_day(services.clock())
    versions = await services.policies.versions()
    progress = await services.policies.progress()
    newest = versions[0]
    closures = [closure for closure in newest.targets.closures if closure.last >= today]
    behind = await services.policies.left_behind(newest.number) if newest.number in progress else []
    return page(
        request,
        "staff/policy.html",
        newest=newest,
        versions=versions,
        steps=[
            (titles.STAGES[stage], [targets.sentence(kind, newest.targets.ladders[kind]) for kind in kinds])
            for stage, kinds in targets.STEPS.items()
        ],
        stage_days=[targets.stage_sentence(*one) for one in newest.targets.stage_days.items()],
        closures=sorted(closures, key=lambda closure: closure.first),
        holidays=targets.coming_bank_holidays(today),
        progress=progress,
        behind=[(one, words.refusal_sentence(one.code) if one.code else "") for one in behind],
        running=await services.policies.running_by_version(),
        names=await services.staff.names(),
        saved=request.query_params.get("saved") == str(newest.number),
    )


@router.get("/policy/edit")
async def edit(request: Request, services: ServicesDep, me: Me, version: str = "") -> Response:
    """The form, with the newest targets or with those of an earlier version, to go back to it."""
    today = local_day(services.clock())
    versions = {str(one.number): one for one in await services.policies.versions()}
    newest = next(iter(versions.values()))
    if version and version not in versions:
        raise HTTPException(404, "There is no such version of the targets. Choose one on the page “Targets”.")
    typed = as_typed(versions.get(version, newest).targets, today)
    back_to = version if version and version != str(newest.number) else ""
    return _form(request, typed, newest, today, secrets.token_hex(16), back_to=back_to)


@router.post("/policy/edit")
@shows_stale_forms_again
async def change(request: Request, services: ServicesDep, me: Me) -> Response:
    """Check and preview, download the preview, go back to the form, or save: nothing is stored before the last."""
    typed, now = Typed.of(await request.form()), services.clock()
    today, newest = local_day(now), await services.policies.current()
    key, action = typed.one("key"), typed.one("action")
    if not KEY.fullmatch(key):
        raise HTTPException(422, "This form is not complete. Open it again from the page “Targets”.")
    if is_stale(request):
        return _form(request, typed, newest, today, key, 403, STALE)
    if (saved := await services.policies.saved_by(key)) is not None:  # posted again
        return RedirectResponse(f"/policy?saved={saved}", 303)
    if action == "change":
        return _form(request, typed, newest, today, key)
    draft = _draft(typed, newest, today)
    if draft is None:
        return _form(request, typed, newest, today, key, 422)
    if typed.one("base") != str(newest.number):
        return await _changed_meanwhile(request, services, typed, newest, key)
    different = targets.differences(newest.targets, draft.targets, today)
    renamed = newest.targets.closures != draft.targets.closures
    if not different and not renamed and not draft.running_too:
        return _form(request, typed, newest, today, key, 422, NOTHING_NEW)
    if action == "save":
        try:
            version = await services.policies.save(draft, key, me.actor(), now)
        except ChangedMeanwhile as meanwhile:
            return await _changed_meanwhile(request, services, typed, meanwhile.newest, key)
        return RedirectResponse(f"/policy?saved={version.number}", 303)
    effects = Effects()
    if draft.running_too:
        effects = await effects_of(services.policies, draft.targets.policy(today, newest.number + 1), now)
    if action == "download":
        return _download(effects)
    return page(
        request,
        "staff/policy_preview.html",
        different=different or (["Only names of closures are different."] if renamed else []),
        draft=draft,
        effects=effects,
        shown=effects.lines[:ON_PAGE],
        kept=[("base", str(newest.number)), ("key", key), *kept(typed, today)],
    )


def _draft(typed: Typed, newest: Version, today: date) -> Draft | None:
    try:
        ReasonTexts(reason=typed.one("reason"))
    except ValidationError as error:
        typed.blame(error, {"reason": "reason"}, {"reason": "Why?"})
    return read(typed, newest, today)


async def _changed_meanwhile(request: Request, services: Services, typed: Typed, newest: Version, key: str) -> Response:
    """What was typed stays, and is compared with the colleague's version from now on."""
    who = (await services.staff.names()).get(newest.by, "Somebody")
    refusal = (
        f"{who} has changed the targets since you opened this form (version {newest.number}: {newest.reason}). Nothing "
        "of yours was saved. It stands below as you typed it: compare it with the page “Targets”, then go on."
    )
    return _form(request, typed, newest, local_day(services.clock()), key, 409, refusal)


def _form(
    request: Request,
    typed: Typed,
    newest: Version,
    today: date,
    key: str,
    status: int = 200,
    refusal: str = "",
    back_to: str = "",
) -> Response:
    parts = sections(typed, today)
    typed.in_order([part for _, its in parts for part in its])
    return page(
        request,
        "staff/policy_edit.html",
        status,
        typed=typed,
        sections=parts,
        base=newest.number,
        key=key,
        refusal=refusal,
        back_to=back_to,
    )


def _download(effects: Effects) -> Response:
    lines = [
        csv_line(
            [
                "Case",
                "Who is waited for",
                "For what",
                "Next step now",
                "On",
                "At once",
                "Next step then",
                "On",
                "Stands still",
            ]
        )
    ]
    for line in effects.lines:
        moved = line.moved
        was_at, then_at = (words.moment(at) if at else "" for at in (moved.was_at, moved.then_at))
        was, then = (titles.RUNGS[do] if do else "" for do in (moved.was, moved.then))
        still = "yes" if moved.stands_still else ""
        lines.append(csv_line([line.reference, line.who, line.what, was, was_at, line.at_once, then, then_at, still]))
    headers = {"Content-Disposition": 'attachment; filename="what-changes.csv"'}
    return Response("".join(lines), media_type="text/csv; charset=utf-8", headers=headers)
