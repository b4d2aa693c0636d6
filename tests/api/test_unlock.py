"""The code that opens what is private on a party's page: fresh, for its person only, and sent by nobody's reading."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import select

from api.services import Services
from casefile.proofs import Whom
from casefile.tables import ProofRow
from domain.codes import BETWEEN_CODES, CODE_LASTS, OPEN_FOR, TRIES
from domain.journey import Journey
from domain.papers import Paper
from domain.parties import Channel, Person
from tests.api.conftest import NOW, FilledCase
from tests.api.fakes import Clock, FakeTemporal
from tests.api.party_world import ANSWERS, LINKS, Browser, rows, said

WORDS, WISHES = "A quiet room at lunch time.", "To eat with a friend."


class Reader:
    """Somebody at the page of their link, without a code yet."""

    def __init__(self, browser: Browser, temporal: FakeTemporal) -> None:
        self.browser, self.temporal, self.services = browser, temporal, browser.filled.services

    async def goes_to_the_code(self, name: str = "comments") -> httpx.Response:
        page = await self.browser.open(name, proved=False)
        way = re.search(r'action="(/my/\w+/unlock)"', page.text)
        assert way, said(page)
        return await self.browser.get(way[1])

    async def presses(self, page: httpx.Response, button: str, **typed: Any) -> httpx.Response:
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
        assert f'value="{button}"' in page.text
        where = str(page.url.copy_with(query=None))
        return await self.browser.post(where, data={**hidden, "action": button, **typed}, follow_redirects=True)

    async def digits(self) -> str:
        """As the newest message would carry them."""
        code = await self.services.proofs.to_send(self.temporal.proofs[-1], self.services.clock())
        assert code
        return code.digits


@pytest.fixture
def reader(browser: Browser, temporal: FakeTemporal) -> Reader:
    return Reader(browser, temporal)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


async def test_the_wording_is_read_after_a_code_and_for_half_an_hour(reader: Reader, clock: Clock) -> None:
    locked = await reader.browser.open("comments", proved=False)
    for private in (WORDS, WISHES, 'value="yes"'):
        assert private not in locked.text
    assert "Send me a code" in said(locked)
    page = await reader.goes_to_the_code()
    assert "a…@family.example" in said(page)
    assert "alex@" not in page.text
    asked = await reader.presses(page, "send")
    assert "We are sending a code" in said(asked)
    opened = await reader.presses(asked, "confirm", code=f" {await reader.digits()} ")
    assert WORDS in said(opened)
    assert WISHES in said(opened)
    clock.now += OPEN_FOR - timedelta(seconds=1)
    assert WORDS in (await reader.browser.get(str(opened.url))).text
    clock.now += timedelta(seconds=1)
    assert WORDS not in (await reader.browser.get(str(opened.url))).text


async def test_one_code_opens_all_pages_of_its_person_and_no_other_persons(
    reader: Reader, stranger: Browser, temporal: FakeTemporal
) -> None:
    asked = await reader.presses(await reader.goes_to_the_code("comments"), "send")
    code = await reader.digits()
    await reader.presses(asked, "confirm", code=code)
    papers = f"/l/{await reader.browser.filled.token('p1.1', 'papers')}"
    assert "You have not sent us any papers yet." in said(await reader.browser.get(papers, follow_redirects=True))
    assert WORDS not in (await reader.browser.open("action", proved=False)).text  # the school's
    for cookie in list(reader.browser.cookies.jar):  # whatever somebody copies from one browser to the other
        if cookie.name.startswith("read-"):
            other = Whom.of(reader.browser.filled.id, "p2.1").key
            stranger.cookies.set(f"read-{other}", str(cookie.value), path="/my")
    assert WORDS not in (await stranger.open("action", proved=False)).text
    again = await Reader(stranger, temporal).goes_to_the_code("comments")
    refused = await Reader(stranger, temporal).presses(again, "send", action="confirm", code=code)
    assert "has been used" in said(refused)


async def test_a_code_is_good_for_ten_minutes_and_five_tries(reader: Reader, clock: Clock) -> None:
    asked = await reader.presses(await reader.goes_to_the_code(), "send")
    code = await reader.digits()
    for left in range(TRIES - 1, 0, -1):
        tried = await reader.presses(asked, "confirm", code=wrong(code))
        assert ("one more try" if left == 1 else f"{left} more tries") in said(tried)
        assert wrong(code) in tried.text, "what was typed is kept"
    assert "wrong too often" in said(await reader.presses(asked, "confirm", code=wrong(code)))
    assert "wrong too often" in said(await reader.presses(asked, "confirm", code=code))
    clock.now += BETWEEN_CODES
    asked = await reader.presses(await reader.goes_to_the_code(), "send")
    fresh = await reader.digits()
    assert fresh != code
    clock.now += CODE_LASTS
    assert "no longer good" in said(await reader.presses(asked, "confirm", code=fresh))


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345x", "١٢٣٤٥٦", "\x00", "x" * 90_000])
async def test_what_is_no_code_costs_no_try(reader: Reader, typed: str) -> None:
    asked = await reader.presses(await reader.goes_to_the_code(), "send")
    answer = await reader.presses(asked, "confirm", code=typed)
    assert answer.status_code == 422
    assert "Type the six digits" in said(answer)
    assert WORDS in said(await reader.presses(asked, "confirm", code=await reader.digits()))


async def test_only_hashes_are_kept(reader: Reader) -> None:
    await reader.presses(await reader.goes_to_the_code(), "send")
    code = await reader.digits()
    async with reader.services.database.read() as session:
        [row] = await session.exec(select(ProofRow))
    assert code not in str(row.model_dump())
    assert code not in str(reader.temporal.proofs)


async def test_so_many_codes_an_hour(reader: Reader, clock: Clock) -> None:
    page = await reader.goes_to_the_code()
    for number in range(5):
        clock.now += BETWEEN_CODES
        for _ in range(1 if number == 4 else 2):  # a button pressed twice sends one
            assert (await reader.presses(page, "send")).status_code == 200
    assert len(reader.temporal.proofs) == 5
    clock.now += BETWEEN_CODES
    refused = await reader.presses(page, "send")
    assert refused.status_code == 429
    assert "none was sent" in said(refused)
    assert "01632 960 100" in said(refused)
    assert len(reader.temporal.proofs) == 5


async def test_a_scanner_that_follows_everything_sends_no_code_and_uses_none_up(
    reader: Reader, services: Services, temporal: FakeTemporal
) -> None:
    """It opens every link of every letter, and every link that it finds on the pages, again and again."""
    asked = await reader.presses(await reader.goes_to_the_code(), "send")
    await reader.presses(asked, "confirm", code="000000" if await reader.digits() != "000000" else "111111")
    tokens = [await reader.browser.filled.token(*LINKS[name]) for name in LINKS]
    tokens.append(await reader.browser.filled.token("p1.1", "papers"))
    before, proof = await rows(services), await services.proofs.find(Whom.of(reader.browser.filled.id, "p1.1"), NOW)
    seen: set[str] = set()
    to_see = [f"/l/{token}" for token in tokens]
    while to_see:
        address = to_see.pop()
        if address in seen:
            continue
        seen.add(address)
        page = await reader.browser.get(address, follow_redirects=True)
        await reader.browser.head(address)
        assert WORDS not in page.text
        found = re.findall(r'(?:href|action|src)="(/[^"]*)"', page.text)
        to_see += [str(page.url.copy_with(host="", scheme="", port=None)) if one == "" else one for one in found]
    assert any("unlock" in address for address in seen)
    assert await rows(services) == before
    assert await services.proofs.find(Whom.of(reader.browser.filled.id, "p1.1"), NOW) == proof
    assert len(temporal.proofs) == 1
    assert temporal.updates == []
    assert WORDS in said(await reader.presses(asked, "confirm", code=await reader.digits()))


async def test_a_form_from_elsewhere_sends_no_code(reader: Reader) -> None:
    page = await reader.goes_to_the_code()
    assert (await reader.presses(page, "send", csrf="0" * 64)).status_code == 403
    assert (await reader.presses(page, "send", once="")).status_code == 403
    assert reader.temporal.proofs == []
    link = str(page.url.copy_with(query=None))
    for bad in (b"\xff\xfe", b"x" * 5000):
        head = {"Content-Type": "application/json"}
        assert (await reader.browser.post(link, content=bad, headers=head)).status_code == 403


@pytest.mark.parametrize("to", ["", "papers", "https://evil.example", "//evil.example", "../staff", "%0d%0aX: y"])
async def test_the_way_back_leads_nowhere_else(reader: Reader, to: str) -> None:
    page = await reader.goes_to_the_code()
    asked = await reader.presses(page, "send", to=to)
    answer = await reader.browser.post(
        str(asked.url.copy_with(query=None)),
        data={**dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.text)),
              "action": "confirm", "code": await reader.digits(), "to": to},
    )  # fmt: skip
    link = str(page.url.copy_with(query=None)).removesuffix("/unlock").removeprefix("http://testserver")
    assert answer.headers["location"] == (f"{link}/papers" if to == "papers" else link)


async def test_temporal_is_away(reader: Reader) -> None:
    page = await reader.goes_to_the_code()
    reader.temporal.away = True
    assert "We could not send the code just now." in said(await reader.presses(page, "send"))


async def reached_by(filled: FilledCase, channel: Channel) -> None:
    journey = await filled.journey()
    journey.parties[0].people[0] = Person(key="p1.1", channel=channel)
    await filled.file(journey)


@pytest.mark.parametrize("channel", [Channel.POST, Channel.PHONE])
async def test_who_is_written_to_by_post_or_rung_has_it_read_out(
    reader: Reader, services: Services, channel: Channel
) -> None:
    await reached_by(reader.browser.filled, channel)
    page = await reader.goes_to_the_code()
    assert "Ring us on 01632 960 100" in said(page)
    assert 'value="send"' not in page.text
    forged = await reader.presses(page, "confirm", action="send")
    assert forged.status_code == 200
    assert reader.temporal.proofs == []
    code = await services.proofs.told(Whom.of(reader.browser.filled.id, "p1.1"), NOW)
    assert WORDS in said(await reader.presses(page, "confirm", code=code))


async def test_papers_are_sent_without_a_code_and_read_with_one(
    reader: Reader, filled: FilledCase, temporal: FakeTemporal
) -> None:
    """(The pages of papers are told in test_papers.py.)"""
    journey = await filled.journey()
    paper = Paper(key="k", of="p2.1", given=NOW, check="clean")
    await filled.file(Journey.model_validate({**journey.model_dump(), "papers": [paper.model_dump()]}))
    page = await reader.browser.get(f"/l/{await filled.token('p2.1', 'papers')}", follow_redirects=True)
    assert "Send us papers or photographs" in said(page)
    assert "A paper" not in said(page)
    for path in ("k", "k/take-back"):
        answer = await reader.browser.get(f"{page.url}/{path}")
        assert answer.headers["location"].endswith("/unlock?to=papers")
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
    for act in ("release", "take-back"):
        answer = await reader.browser.post(f"{page.url}/k/{act}", data=hidden)
        assert answer.status_code == 403
        assert "half hour" in said(answer)
    assert temporal.updates == []


async def test_an_answer_that_took_longer_than_half_an_hour_is_taken(reader: Reader, clock: Clock) -> None:
    page = await reader.browser.open("comments")
    clock.now += OPEN_FOR
    bad = await reader.browser.press(page, {"answer": "maybe", "note": "Say “every day”."})
    assert bad.status_code == 422
    assert "Say “every day”." in bad.text, "what was typed is kept"
    assert WORDS not in bad.text
    assert (await reader.browser.press(page, ANSWERS["comments"][0])).status_code == 200
    assert len(reader.temporal.updates) == 1
