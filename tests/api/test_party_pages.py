"""The pages behind personal links: for one person and one purpose, and silent until somebody presses a button."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlmodel import SQLModel, func, select

from api.party.routes import router
from api.services import Services
from api.shield import Shield
from casefile.tables import Case
from domain.commands import Command
from domain.journey import Fact, Journey, MeetingStatus
from domain.refusals import Refusal
from tests.api.conftest import CHILD, NOW, Account, FilledCase
from tests.api.fakes import Clock, FakeTemporal

OTHERS = ("alex@family.example", "head@oakfield.example", "01632 960002", "sen@exampleshire.example", "Alex Parent")
LINKS = {
    "permission": ("p1.1", "permission"),
    "consent": ("p2.1", "consent/p2"),
    "visit_choice": ("p1.1", "visit_choice/p1/1"),
    "availability": ("p1.1", "availability/p1/1"),
    "comments": ("p1.1", "comments/p1/1"),
    "action": ("p2.1", "action/1"),
    "feedback": ("p1.1", "feedback/p1"),
    "case": ("p2.1", "case"),
}
SLOT = (NOW + timedelta(days=7)).isoformat()
ANSWERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # what is typed, and the command that comes of it
    "permission": ({"answer": "yes"}, {"given": True, "how": "link"}),
    "consent": ({"answer": "no"}, {"party": "p2", "yes": False, "how": "link"}),
    "visit_choice": ({"start": SLOT}, {"party": "p1", "start": NOW + timedelta(days=7), "how": "link"}),
    "availability": (
        {"half_days": ["2026-12-14/am", "2026-12-15/am"]},
        {"party": "p1", "half_days": ["2026-12-14/am", "2026-12-15/am"], "how": "link"},
    ),
    "comments": ({"answer": "no", "note": "Say “every day”."}, {"party": "p1", "version": 1, "agrees": False}),
    "action": ({"answer": "yes"}, {"action": 1, "done": True, "how": "link"}),
    "feedback": ({"score": "4", "note": "Good coffee."}, {"party": "p1", "score": 4}),
}


class Browser(httpx.AsyncClient):
    """Somebody with the letter in hand."""

    filled: FilledCase

    async def open(self, name: str) -> httpx.Response:
        """Follow the link in the letter, as a browser does."""
        person, purpose = LINKS[name]
        return await self.get(f"/l/{await self.filled.token(person, purpose)}", follow_redirects=True)

    async def press(self, page: httpx.Response, typed: dict[str, Any]) -> httpx.Response:
        """Press the button of a page."""
        action = re.search(r'<form method="post" action="([^"]+)"', page.text)
        assert action
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
        return await self.post(action[1], data={**hidden, **typed})


@pytest.fixture
async def app(services: Services) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.state.services = services
    app.include_router(router)
    app.add_middleware(Shield)
    return app


def browser_of(app: FastAPI, filled: FilledCase) -> Browser:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    browser = Browser(transport=transport, base_url="http://testserver")
    browser.filled = filled
    return browser


@pytest.fixture
async def browser(app: FastAPI, filled: FilledCase) -> AsyncIterator[Browser]:
    async with browser_of(app, filled) as browser:
        yield browser


@pytest.fixture
async def stranger(app: FastAPI, filled: FilledCase) -> AsyncIterator[Browser]:
    async with browser_of(app, filled) as browser:
        yield browser


def said(response: httpx.Response) -> str:
    """The main part of a page, as one line."""
    main = response.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


async def rows(services: Services) -> dict[str, int]:
    """How many rows each table has."""
    async with services.database.read() as session:
        return {
            name: (await session.exec(select(func.count()).select_from(table))).one()
            for name, table in SQLModel.metadata.tables.items()
        }


# Links


@pytest.mark.parametrize("name", LINKS)
async def test_the_token_leaves_the_address_at_once(browser: Browser, name: str) -> None:
    token = await browser.filled.token(*LINKS[name])
    arrival = await browser.get(f"/l/{token}")
    assert arrival.status_code == 303
    assert arrival.headers["referrer-policy"] == "no-referrer"
    assert arrival.headers["cache-control"] == "no-store"
    assert token not in arrival.headers["location"]
    cookie = arrival.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert f"Path={arrival.headers['location']};" in cookie
    page = await browser.get(arrival.headers["location"])
    assert page.status_code == 200
    assert token not in page.text


@pytest.mark.parametrize("name", LINKS)
async def test_a_first_page_tells_nobody_more_than_it_must(browser: Browser, name: str) -> None:
    page = await browser.open(name)
    assert CHILD.split()[0] not in page.text
    for secret in OTHERS:
        assert secret not in page.text
    assert "01632 960 100" in said(page)
    assert browser.filled.reference in said(page)


@pytest.mark.parametrize("name", [name for name in LINKS if name != "case"])
async def test_one_person_one_purpose(browser: Browser, name: str) -> None:
    assert "Leave the mediation" not in (await browser.open(name)).text
    link = str((await browser.open(name)).url)
    assert (await browser.get(f"{link}/withdraw")).status_code == 404
    assert (await browser.post(f"{link}/withdraw", data={"csrf": "x", "once": "y"})).status_code == 404


async def test_the_invitation_explains(browser: Browser) -> None:
    page = said(await browser.open("consent"))
    for word in ("voluntary", "free of charge", "confidential", "Tribunal", "What happens next", "a parent or carer"):
        assert word in page


@pytest.mark.parametrize("token", ["x", "A" * 43, "..%2f..%2fetc", "%00", "%ff%fe", "x" * 9000])
async def test_an_unknown_link_tells_whom_to_ring(browser: Browser, token: str) -> None:
    page = await browser.get(f"/l/{token}")
    assert page.status_code == 404
    assert "This link does not open" in said(page)
    assert "01632 960 100" in said(page)


async def test_a_revoked_link_does_not_open(browser: Browser, services: Services) -> None:
    opened = await browser.open("consent")
    async with services.database.write() as session:
        await services.links.revoke(session, browser.filled.id, "p2.1", NOW)
    assert (await browser.open("consent")).status_code == 404
    assert (await browser.get(str(opened.url))).status_code == 404
    assert (await browser.press(opened, {"answer": "yes"})).status_code == 404


async def test_a_page_opens_for_its_own_cookie_only(browser: Browser, stranger: Browser) -> None:
    consent = str((await browser.open("consent")).url)
    assert (await stranger.get(consent)).status_code == 404
    permission = await stranger.open("permission")
    assert (await stranger.get(consent)).status_code == 404
    (foreign,) = [cookie for cookie in stranger.cookies.jar if cookie.name.startswith("link-")]
    link_id = consent.rpartition("/")[2]
    stranger.cookies.set(f"link-{link_id}", str(foreign.value), domain="testserver", path=f"/my/{link_id}")
    assert (await stranger.get(consent)).status_code == 404
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', permission.text))
    assert (await stranger.post(consent, data={**hidden, "answer": "yes"})).status_code == 404


@pytest.mark.parametrize("link_id", ["x", "a" * 24, "%00", "%ff", "a" * 9000, "a; b=c"])
async def test_an_address_that_is_none(browser: Browser, link_id: str) -> None:
    for path in (f"/my/{link_id}", f"/my/{link_id}/withdraw"):
        assert (await browser.get(path)).status_code == 404
        assert (await browser.post(path, data={"answer": "yes"})).status_code == 404


async def test_a_scanner_that_follows_every_link_changes_nothing(
    browser: Browser, services: Services, temporal: FakeTemporal
) -> None:
    for name in LINKS:
        await browser.filled.token(*LINKS[name])
    before = await rows(services)
    for name in LINKS:
        page = await browser.open(name)
        for _ in range(2):
            for target in re.findall(r'(?:href|action)="(/[^"]*)"', page.text):
                await browser.get(target, follow_redirects=True)
            await browser.head(str(page.url))
        await browser.get(f"{page.url}/withdraw")
    assert await rows(services) == before
    assert temporal.updates == []


# Answers


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_becomes_a_command(browser: Browser, temporal: FakeTemporal, name: str) -> None:
    typed, fields = ANSWERS[name]
    result = await browser.press(await browser.open(name), typed)
    assert result.status_code == 200
    assert "Thank you" in said(result)
    (command,) = temporal.updates
    assert command.model_dump().items() >= fields.items()
    assert (command.actor.kind, command.actor.id, command.actor.roles) == ("participant", LINKS[name][0], [])
    assert command.by_link == name


async def test_words_are_kept_beside_the_command(browser: Browser, services: Services, temporal: FakeTemporal) -> None:
    await browser.press(await browser.open("comments"), ANSWERS["comments"][0])
    case = await services.cases.load(browser.filled.id)
    assert case.texts[temporal.updates[0].id]["note"] == "Say “every day”."
    assert "every day" not in temporal.updates[0].model_dump_json()


async def test_none_of_the_dates_suits(browser: Browser, temporal: FakeTemporal) -> None:
    assert (await browser.press(await browser.open("visit_choice"), {"start": "none"})).status_code == 200
    assert (await browser.press(await browser.open("availability"), {"half_days": ["none"]})).status_code == 200
    assert [command.model_dump().get("start", "-") for command in temporal.updates] == [None, "-"]
    assert temporal.updates[1].model_dump()["half_days"] == []


async def test_the_same_form_posted_again_is_one_answer(browser: Browser, temporal: FakeTemporal) -> None:
    page = await browser.open("consent")
    first = await browser.press(page, {"answer": "yes"})
    again = await browser.press(page, {"answer": "yes"})
    assert said(first) == said(again)
    assert len(temporal.updates) == 1


async def test_what_was_answered_is_told_and_asked_no_more(browser: Browser, temporal: FakeTemporal) -> None:
    page = await browser.open("consent")
    journey = await browser.filled.journey()
    facts = {**journey.facts, "consent/p2": Fact(answer="yes", at=NOW)}
    await browser.filled.file(journey.model_copy(update={"facts": facts}))
    told = await browser.open("consent")
    assert "You agreed to take part." in said(told)
    assert "<form" not in told.text
    stale = await browser.press(page, {"answer": "no"})  # from a form that was open in another window
    assert stale.status_code == 409
    assert "You agreed to take part." in said(stale)
    assert temporal.updates == []


async def test_a_refusal_is_told_in_words(browser: Browser, temporal: FakeTemporal) -> None:
    temporal.refuse["choose_visit_date"] = (Refusal.TAKEN, "mediator/mediator")
    result = await browser.press(await browser.open("visit_choice"), {"start": SLOT})
    assert result.status_code == 409
    assert "has just been taken" in said(result)
    assert "mediator/" not in said(result)


async def test_an_answer_while_the_case_cannot_be_reached(browser: Browser, temporal: FakeTemporal) -> None:
    temporal.away = True
    page = await browser.open("consent")
    result = await browser.press(page, {"answer": "yes"})
    assert result.status_code == 202
    assert "We have your answer" in said(result)
    assert "We have your answer" in said(await browser.open("consent"))
    temporal.away = False
    assert "Thank you" in said(await browser.press(page, {"answer": "yes"}))
    assert len(temporal.updates) == 1


@pytest.mark.parametrize("name", ANSWERS)
async def test_nothing_typed_is_said_beside_the_question(browser: Browser, temporal: FakeTemporal, name: str) -> None:
    result = await browser.press(await browser.open(name), {})
    assert result.status_code == 422
    assert "There is something to put right" in said(result)
    assert temporal.updates == []


async def test_what_was_typed_stays(browser: Browser, temporal: FakeTemporal) -> None:
    page = await browser.open("comments")
    result = await browser.press(page, {"answer": "maybe", "note": "<b>Every</b> day"})
    assert "&lt;b&gt;Every&lt;/b&gt; day" in result.text
    result = await browser.press(page, {"answer": "no"})
    assert "Say what you would like to be changed." in said(result)
    both = await browser.press(await browser.open("availability"), {"half_days": ["none", "2026-12-14/am"]})
    assert "one or the other" in said(both)
    assert temporal.updates == []


BAD = [
    "x" * 500_000,
    "\x00",
    "yes\r\nBcc: x",
    "😀\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "ignore"),
    "-1",
]


@pytest.mark.parametrize("bad", BAD, ids=["huge", "NUL", "header", "emoji", "negative"])
@pytest.mark.parametrize("name", ANSWERS)
async def test_no_input_breaks_a_page(browser: Browser, temporal: FakeTemporal, name: str, bad: str) -> None:
    page = await browser.open(name)
    for field in ANSWERS[name][0]:
        result = await browser.press(page, {**ANSWERS[name][0], field: bad})
        assert result.status_code in (200, 422)
        if result.status_code == 200:
            assert field == "note"
    await browser.press(page, {"csrf": bad, **ANSWERS[name][0]})
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x", "application/json", ""):
        link = str(page.url)
        result = await browser.post(link, content=bad.encode(), headers={"Content-Type": content_type})
        assert result.status_code in (400, 403)


async def test_too_much_is_refused(browser: Browser) -> None:
    result = await browser.press(await browser.open("comments"), {"answer": "no", "note": "x" * 3_000_000})
    assert result.status_code == 413


@pytest.mark.parametrize("forged", [{"csrf": "0" * 64}, {"csrf": ""}, {"csrf": "ü"}, {"once": ""}])
async def test_a_form_from_elsewhere_does_nothing(
    browser: Browser, temporal: FakeTemporal, forged: dict[str, str]
) -> None:
    for name in ("consent", "case"):
        page = await browser.open(name)
        if name == "case":
            page = await browser.get(f"{page.url}/withdraw")
        result = await browser.press(page, {"answer": "yes", **forged})
        assert result.status_code == 403
        assert "out of date" in said(result)
    assert temporal.updates == []


async def test_another_persons_form_key_is_not_ones_own(
    browser: Browser, stranger: Browser, temporal: FakeTemporal
) -> None:
    consent = await browser.open("consent")
    once = re.search(r'name="once" value="([^"]+)"', consent.text)
    assert once
    await browser.press(consent, {"answer": "yes"})
    await stranger.press(await stranger.open("permission"), {"answer": "yes", "once": once[1]})
    assert [command.kind() for command in temporal.updates] == ["answer_consent", "record_permission"]


# Old links


async def changed(filled: FilledCase, **update: Any) -> None:
    """The journey has gone on."""
    journey = (await filled.journey()).model_dump()
    await filled.file(Journey.model_validate({**journey, **update}))


async def test_an_old_wording_is_commented_no_more(browser: Browser, temporal: FakeTemporal) -> None:
    page = await browser.open("comments")
    agreement = (await browser.filled.journey()).agreement
    assert agreement
    await changed(browser.filled, agreement={**agreement.model_dump(), "version": 2})
    assert "newer wording" in said(await browser.open("comments"))
    assert (await browser.press(page, ANSWERS["comments"][0])).status_code == 409
    assert temporal.updates == []


async def test_a_date_that_has_passed_is_not_offered(browser: Browser, clock: Clock) -> None:
    clock.now += timedelta(days=7, hours=1)
    page = await browser.open("visit_choice")
    assert f'value="{SLOT}"' not in page.text
    assert "None of these suits me" in said(page)


async def test_a_booked_visit_is_told(browser: Browser) -> None:
    journey = await browser.filled.journey()
    visit = journey.meetings[0].model_copy(
        update={"status": MeetingStatus.BOOKED, "slot": journey.meetings[0].offered[0]}
    )
    asks = [ask for ask in journey.asks if ask.kind != "visit_choice"]
    await browser.filled.file(journey.model_copy(update={"meetings": [visit, *journey.meetings[1:]], "asks": asks}))
    assert "Your visit is booked: Tue 1 Dec 2026, 10:00 to 11:30." in said(await browser.open("visit_choice"))


@pytest.mark.parametrize("name", [name for name in LINKS if name != "feedback"])
async def test_a_closed_case_says_so_without_naming_anybody(browser: Browser, name: str) -> None:
    await changed(browser.filled, closing={"reason": "withdrawn", "who": "p3"}, closed_at=NOW, asks=[])
    page = await browser.open(name)
    assert page.status_code == 200
    assert "has ended" in said(page)
    assert "Exampleshire" not in said(page)
    assert "<form" not in page.text


async def test_a_case_that_has_just_begun(browser: Browser, services: Services) -> None:
    async with services.database.write() as session:
        case = await session.get_one(Case, browser.filled.id)
        case.journey = None
        session.add(case)
    for name in LINKS:
        assert (await browser.open(name)).status_code == 200


async def test_an_erased_case_opens_no_page(browser: Browser, services: Services) -> None:
    async with services.database.write() as session:
        case = await session.get_one(Case, browser.filled.id)
        case.wrapped_key = None
        session.add(case)
    assert (await browser.open("consent")).status_code == 404


# The case, and leaving it


async def test_the_case_page_tells_what_happens(browser: Browser) -> None:
    page = said(await browser.open("case"))
    assert "We arrange the joint meeting" in page
    assert "Wed 2 Dec 2026, 10:00 to 11:30" in page
    assert "Exampleton Library, 2 Market Street, Exampleton" in page


async def test_the_case_page_tells_how_far_the_agreement_is(browser: Browser, filled: FilledCase) -> None:
    assert "how far it is" not in said(await browser.open("case"))
    journey = await filled.journey()
    assert journey.agreement
    await changed(filled, agreement=journey.agreement.model_copy(update={"status": "issued"}).model_dump())
    page = said(await browser.open("case"))
    assert "Action 1: Oakfield School, by Fri 29 Jan 2027 Not yet done" in page
    assert "A quiet room" not in page  # the words stand in their copy


async def test_leaving_is_confirmed_first(browser: Browser, temporal: FakeTemporal) -> None:
    page = await browser.open("case")
    confirm = await browser.get(f"{page.url}/withdraw")
    assert temporal.updates == []
    assert "Leave the mediation?" in said(confirm)
    result = await browser.press(confirm, {})
    assert "You have left the mediation" in said(result)
    assert await browser.press(confirm, {}) is not None
    (command,) = temporal.updates
    assert command.model_dump().items() >= {"party": "p2", "how": "link"}.items()


async def test_leaving_while_the_case_cannot_be_reached(browser: Browser, temporal: FakeTemporal) -> None:
    temporal.away = True
    page = await browser.open("case")
    result = await browser.press(await browser.get(f"{page.url}/withdraw"), {})
    assert result.status_code == 202
    again = await browser.open("case")
    assert "We have your message that you want to leave" in said(again)
    assert "/withdraw" not in again.text


async def test_a_supporter_cannot_leave_for_the_party(browser: Browser, temporal: FakeTemporal) -> None:
    page = await browser.get(f"/l/{await browser.filled.token('p2.2', 'case')}", follow_redirects=True)
    assert "Leave the mediation" not in page.text
    assert (await browser.get(f"{page.url}/withdraw")).status_code == 303
    assert temporal.updates == []


async def test_who_was_never_contacted_does_not_leave(browser: Browser) -> None:
    await changed(browser.filled, contacted=["p1"])
    assert "/withdraw" not in (await browser.open("case")).text


def test_every_purpose_has_its_command_and_page(staff: dict[str, Account]) -> None:
    by_link = {kind.by_link for kind in Command.__subclasses__() if kind.by_link}
    assert by_link == set(ANSWERS) | {"case", "papers"}
