"""Who may open what: role x page x whose cases. One table for the pages of staff and for the JSON door.

`api/auth.py` asks it at each request (`allowed`), before the page does anything. A route that is not in it opens to
nobody, and tests/api/test_permissions.py tries every cell. Beside it: what may be *done* to a case is said by each
command's `may`, and whose *words and papers* may be read within a case by api/privacy.py."""

from enum import StrEnum

from fastapi import HTTPException, Request

from api.services import Services
from casefile.staff import StaffMember
from domain import titles
from domain.commands import StaffRole


class Reach(StrEnum):
    """Whose cases."""

    OWN = "own"  # which they mediate, or have been asked to
    ALL = "all"


Who = dict[StaffRole, Reach]

EVERYBODY: Who = dict.fromkeys(StaffRole, Reach.ALL)
OVERSEES: Who = {
    StaffRole.COORDINATOR: Reach.ALL,
    StaffRole.SAFEGUARDING_LEAD: Reach.ALL,
    StaffRole.MANAGER: Reach.ALL,
}
WORKS_ON_CASES: Who = {**OVERSEES, StaffRole.MEDIATOR: Reach.OWN}
COORDINATES: Who = {StaffRole.COORDINATOR: Reach.ALL, StaffRole.MANAGER: Reach.ALL}
GUARDS: Who = {StaffRole.SAFEGUARDING_LEAD: Reach.ALL, StaffRole.MANAGER: Reach.ALL}
MEDIATES: Who = {StaffRole.MEDIATOR: Reach.OWN}
MANAGES: Who = {StaffRole.MANAGER: Reach.ALL}
OPERATES: Who = {StaffRole.OPERATIONS: Reach.ALL, StaffRole.MANAGER: Reach.ALL}

MAY: dict[str, Who] = {
    # The own account
    "GET /": EVERYBODY,
    "POST /sign-out": EVERYBODY,
    "GET /account": EVERYBODY,
    "POST /account": EVERYBODY,
    "GET /account/second-step": EVERYBODY,
    "POST /account/second-step": EVERYBODY,
    "POST /account/password": EVERYBODY,
    "POST /account/away": COORDINATES,
    # Cases
    "GET /today": COORDINATES,
    "GET /cases": WORKS_ON_CASES,
    "GET /cases.csv": WORKS_ON_CASES,
    "POST /cases/filters": WORKS_ON_CASES,
    "POST /cases/filters/{filter_id}/remove": WORKS_ON_CASES,
    "GET /tasks": WORKS_ON_CASES,
    "GET /mediator": MEDIATES,
    "GET /cases/new": COORDINATES,
    "POST /cases/new": COORDINATES,
    "POST /cases/reassign": COORDINATES,
    "GET /calls": COORDINATES,
    "POST /calls": COORDINATES,
    "GET /print-queue": COORDINATES,
    "POST /print-queue/batch": COORDINATES,
    "POST /print-queue/posted": COORDINATES,
    # One case
    "GET /cases/{reference}": WORKS_ON_CASES,
    "GET /cases/{reference}/do/{kind}": WORKS_ON_CASES,
    "POST /cases/{reference}/do/{kind}": WORKS_ON_CASES,
    "GET /cases/{reference}/papers/{key}": WORKS_ON_CASES,
    "GET /cases/{reference}/letters/{letter_id}": WORKS_ON_CASES,
    "GET /cases/{reference}/agreement/{version}.pdf": WORKS_ON_CASES,
    "GET /cases/{reference}/note": WORKS_ON_CASES,
    "POST /cases/{reference}/note": WORKS_ON_CASES,
    "GET /cases/{reference}/notes/{note}": WORKS_ON_CASES,
    "POST /cases/{reference}/notes/{note}": WORKS_ON_CASES,
    "POST /cases/{reference}/notes/{note}/remove": WORKS_ON_CASES,
    "POST /cases/{reference}/take": COORDINATES,
    "GET /cases/{reference}/split": COORDINATES,
    "GET /cases/{reference}/call": COORDINATES,
    "POST /cases/{reference}/call": COORDINATES,
    "GET /cases/{reference}/code/{person}": COORDINATES,
    "POST /cases/{reference}/code/{person}": COORDINATES,
    # The service
    "GET /panel": MANAGES,
    "POST /panel": MANAGES,
    "GET /panel/{mediator}": MANAGES,
    "POST /panel/{mediator}": MANAGES,
    "POST /panel/{mediator}/conflict": MANAGES,
    "GET /venues": MANAGES,
    "POST /venues": MANAGES,
    "GET /venues/{venue}": MANAGES,
    "POST /venues/{venue}": MANAGES,
    "GET /staff": MANAGES,
    "POST /staff": MANAGES,
    "GET /staff/{staff_id}": MANAGES,
    "POST /staff/{staff_id}/{act}": MANAGES,
    "GET /policy": MANAGES,
    "GET /policy/edit": MANAGES,
    "POST /policy/edit": MANAGES,
    "GET /letters": MANAGES,
    "GET /letters/{name}": MANAGES,
    "GET /letters/{name}/edit": MANAGES,
    "POST /letters/{name}/edit": MANAGES,
    "GET /figures": MANAGES,
    "GET /figures/report.csv": MANAGES,
    "GET /figures/report.pdf": MANAGES,
    "GET /breaches": GUARDS,
    "GET /breaches.csv": GUARDS,
    "GET /operations": OPERATES,  # references and stages, no personal data
    "POST /codec/decode": {StaffRole.OPERATIONS: Reach.ALL},  # for the Temporal UI: codes, no personal data
    # The JSON door
    "POST /api/cases": COORDINATES,
    "GET /api/cases": WORKS_ON_CASES,
    "GET /api/cases/{reference}": WORKS_ON_CASES,
    "POST /api/cases/{reference}/commands/{kind}": WORKS_ON_CASES,
    "GET /api/cases/{reference}/agreement.pdf": WORKS_ON_CASES,
    "GET /api/cases/{reference}/letters/{letter}": WORKS_ON_CASES,
    "POST /api/cases/{reference}/papers": COORDINATES,
    "GET /api/cases/{reference}/papers/{paper}": WORKS_ON_CASES,
    "GET /api/tasks": WORKS_ON_CASES,
    "GET /api/mediators": WORKS_ON_CASES,
    "POST /api/mediators": MANAGES,
    "GET /api/venues": WORKS_ON_CASES,
    "POST /api/venues": MANAGES,
    "GET /api/policy": WORKS_ON_CASES,
}

