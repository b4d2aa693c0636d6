"""Which case a page is about, and what of it its reader may see."""

from typing import Annotated

from fastapi import Depends, HTTPException

from api.auth import PAGES, Me, require
from api.privacy import hide_papers
from api.services import Services
from casefile.cases import NoSuchCase
from casefile.staff import StaffMember
from casefile.vault import Erased
from domain.view import CaseView

CaseWorker = Annotated[StaffMember, Depends(require(*PAGES["cases"]))]
Coordinator = Annotated[StaffMember, Depends(require(*PAGES["new_case"]))]
Printer = Annotated[StaffMember, Depends(require(*PAGES["print-queue"]))]
CallTaker = Annotated[StaffMember, Depends(require(*PAGES["calls"]))]
TaskWorker = Annotated[StaffMember, Depends(require(*PAGES["tasks"]))]
MediatorMe = Annotated[StaffMember, Depends(require(*PAGES["mediator"]))]
PanelManager = Annotated[StaffMember, Depends(require(*PAGES["panel"]))]
VenueManager = Annotated[StaffMember, Depends(require(*PAGES["venues"]))]
StaffManager = Annotated[StaffMember, Depends(require(*PAGES["staff"]))]
PolicyManager = Annotated[StaffMember, Depends(require(*PAGES["policy"]))]
FiguresReader = Annotated[StaffMember, Depends(require(*PAGES["figures"]))]
Operator = Annotated[StaffMember, Depends(require(*PAGES["operations"]))]
__all__ = ["Me"]


async def case_of(services: Services, me: StaffMember, reference: str) -> CaseView:
    """The case read whole. 404: there is none, or none of a mediator's own; 410: its words were erased."""
    try:
        case = await services.cases.load_called(reference)
    except NoSuchCase:
        raise HTTPException(404, f"There is no case {reference[:40]}. Look for it in the list of cases.") from None
    except Erased:
        raise HTTPException(410, "The personal text of this case was erased; only its statistics are left.") from None
    if me.only_mediates and (case.mediator is None or case.mediator.id != me.id):
        raise HTTPException(404, f"There is no case {reference[:40]} among yours.")
    hide_papers(me, case)
    return case
