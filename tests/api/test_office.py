"""One page for all cases of an officer, opened by a code to the work address; and nobody learns who is known here."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.services import Services
from domain.codes import BETWEEN_CODES, OPEN_FOR, TRIES
from domain.journey import Fact
from domain.parties import Channel, Person, PersonRole
from tests.api.conftest import CHILD, NOW, FilledCase
from tests.api.fakes import Clock, FakeTemporal
from tests.api.party_world import changed, rows, said

KNOWN, IN_COPY, FAMILY, STRANGER = (
    "head@oakfield.example", "fay@friends.example", "alex@family.example", "who@nowhere.example",
)  # fmt: skip


class Officer(httpx.AsyncClient):
    """Somebody at a desk of an authority or a school."""

    services: Services
    temporal: FakeTemporal

    async def fills(self, path: str, **typed: Any) -> httpx.Response:
        page = await self.get(path)
        return await self.presses(page, path, **typed)

    async def presses(self, page: httpx.Response, path: str, **typed: Any) -> httpx.Response:
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
        return await self.post(path, data={"csrf": csrf[1] if csrf else "", **typed}, follow_redirects=True)

    async def digits(self) -> str:
        code = await self.services.proofs.to_send(self.temporal.proofs[-1], self.services.clock())
        return code.digits if code else ""

    async def enters(self, email: str = KNOWN) -> httpx.Response:
        asked = await self.fills("/office", email=email)
        return await self.presses(asked, "/office/code", code=await self.digits())


@pytest.fixture
async def officer(services: Services, temporal: FakeTemporal, filled: FilledCase) -> AsyncIterator[Officer]:
    @asynccontextmanager
    async def opens(_: Any) -> AsyncIterator[Services]:
        yield services

    app = create_app(services.settings, opens)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), Officer(transport=transport, base_url="http://testserver") as officer:
        officer.services, officer.temporal = services, temporal
        yield officer


async def test_all_cases_with_what_comes_next_and_a_way_in(officer: Officer, filled: FilledCase) -> None:
    page = await officer.enters()
    assert page.url.path == "/office/cases"
    told = said(page)
    assert CHILD in told
    assert f"{filled.reference} · with Exampleshire County Council" in told
    assert "Invitation to mediation" in told
    assert "Please answer by" in told
    for secret in (FAMILY, "Alex Parent", "01632 960002"):
        assert secret not in page.text
    inside = await officer.presses(page, "/office/cases", case=filled.reference)
    assert "Will you take part?" in said(inside)
    assert re.fullmatch(r"/my/\w+/ask/consent/p2", inside.url.path)
    link = inside.url.path.partition("/ask/")[0]
    words = await officer.get(f"{link}/ask/action/1")
    assert "A quiet room at lunch time." in words.text, "the code counts for what is private, too"


async def test_capitals_do_not_matter(officer: Officer) -> None:
    assert CHILD in said(await officer.enters(" Head@Oakfield.EXAMPLE "))


async def test_nobody_learns_whether_an_address_is_known(officer: Officer, clock: Clock) -> None:
    seen: dict[str, list[tuple[int, str]]] = {}
    for email in (KNOWN, FAMILY, STRANGER):
        clock.now += BETWEEN_CODES
        asked = await officer.fills("/office", email=email)
        answers = [(asked.status_code, said(asked))]
        right = await officer.digits()
        assert bool(right) == (email == KNOWN)
        for n in range(TRIES + 1):
            wrong = f"{n:06d}" if f"{n:06d}" != right else "999999"
            tried = await officer.presses(asked, "/office/code", code=wrong)
            answers.append((tried.status_code, said(tried)))
        seen[email] = answers
    assert len(officer.temporal.proofs) == 3, "a workflow for each: it finds out to whom the code goes"
    assert seen[KNOWN] == seen[FAMILY] == seen[STRANGER]


async def test_not_before_permission_nor_after_somebody_else_took_over(officer: Officer, filled: FilledCase) -> None:
    await changed(filled, contacted=["p1"])
    await officer.fills("/office", email=KNOWN)
    assert await officer.digits() == ""
    journey = await filled.journey()
    journey.contacted = ["p1", "p2", "p3"]
    await filled.file(journey)
    assert await officer.digits()
    journey.parties[1].people.append(Person(key="p2.3", role=PersonRole.LEAD))
    await filled.file(journey)
    assert await officer.digits() == ""


async def test_neither_a_closed_case_nor_one_that_they_left(officer: Officer, filled: FilledCase) -> None:
    page = await officer.enters()
    assert filled.reference in page.text
    await changed(filled, closing={"reason": "withdrawn", "who": "p3"}, closed_at=NOW)
    assert "No open case waits for you here." in said(await officer.get("/office/cases"))
    back = await officer.presses(page, "/office/cases", case=filled.reference)
    assert back.url.path == "/office/cases"
    others = [party.model_dump() for party in (await filled.journey()).parties if party.key != "p2"]
    await changed(filled, closing=None, closed_at=None, parties=others, left=["p2", "p2.1", "p2.2"])
    assert filled.reference not in (await officer.get("/office/cases")).text


async def test_who_comes_along_reads_but_answers_nothing(officer: Officer, filled: FilledCase) -> None:
    page = await officer.enters(IN_COPY)
    assert "Open" in said(page)
    inside = await officer.presses(page, "/office/cases", case=filled.reference)
    assert re.fullmatch(r"/my/\w+", inside.url.path)
    assert "Leave the mediation" not in said(inside)


async def test_it_closes_after_half_an_hour(officer: Officer, filled: FilledCase, clock: Clock) -> None:
    page = await officer.enters()
    clock.now += OPEN_FOR
    assert (await officer.get("/office/cases", follow_redirects=True)).url.path == "/office"
    back = await officer.presses(page, "/office/cases", case=filled.reference)
    assert back.url.path == "/office"


async def test_the_pass_of_one_mailbox_opens_no_other(officer: Officer) -> None:
    await officer.enters()
    other = officer.services.officers.mailbox("sen@exampleshire.example")
    officer.cookies.set("officer-mailbox", other, domain="testserver.local", path="/office")
    officer.cookies.delete("officer-mailbox", domain="testserver.local", path="/office")
    for value in (other, "", "x", "a" * 64, "../../x"):
        jar = {"officer-mailbox": value, "officer-pass": officer.cookies.get("officer-pass") or ""}
        header = {"Cookie": "; ".join(f"{name}={text}" for name, text in jar.items())}
        async with httpx.AsyncClient(transport=officer._transport, base_url="http://testserver") as thief:
            assert (await thief.get("/office/cases", headers=header)).headers["location"] == "/office"


async def test_reading_changes_and_sends_nothing(officer: Officer, services: Services) -> None:
    await officer.enters()
    before = await rows(services)
    for path in ("/office", "/office/code", "/office/cases") * 2:
        await officer.get(path, follow_redirects=True)
    assert await rows(services) == before
    assert len(officer.temporal.proofs) == 1


@pytest.mark.parametrize("email", ["", "x", "a\r\nBcc: b@c.example", "é@x.example", "x" * 9000, "\x00@x.example"])
async def test_what_is_no_address(officer: Officer, email: str) -> None:
    answer = await officer.fills("/office", email=email)
    assert answer.status_code == 422
    assert "There is something to put right" in said(answer)
    assert officer.temporal.proofs == []


async def test_forged_and_stale_forms(officer: Officer) -> None:
    assert (await officer.post("/office", data={"email": KNOWN})).status_code == 403
    await officer.fills("/office", email=KNOWN)
    assert (await officer.post("/office/code", data={"code": "000000", "csrf": "x"})).status_code == 403
    assert (await officer.post("/office/cases", data={"case": "x"})).headers["location"] == "/office"
    assert "Type the six digits" in said(await officer.fills("/office/code", code="12"))
    async with httpx.AsyncClient(transport=officer._transport, base_url="http://testserver") as other:
        for path in ("/office/code", "/office/cases"):
            assert (await other.get(path)).headers["location"] == "/office"
            assert (await other.post(path, data={"code": "123456"})).headers["location"] == "/office"


async def test_so_many_codes_an_hour(officer: Officer, clock: Clock) -> None:
    for _ in range(5):
        clock.now += BETWEEN_CODES
        assert (await officer.fills("/office", email=STRANGER)).status_code == 200
    refused = await officer.fills("/office", email=STRANGER)
    assert refused.status_code == 429
    assert "none was sent" in said(refused)
    clock.now += timedelta(hours=1)
    assert (await officer.fills("/office", email=STRANGER)).status_code == 200


async def test_who_is_rung_needs_a_code_of_their_own_for_what_is_private(officer: Officer, filled: FilledCase) -> None:
    journey = await filled.journey()
    journey.parties[1].people[0].channel = Channel.PHONE
    journey.facts["consent/p2"] = Fact(answer="yes", at=NOW)
    await filled.file(journey)
    inside = await officer.presses(await officer.enters(), "/office/cases", case=filled.reference)
    link = inside.url.path.partition("/ask/")[0]
    assert "A quiet room at lunch time." not in (await officer.get(f"{link}/ask/action/1")).text
