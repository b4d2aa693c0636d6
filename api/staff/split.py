"""One referral turns out to be two matters: another case is opened out of the first, with the participants chosen."""

from fastapi import APIRouter, Request, Response

from api.auth import Me
from api.forms import Field, Option, Typed
from api.pages import page
from api.services import ServicesDep
from api.staff.access import case_of
from domain import titles

router = APIRouter(include_in_schema=False)


@router.get("/cases/{reference}/split")
async def choose(request: Request, services: ServicesDep, me: Me, reference: str) -> Response:
    """Who takes part in the other matter. What is chosen leads to the form of a new case (new_case.py)."""
    case = await case_of(services, me, reference)
    parties = Field(
        "party",
        "Who takes part in the other matter?",
        "ticks",
        hint="Their contact details are put into the form, where you can change them.",
        options=tuple(Option(one.key, one.name, titles.PARTY_ROLES[one.role]) for one in case.parties),
    )
    typed = Typed(values={"party": [one.key for one in case.parties]})
    return page(request, "staff/split.html", case=case, questions=[parties], typed=typed)
