"""What people take with them from their page: the agreement in three forms, behind a fresh code, and their meetings for
their own calendar. Both come from where the letters take them."""

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.party.routes import Visit, find_visit, unknown_link
from api.privacy import participant_may_read_agreement
from api.services import Services, ServicesDep
from domain.journey import Agreement, MeetingStatus
from letters.agreement import WordsMissing, agreement_page, large_print, plain_text
from letters.invitation import Guest, Organiser, invitation
from letters.typesetting import NotTypeset

router = APIRouter(include_in_schema=False)


@router.get("/my/{link_id}/agreement")
async def show(link_id: str, request: Request, services: ServicesDep) -> Response:
    """The words, and the forms in which they can be had."""
    visit, agreement = await _reader(link_id, request, services)
    if visit is None or agreement is None:
        return unknown_link(request)
    if not visit.unlocked:
        return visit.page("party/agreement.html")
    try:
        page = _page(visit, agreement)
    except WordsMissing:
        return unknown_link(request)
    pdf = await services.reading.document(visit.case.id, "agreement", agreement.version)
    return visit.page("party/agreement.html", agreement=page, has_pdf=pdf is not None)


@router.get("/my/{link_id}/agreement/{form}")
async def take(link_id: str, form: str, request: Request, services: ServicesDep) -> Response:
    """One of the forms, as a download."""
    visit, agreement = await _reader(link_id, request, services)
    if visit is None or agreement is None or form not in _MEDIA:
        return unknown_link(request)
    if not visit.unlocked:
        return RedirectResponse(f"/my/{link_id}/unlock?to=agreement", 303)
    content = await _content(visit, agreement, form)
    if content is None:
        return unknown_link(request)
    return _download(content, f"agreement-{visit.case.reference}-{agreement.version}-{form}", _MEDIA[form])


@router.get("/my/{link_id}/calendar/{key:path}")
async def calendar(link_id: str, key: str, request: Request, services: ServicesDep) -> Response:
    """A meeting to which they are invited: the entry of the mailed invitation, with its UID and SEQUENCE."""
    visit = await find_visit(link_id, request, services)
    journey = visit.case.journey if visit and not visit.gone else None
    meeting = journey.meeting(key) if journey else None
    if visit is None or meeting is None or meeting.slot is None or meeting.status != MeetingStatus.BOOKED:
        return unknown_link(request)
    if visit.link.person not in meeting.invited:
        return unknown_link(request)
    details, service = visit.case.person(visit.link.person).details, services.settings
    entry = invitation(
        visit.case,
        meeting,
        "PUBLISH",
        Guest(name=details.name, email=details.email),
        Organiser(name=service.service_name, email=service.service_email),
        services.clock(),
        place=visit.case.place_of(meeting),
    )
    name = f"{visit.case.reference}-{key.replace('/', '-')}.ics"
    return _download(entry.ics.encode(), name, "text/calendar; charset=utf-8")


async def _reader(link_id: str, request: Request, services: Services) -> tuple[Visit | None, Agreement | None]:
    """Whoever may read the agreement, and the version that was issued."""
    visit = await find_visit(link_id, request, services)
    journey = visit.case.journey if visit and not visit.gone else None
    if visit is None or journey is None or not participant_may_read_agreement(journey, visit.link.person):
        return None, None
    return visit, journey.agreement


def _page(visit: Visit, agreement: Agreement) -> dict[str, object]:
    settings = visit.services.settings
    return agreement_page(visit.case, agreement, settings.service_name, settings.service_phone)


async def _content(visit: Visit, agreement: Agreement, form: str) -> bytes | None:
    """None: its words are not there, or cannot be typeset."""
    if form == "print.pdf":
        return await visit.services.reading.document(visit.case.id, "agreement", agreement.version)
    try:
        page = _page(visit, agreement)
        if form == "plain.txt":
            return plain_text(page).encode()
        return await asyncio.to_thread(large_print, page, agreement.written)
    except (WordsMissing, NotTypeset):
        return None


def _download(content: bytes, name: str, media_type: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(content, media_type=media_type, headers=headers)


_MEDIA = {
    "print.pdf": "application/pdf",
    "large-print.pdf": "application/pdf",
    "plain.txt": "text/plain; charset=utf-8",
}
