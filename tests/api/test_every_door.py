"""Every page and JSON door of a case, tried by those whom it is none of the business of. The doors are read from the
service itself, so a new one is tried without being named here."""

import re
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute

from api.app import STAFF_PAGES
from api.rest.routes import router as json_door
from api.staff.forms import FORMS
from domain.commands import StaffRole
from tests.api.staff_world import NOW, OF_THE_CASE, VALID, Browser, Office

KNOWN = {
    "version": ["1"],
    "letter_id": ["letter0"],
    "letter": ["letter0"],
    "person": ["p1.1"],
    "paper": ["paper1"],
    "note": ["note1"],
}
"""What there is in the office's case, by what the doors' addresses call it."""
CLOSED = (401, 403, 404)
ROUTES = [one for router in (*STAFF_PAGES, json_door) for one in router.routes if isinstance(one, APIRoute)]


def _filled(path: str) -> list[str]:
    """The address of a door, once for each thing that it can be about."""
    if "/do/{kind}" in path:
        return [path.replace("{kind}", f"{kind}{_about(kind)}") for kind in sorted(FORMS)]
    if "{kind}" in path:
        return [path.replace("{kind}", kind) for kind in sorted(FORMS)]
    if "/papers/{key}" in path:
        return [path.replace("{key}", "paper1")]
    return [re.sub(r"\{(\w+)\}", lambda part: KNOWN[part[1]][0] if part[1] != "reference" else part[0], path)]


def _about(kind: str) -> str:
    about = VALID[kind][0] if kind in VALID else ""
    return f"?about={quote(about, safe='')}" if about else ""


@dataclass
class Outsider:
    """Somebody with an account, at a browser and with a token."""

    browser: Browser
    token: dict[str, str]

    async def tries(self, method: str, path: str) -> tuple[int, str]:
        if path.startswith("/api/"):
            params = {"party": "p1", "how": "letter", "title": "A report"} if path.endswith("/papers") else {}
            answer = await self.browser.client.request(method, path, headers=self.token, params=params)
        elif method == "GET":
            answer = await self.browser.get(path)
        else:
            await self.browser.get("/")  # for the form's token
            answer = await self.browser.post(path, {"key": "k" * 20})
        return answer.status_code, answer.text


async def outsider(office: Office, who: str) -> Outsider:
    world, browser = office.world, office.browser()
    if who == "nobody":
        return Outsider(browser, {})
    if who == "another mediator":
        staff_id, email, password = await world.mediator("Otto Other")
    else:
        staff_id, email, password = await world.staff("Olga Operations", StaffRole.OPERATIONS)
    await browser.sign_in(email, password)
    token = await world.services.staff.new_token(staff_id, "tests", NOW)
    return Outsider(browser, {"Authorization": f"Bearer {token}"})


DOORS = [
    (method, path)
    for route in ROUTES
    if "{reference}" in route.path
    for path in _filled(route.path)
    for method in sorted(route.methods or [])
]
LISTS = [route.path for route in ROUTES if "GET" in (route.methods or []) and "{" not in route.path]


def test_the_doors_are_found() -> None:
    for path in ("/cases/{reference}", "/cases/{reference}/split", "/api/cases/{reference}", "/cases/{reference}/call"):
        assert ("GET", path) in DOORS
    assert len(DOORS) > 3 * len(FORMS)
    assert {"/tasks", "/cases", "/calls", "/policy", "/print-queue", "/api/tasks"} <= set(LISTS)


@pytest.mark.parametrize("who", ["nobody", "another mediator", "operations"])
async def test_whose_case_it_is_not_opens_no_door_of_it(office: Office, who: str) -> None:
    one = await outsider(office, who)
    for method, path in DOORS:
        status, said = await one.tries(method, path.replace("{reference}", office.reference))
        led_to_sign_in = who == "nobody" and ("Sign in" in said or (method == "POST" and status == 303))
        assert status in CLOSED or led_to_sign_in, (method, path, status)
        for word in OF_THE_CASE:
            assert word not in said, (method, path, word)
    assert office.world.taken == []


@pytest.mark.parametrize("who", ["another mediator", "operations"])
async def test_lists_name_no_case_that_is_not_theirs(office: Office, who: str) -> None:
    one = await outsider(office, who)
    for path in LISTS:
        if path in ("/venues", "/api/venues", "/api/openapi.json"):
            continue  # the service's own list of rooms, with their owners; and examples, which are nobody's
        _, said = await one.tries("GET", path)
        theirs_to_see = who == "operations"  # who is waited for under which reference, and no name
        for word in (*OF_THE_CASE, *([] if theirs_to_see else [office.reference])):
            assert word not in said, (path, word)
