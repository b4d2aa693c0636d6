"""A code for somebody who is written to by post or rung: a coordinator rings them, and reads it out."""

import structlog
from fastapi import APIRouter, HTTPException, Request, Response

from api.auth import Me
from api.pages import page
from api.services import Services, ServicesDep
from api.staff.access import case_of
from casefile.proofs import Whom
from casefile.staff import StaffMember
from domain.codes import CODE_LASTS
from domain.journey import Journey
from domain.view import CaseView, PersonView

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)


@router.get("/cases/{reference}/code/{person}")
async def before(reference: str, person: str, request: Request, services: ServicesDep, me: Me) -> Response:
    """Whom to ring, and on which number."""
    case, who = await _whom(services, me, reference, person)
    return page(request, "staff/code.html", case=case, person=who, digits="", until=None)


@router.post("/cases/{reference}/code/{person}")
async def read_out(reference: str, person: str, request: Request, services: ServicesDep, me: Me) -> Response:
    """The code, shown once. Every older one is void."""
    case, who = await _whom(services, me, reference, person)
    if not who.details.phone:
        return page(request, "staff/code.html", 409, case=case, person=who, digits="", until=None)
    digits = await services.proofs.told(Whom.of(case.id, who.key), services.clock())
    log.info("a code was read out", case=case.id, by=me.id)
    until = services.clock() + CODE_LASTS
    return page(request, "staff/code.html", case=case, person=who, digits=digits, until=until)


async def _whom(services: Services, me: StaffMember, reference: str, person: str) -> tuple[CaseView, PersonView]:
    case = await case_of(services, me, reference)
    journey = case.journey or Journey(parties=[])
    if journey.person(person) is None:
        raise HTTPException(404, "Nobody of this case is called so. Look under Parties and people on the case page.")
    return case, case.person(person)