OPEN = (
    # on the way in
    "GET /sign-in",
    "POST /sign-in",
    "POST /sign-in/code",
    "POST /sign-in/set-up",
    "GET /sign-in/forgotten",
    "POST /sign-in/forgotten",
    "GET /sign-in/new-password",
    "GET /sign-in/new-password/{token}",
    "POST /sign-in/new-password",
    "GET /sign-in/elsewhere",
    "GET /sign-in/back",
    # the JSON door's description of itself
    "GET /api/openapi.json",
)
"""Routes of the same doors for which nobody need be signed in."""


def reach_of(me: StaffMember, page: str) -> Reach | None:
    """Whose cases they may see on a page of the table; None: it is not open to them."""
    reaches = [reach for role, reach in MAY.get(page, {}).items() if role in me.roles]
    return Reach.ALL if Reach.ALL in reaches else next(iter(reaches), None)


def may_open(me: StaffMember, page: str) -> bool:
    """For links to it."""
    return reach_of(me, page) is not None


async def allowed(request: Request, services: Services, me: StaffMember) -> None:
    """403: the route is not part of their work. 404: the case that it names is not theirs, or not there at all."""
    page = f"{request.method} {request.scope['route'].path}"
    reach = reach_of(me, page)
    if reach is None:
        raise HTTPException(403, _refusal(page))
    reference = request.path_params.get("reference")
    if reference is not None and reach == Reach.OWN and not await services.cases.is_mediated_by(me.id, reference):
        raise HTTPException(404, f"There is no case {reference[:40]} among yours.")


def _refusal(page: str) -> str:
    if "/api/" not in page:
        return "This page is not part of your work. Ask a manager if it should be."
    roles = [titles.STAFF_ROLES[role].lower() for role in MAY.get(page, {})]
    return f"This is for a {' or '.join(roles)} to do." if roles else "This is open to nobody."
