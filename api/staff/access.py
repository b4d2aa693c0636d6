"""Which case a page is about, and what of it its reader may see."""

from fastapi import HTTPException

from api.privacy import hide_addresses, hide_papers
from api.services import Services
from casefile.cases import NoSuchCase
from casefile.staff import StaffMember
from casefile.vault import Erased
from domain.view import CaseView


async def case_of(services: Services, me: StaffMember, reference: str) -> CaseView:
    """The case read whole. 404: there is none; 410: its words were erased. That a mediator opens their own only is seen
    to before any page begins (api/permissions.py)."""
    try:
        case = await services.cases.load_called(reference)
    except NoSuchCase:
        raise HTTPException(404, f"There is no case {reference[:40]}. Look for it in the list of cases.") from None
    except Erased:
        raise HTTPException(410, "The personal text of this case was erased; only its statistics are left.") from None
    hide_papers(me, case)
    hide_addresses(me, case)
    return case
