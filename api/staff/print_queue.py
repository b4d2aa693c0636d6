"""The print queue: one PDF of all letters that go by post, and a tick for those that were posted."""

import asyncio
import hashlib

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import Me
from api.forms import Typed
from api.pages import page
from api.services import Services, ServicesDep
from casefile.commands import StoredElsewhere
from casefile.post import MOST, PostalLetter
from casefile.staff import StaffMember
from domain.commands import TickTask
from domain.working_days import local_day
from letters.post import Sheet, batch
from letters.rendering import Service, purpose_of
from letters.typesetting import NotTypeset

router = APIRouter(include_in_schema=False)


@router.get("/print-queue")
async def show(request: Request, services: ServicesDep, me: Me, posted: str = "") -> Response:
    return await _page(request, services, posted=posted)


@router.post("/print-queue/batch")
async def print_them(request: Request, services: ServicesDep, me: Me) -> Response:
    """One PDF of the letters that are ticked, in their order. Printing changes nothing: it may be done again."""
    chosen = await _chosen(services, Typed.of(await request.form()))
    if not chosen:
        return await _page(request, services, 422, sentence="Tick the letters to print.")
    now = services.clock()
    sheets = []
    for letter in chosen:
        try:
            printed = await services.post.to_print(letter, purpose_of(letter.letter), now)
        except LookupError:
            sentence = f"What belongs into the envelope of {letter.reference} is missing. Untick that letter."
            return await _page(request, services, 409, sentence=sentence)
        sheets.append(
            Sheet(
                reference=letter.reference,
                address=letter.address,
                subject=letter.words.subject,
                text=letter.words.text,
                language=letter.words.language,
                written=local_day(letter.queued),
                **printed.model_dump(),
            )
        )
    try:
        pdf = await asyncio.to_thread(batch, sheets, Service(**services.settings.service()), now)
    except NotTypeset:
        return await _page(request, services, 409, sentence="One of these cannot be printed. Try fewer at once.")
    name = f"letters-{now:%Y-%m-%d-%H%M}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.post("/print-queue/posted")
async def posted(request: Request, services: ServicesDep, me: Me) -> Response:
    """The letters that are ticked have been posted: each case is told."""
    chosen = await _chosen(services, Typed.of(await request.form()))
    if not chosen:
        return await _page(request, services, 422, sentence="Tick the letters that were posted.")
    refused = [letter.reference for letter in chosen if not await _tell(services, me, letter)]
    if refused:
        which = ", ".join(dict.fromkeys(refused))
        sentence = f"Not ticked, because it was no longer wanted or was ticked by a colleague: {which}."
        return await _page(request, services, 409, sentence=sentence)
    return RedirectResponse(f"/print-queue?posted={len(chosen)}", 303)


async def _tell(services: Services, me: StaffMember, letter: PostalLetter) -> bool:
    key = hashlib.sha256(f"posted/{letter.id}".encode()).hexdigest()[:32]  # ticked twice, it is the same command
    command = TickTask(
        id=key,
        case_id=letter.case_id,
        actor=me.actor(),
        at=services.clock(),
        task=letter.task,
        outcome="posted",
    )
    try:
        return (await services.intake.take(command)).status != "refused"
    except StoredElsewhere:  # a colleague ticked it
        return True


async def _chosen(services: Services, typed: Typed) -> list[PostalLetter]:
    return await services.post.waiting(typed.many("letter")[:MOST])


async def _page(
    request: Request, services: Services, status: int = 200, sentence: str = "", posted: str = ""
) -> Response:
    if posted and not (posted.isascii() and posted.isdigit() and len(posted) < 5):
        raise HTTPException(404)
    return page(
        request,
        "staff/print_queue.html",
        status,
        letters=await services.post.waiting(),
        sentence=sentence,
        posted=posted,
    )
