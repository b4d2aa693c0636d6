"""Every cell of the table of api/permissions.py: each role at each route, with a case of its own and one of another's.
The routes are read from the service itself: a new one without an entry fails here."""

import re
from dataclasses import dataclass
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import APIRoute

from api.app import STAFF_PAGES
from api.permissions import MAY, OPEN, OPERATES, Reach, reach_of
from api.rest.routes import router as json_door
from api.staff.forms import FORMS
from casefile.staff import StaffMember
from domain.commands import COMMANDS, StaffRole
from tests.api.staff_world import NOW, VALID, Browser, Office

COORDINATOR, MEDIATOR = StaffRole.COORDINATOR, StaffRole.MEDIATOR
ROUTES = {
    f"{method} {route.path}"
    for router in (*STAFF_PAGES, json_door)
    for route in router.routes
    if isinstance(route, APIRoute) and route.path != "/api/{nothing:path}"
    for method in route.methods or ()
}
ELSEWHERE = {"POST /codec/decode"}  # tests/api/test_codec_endpoint.py
CELLS = sorted(set(MAY) - ELSEWHERE, key=lambda page: page == "POST /sign-out")  # which ends the session: the last
PLACES = {
    "version": "1",
    "letter_id": "letter0",
    "letter": "letter0",
    "key": "paper1",
    "paper": "paper1",
    "note": "note1",
    "name": "consent_ask",
    "kind": "hold",  # which everybody who works on cases may do
    "act": "roles",
    "person": "p1.1",
    "filter_id": "filter1",
}


def test_every_route_of_the_service_is_in_the_table_and_no_other() -> None:
    assert len(ROUTES) > 60
    assert set(MAY) | set(OPEN) == ROUTES | ELSEWHERE
    assert set(MAY) & set(OPEN) == set()


def test_a_route_that_is_in_no_table_opens_to_nobody() -> None:
    everything = StaffMember(id="x", name="X", email="x@service.example", roles=list(StaffRole))
    assert reach_of(everything, "GET /new-and-forgotten") is None


def test_of_two_roles_the_wider_one_counts() -> None:
    both = StaffMember(id="x", name="X", email="x@service.example", roles=[MEDIATOR, COORDINATOR])
    assert reach_of(both, "GET /cases/{reference}") == Reach.ALL
    assert reach_of(both, "GET /mediator") == Reach.OWN
    other = both.model_copy(update={"roles": [MEDIATOR, StaffRole.OPERATIONS]})
    assert reach_of(other, "GET /cases/{reference}") == Reach.OWN
    assert reach_of(other, "GET /operations") == OPERATES[StaffRole.OPERATIONS]


@dataclass
class Somebody:
    """A member of staff at a browser and with a token. `own`: the office's case is theirs."""

    role: StaffRole
    own: bool
    browser: Browser
    token: dict[str, str]
    office: Office

    async def at(self, page: str, kind: str = "") -> httpx.Response:
        """Opens a page, or sends an empty form or body."""
        method, path = page.split()
        places = {**PLACES, "reference": self.office.reference, "staff_id": self.office.jo_id}
        [venue, *_] = await self.office.world.services.reading.venues()
        places |= {"mediator": self.office.meg_id, "venue": venue.id} | ({"kind": kind} if kind else {})
        path = re.sub(r"\{(\w+)\}", lambda part: places[part[1]], path)
        if kind and VALID.get(kind, ("",))[0]:
            path += f"?about={quote(VALID[kind][0], safe='')}"
        if path.startswith("/api/"):
            return await self.browser.client.request(method, path, headers=self.token)
        if method == "GET":
            return await self.browser.client.get(path)
        await self.browser.get("/account")  # for the form's token
        return await self.browser.post(path)


async def somebody(office: Office, role: StaffRole, own: bool) -> Somebody:
    world, browser = office.world, office.browser()
    if own:
        staff_id, browser = office.meg_id, office.meg
    else:
        joins = world.mediator("Una Under-Test") if role == MEDIATOR else world.staff("Una Under-Test", role)
        staff_id, email, password = await joins
        await browser.sign_in(email, password)
    token = await world.services.staff.new_token(staff_id, "tests", NOW)
    return Somebody(role, own, browser, {"Authorization": f"Bearer {token}"}, office)


def _shut(answer: httpx.Response) -> int:
    """403 or 404 for whoever may not; 0 for whoever may, whatever came of an empty form."""
    if answer.status_code in (401, 403):
        return answer.status_code
    return 404 if answer.status_code == 404 and "among yours" in answer.text else 0


def _expected(role: StaffRole, own: bool, page: str) -> int:
    reach = MAY[page].get(role)
    if reach is None:
        return 403
    return 404 if reach == Reach.OWN and "{reference}" in page and not own else 0


WHO = [(role, False) for role in StaffRole] + [(MEDIATOR, True)]  # the other roles see all cases or none


@pytest.mark.parametrize(("role", "own"), WHO)
async def test_every_cell(office: Office, role: StaffRole, own: bool) -> None:
    one = await somebody(office, role, own)
    found = {page: _shut(await one.at(page)) for page in CELLS}
    assert found == {page: _expected(role, own, page) for page in CELLS}


@pytest.mark.parametrize(("role", "own"), WHO)
async def test_every_act_of_a_case(office: Office, role: StaffRole, own: bool) -> None:
    """Who may open the case may open the form of what their role may do, and of nothing else."""
    one, page = await somebody(office, role, own), "GET /cases/{reference}/do/{kind}"
    for kind in FORMS:
        may = role in COMMANDS[kind].may
        assert _shut(await one.at(page, kind)) == (_expected(role, own, page) or (0 if may else 403)), kind


async def test_nobody_is_led_to_the_sign_in_from_every_page(office: Office) -> None:
    nobody = Somebody(COORDINATOR, False, office.browser(), {}, office)
    for page in CELLS:
        method, path = page.split()
        answer = await nobody.at(page)
        if path.startswith("/api/") or method == "POST":
            assert answer.status_code == 401, page
        else:
            assert answer.headers["location"].startswith("/sign-in"), page
    assert office.world.taken == []
