"""What is always there on a party's page: what comes next, to be rung, another address, and the way out."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api.services import Services
from casefile.proofs import Whom
from domain.codes import OPEN_FOR
from domain.commands import Actor, AnswerTexts, AskForCall, ReplaceContact, StaffRole
from domain.journey import Armed, Meeting, MeetingStatus, OpenAsk, Task
from domain.parties import Channel, TimeOfDay
from domain.policy import Do
from domain.rules import judge
from tests.api.conftest import NOW, FilledCase
from tests.api.fakes import Clock, FakeTemporal
from tests.api.party_world import LINKS, Browser, changed, said
from tests.api.proving import proves
from tests.api.staff_world import Office, text_of

REACH = {"channel": "email", "email": "new@family.example", "phone": "", "address": "", "postcode": ""}


def ways(page: httpx.Response) -> set[str]:
    return {path.rpartition("/")[2] for path in re.findall(r'href="(/my/\w+/\w+)"', page.text)}


@pytest.mark.parametrize("name", LINKS)
async def test_on_every_page_of_who_speaks_for_a_party(browser: Browser, name: str) -> None:
    page = await browser.open(name)
    assert {"call", "reach", "withdraw"} <= ways(page)
    assert "01632 960 100" in said(page)
    assert "Tribunal" in page.text
    for way in ("call", "when", "reach", "withdraw"):
        link = str(page.url)
        assert (await browser.get(f"{link}/{way}")).status_code == 200


async def test_behind_the_letter_about_papers_too(browser: Browser) -> None:
    page = await browser.get(f"/l/{await browser.filled.token('p1.1', 'papers')}", follow_redirects=True)
    assert {"call", "reach", "withdraw"} <= ways(page)
    link = str(page.url).removesuffix("/papers")
    for way, asked in (
        ("call", "Shall we ring you?"),
        ("when", "When may we ring you?"),
        ("reach", "How we reach you"),
    ):
        assert asked in said(await browser.get(f"{link}/{way}"))
    assert "Please read the wording" in said(await browser.get(f"{link}/ask/comments/p1/1"))


async def test_a_supporter_finds_none_of_it(browser: Browser, temporal: FakeTemporal) -> None:
    page = await browser.get(f"/l/{await browser.filled.token('p2.2', 'case')}", follow_redirects=True)
    assert not {"call", "reach", "withdraw"} & ways(page)
    for way in ("call", "when"):
        assert (await browser.get(f"{page.url}/{way}")).status_code == 404
        assert (await browser.post(f"{page.url}/{way}", data={"x": "y"})).status_code == 404
    for way in ("reach", "reach/code"):
        assert said(await browser.get(f"{page.url}/{way}")) == said(page)
        assert said(await browser.post(f"{page.url}/{way}", data=REACH)) == said(page)
    assert temporal.updates == []


# What comes next


async def test_from_the_message_to_a_recorded_consent_in_three_clicks(browser: Browser, temporal: FakeTemporal) -> None:
    page = await browser.open("consent", proved=False)  # the link
    assert 'type="radio"' in page.text  # the answer
    assert "Thank you" in said(await browser.press(page, {"answer": "yes"}))  # the button
    assert [command.kind() for command in temporal.updates] == ["answer_consent"]


async def test_the_first_page_says_it_all(browser: Browser) -> None:
    page = said(await browser.open("consent"))
    for said_there in (
        "voluntary", "free of charge for families", "right to appeal", "What happens next", "Where we are",
        "Please answer by Wed 25 Nov 2026.", "Ring us on 01632 960 100",
    ):  # fmt: skip
        assert said_there in page
    assert page.count("Later") + page.count("Now") + page.count("Done") >= 5


async def test_the_case_page_leads_to_what_they_are_asked(browser: Browser, temporal: FakeTemporal) -> None:
    page = await browser.open("case")
    keys = re.findall(r'href="(/my/\w+/ask/[^"]+)"', page.text)
    assert [key.partition("/ask/")[2] for key in keys] == ["consent/p2", "sign/p2", "action/1"]
    form = await browser.get(keys[0])
    assert "Will you take part?" in said(form)
    for _ in range(2):
        assert (await browser.press(form, {"answer": "yes"})).status_code == 200
    [command] = temporal.updates
    assert command.kind() == "answer_consent"
    asks = [ask for ask in (await browser.filled.journey()).asks if ask.key != "consent/p2"]
    await changed(browser.filled, asks=asks)
    assert (await browser.press(form, {"answer": "yes"})).status_code == 200, "the same form, sent twice"
    stale = await browser.press(form, {"answer": "no", "once": "another"})
    assert stale.status_code == 409
    assert len(temporal.updates) == 1


@pytest.mark.parametrize("key", ["consent/p3", "comments/p1/1", "case", "x", "", "%00", "../papers", "a" * 5000])
async def test_nobody_answers_what_they_are_not_asked(browser: Browser, temporal: FakeTemporal, key: str) -> None:
    page = await browser.open("case")
    answer = await browser.get(f"{page.url}/ask/{key}", follow_redirects=True)
    assert "Will you take part?" not in said(answer)
    assert "A quiet room" not in answer.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', (await browser.open("sign")).text))
    posted = await browser.post(f"{page.url}/ask/{key}", data={**hidden, "answer": "yes"})
    assert posted.status_code in (403, 404, 405, 409)
    assert temporal.updates == []


async def test_nothing_is_theirs_to_do(browser: Browser) -> None:
    soon = Armed(at=NOW + timedelta(days=2), do=Do.REMIND, number=1)
    await changed(browser.filled, asks=[OpenAsk(key="consent/p3", of="p3", asked=NOW, armed=soon).model_dump()],
                  meetings=[])  # fmt: skip
    page = said(await browser.open("case"))
    assert "We wait for the answers of the others. You need not do anything." in page
    assert "We look at it again on Thu 26 Nov 2026" in page
    assert "Exampleshire" not in page
    await changed(browser.filled, asks=[OpenAsk(key="joint_date/1", of="coordinator", asked=NOW).model_dump()])
    assert "It is our turn" in said(await browser.open("case"))


# Please ring me


async def test_somebody_asks_to_be_rung(browser: Browser, services: Services, temporal: FakeTemporal) -> None:
    page = await browser.open("consent")
    form = await browser.get(f"{page.url}/call")
    assert "ends in 002" in said(form)
    assert "960002" not in form.text
    for _ in range(2):
        told = await browser.press(form, {"times": ["morning"], "note": "About the date."})
        assert "We ring you, on the next working day at the latest." in said(told)
    [command] = temporal.updates
    assert command.model_dump().items() >= {"party": "p2", "times": ["morning"]}.items()
    texts = (await services.cases.load(browser.filled.id)).texts
    assert texts[command.id]["note"] == "About the date."
    tasks = [Task(key="call_wanted/p2/c", kind="call_wanted", about="p2", role=StaffRole.COORDINATOR, opened=NOW,
                  due=NOW + timedelta(days=1))]  # fmt: skip
    await changed(browser.filled, tasks=[task.model_dump() for task in tasks])
    assert "You asked us to ring you. We do so, on Wed 25 Nov 2026 at the latest." in said(
        await browser.get(f"{page.url}/call")
    )


async def test_who_has_no_number_yet_gives_one(browser: Browser, services: Services, temporal: FakeTemporal) -> None:
    page = await browser.open("permission")
    form = await browser.get(f"{page.url}/call")
    missing = await browser.press(form, {"note": "Please."})
    assert missing.status_code == 422
    assert "Give the number." in said(missing)
    assert "Please." in missing.text
    assert (await browser.press(form, {"number": "07700 900123", "times": ["noon"]})).status_code == 422
    assert (await browser.press(form, {"number": "07700 900123"})).status_code == 200
    [command] = temporal.updates
    texts = (await services.cases.load(browser.filled.id)).texts
    assert texts[command.id]["note"] == "07700 900123"
    assert "07700" not in command.model_dump_json()


async def test_when_they_like_to_be_rung(browser: Browser, temporal: FakeTemporal) -> None:
    page = await browser.open("consent")
    form = await browser.get(f"{page.url}/when")
    assert (await browser.press(form, {"times": ["afternoon", "morning"]})).status_code == 200
    [command] = temporal.updates
    assert command.model_dump()["times"] == ["afternoon", "morning"]


async def test_a_coordinator_reads_what_the_call_is_about_and_ticks_it_off(office: Office) -> None:
    world = office.world
    actor = Actor(kind="participant", id="p1.1")
    wish = AskForCall(id="wish-0123456789", case_id=office.case_id, actor=actor, at=world.now, party="p1")
    await world.services.commands.store(wish, AnswerTexts(note="About Tuesday."))
    key = f"call_wanted/p1/{wish.id}"
    task = Task(key=key, kind="call_wanted", about="p1", role=StaffRole.COORDINATOR, opened=world.now)
    journey = (await world.services.cases.load(office.case_id)).journey
    assert journey
    journey.tasks.append(task)
    journey.parties[0].people[0].times = [TimeOfDay.MORNING]
    await world.file(office.case_id, journey)
    form = await office.jo.get(f"/cases/{office.reference}/do/tick_task?about={quote(key, safe='')}")
    for said_there in ("who would like to talk", "About Tuesday.", "They like to be rung in the morning, 9 to 12."):
        assert said_there in text_of(form.text)
    answer = await office.jo.post(f"/cases/{office.reference}/do/tick_task?about={quote(key, safe='')}",
                                  {"outcome": "spoke"})  # fmt: skip
    assert answer.status_code == 303
    assert world.taken[-1].model_dump().items() >= {"task": key, "outcome": "spoke"}.items()
    judge(world.taken[-1], journey, world.now)  # and the case takes it


# Another address


class Mover:
    """Somebody at the page on which they say how they are reached."""

    def __init__(self, browser: Browser, temporal: FakeTemporal) -> None:
        self.browser, self.temporal, self.filled = browser, temporal, browser.filled
        self.whom = Whom.changing(self.filled.id, "p1.1")

    async def arrives(self) -> httpx.Response:
        page = await self.browser.open("permission")
        return await self.browser.get(f"{page.url}/reach")

    async def submits(self, page: httpx.Response, **typed: Any) -> httpx.Response:
        forms = re.findall(r'<form method="post" action="([^"]+/reach(?:/code)?)".*?</form>', page.text, re.DOTALL)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
        return await self.browser.post(forms[0], data={**hidden, **typed}, follow_redirects=True)

    async def digits(self) -> tuple[str, str]:
        """The code of the newest message, and where it goes."""
        code = await self.filled.services.proofs.to_send(self.temporal.proofs[-1], self.filled.services.clock())
        assert code
        return code.digits, code.address


@pytest.fixture
def mover(browser: Browser, temporal: FakeTemporal) -> Mover:
    return Mover(browser, temporal)


async def test_a_new_address_counts_when_its_code_has_come_back(
    mover: Mover, services: Services, temporal: FakeTemporal
) -> None:
    page = await mover.arrives()
    assert 'value="alex@family.example"' in page.text
    asked = await mover.submits(page, **REACH)
    assert "to new@family.example" in said(asked)
    assert temporal.updates == []
    digits, address = await mover.digits()
    assert address == "new@family.example"
    wrong = await mover.submits(asked, action="confirm", code=f"{(int(digits) + 1) % 10**6:06d}")
    assert "4 more tries" in said(wrong)
    for _ in range(2):
        done = await mover.submits(asked, action="confirm", code=digits)
        assert "From now on we write to you there." in said(done)
    [command] = temporal.updates
    assert isinstance(command, ReplaceContact)
    texts = (await services.cases.load(mover.filled.id)).texts[command.id]
    assert (texts["name"], texts["email"], texts["channel"]) == ("Alex Parent", "new@family.example", "email")
    assert texts["reason"]
    assert "new@" not in command.model_dump_json()


async def test_a_slip_of_the_finger_changes_nothing(mover: Mover, temporal: FakeTemporal, clock: Clock) -> None:
    asked = await mover.submits(await mover.arrives(), **REACH)
    first, _ = await mover.digits()
    form = await mover.browser.get(str(asked.url).removesuffix("/code"))
    again = await mover.submits(form, **{**REACH, "email": "knew@family.example"})
    second, address = await mover.digits()
    assert address == "knew@family.example"
    assert first != second
    assert (await mover.submits(again, action="confirm", code=first)).status_code == 422
    assert (await mover.submits(again, action="confirm", code="x")).status_code == 422
    clock.now += OPEN_FOR
    late = await mover.submits(again, action="confirm", code=second)
    assert "Where we write to is private." in said(late)
    assert temporal.updates == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"channel": "post", "address": "9 Far Lane\nExampleton", "postcode": "ex9 9zz"}, ("post", "EX9 9ZZ")),
        ({"channel": "phone", "phone": "07700 900999"}, ("phone", "")),
    ],
)
async def test_by_post_or_rung_no_code_can_go(
    mover: Mover, services: Services, temporal: FakeTemporal, typed: dict[str, str], kept: tuple[str, str]
) -> None:
    done = await mover.submits(await mover.arrives(), **{**REACH, **typed})
    assert "From now on" in said(done)
    [command] = temporal.updates
    texts = (await services.cases.load(mover.filled.id)).texts[command.id]
    assert (texts["channel"], texts["postcode"]) == kept
    assert texts["email"] == "alex@family.example", "what nobody has proved does not count"
    assert temporal.proofs == []


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"email": ""}, "we need it for this"),
        ({"email": "no address"}, "must be an e-mail address"),
        ({"email": "x" * 500 + "@y.example"}, "Your e-mail address"),
        ({"channel": "text"}, "Your telephone number: we need it"),
        ({"channel": "text", "phone": "0" * 300}, "Your telephone number"),
        ({"channel": "post"}, "Your postal address: we need it"),
        ({"channel": "post", "address": "1 Lane", "postcode": "nowhere"}, "Postcode"),
        ({"channel": "pigeon"}, "choose from what is offered"),
        ({"channel": ""}, "choose an answer"),
        ({"email": "alex@family.example"}, "already. Nothing was changed"),
        ({"email": "a\r\nBcc: x@y.example"}, "Your e-mail address"),
    ],
)
async def test_what_cannot_be_right_is_said(
    mover: Mover, temporal: FakeTemporal, typed: dict[str, str], complaint: str
) -> None:
    answer = await mover.submits(await mover.arrives(), **{**REACH, **typed})
    assert answer.status_code == 422
    assert complaint in said(answer)
    assert (temporal.updates, temporal.proofs) == ([], [])


async def test_how_they_are_reached_is_private(mover: Mover, clock: Clock, temporal: FakeTemporal) -> None:
    page = await mover.arrives()
    clock.now += OPEN_FOR
    locked = await mover.browser.get(str(page.url))
    assert "alex@" not in locked.text
    assert 'name="channel"' not in locked.text
    late = await mover.submits(page, **REACH)
    assert late.status_code == 403
    assert "half hour" in said(late)
    assert "new@family.example" in late.text, "what was typed is kept"
    assert "alex@" not in late.text
    assert (await mover.submits(page, **{**REACH, "csrf": "0" * 64})).status_code == 403
    assert (temporal.updates, temporal.proofs) == ([], [])


async def test_codes_to_new_addresses_are_limited_like_all_others(mover: Mover, temporal: FakeTemporal) -> None:
    page = await mover.arrives()
    for number in range(30):
        assert (await mover.submits(page, **{**REACH, "email": f"a{number}@b.example"})).status_code == 200
    assert (await mover.submits(page, **{**REACH, "email": "a30@b.example"})).status_code == 429
    assert len(temporal.proofs) == 30


async def test_who_is_rung_gets_an_address(mover: Mover, temporal: FakeTemporal, filled: FilledCase) -> None:
    journey = await filled.journey()
    journey.parties[0].people[0].channel = Channel.PHONE
    await filled.file(journey)
    asked = await mover.submits(await mover.arrives(), **{**REACH, "email": "alex@family.example"})
    assert (await mover.digits())[1] == "alex@family.example"
    await mover.submits(asked, action="confirm", code=(await mover.digits())[0])
    assert [command.kind() for command in temporal.updates] == ["replace_contact"]


async def test_a_case_that_has_ended_offers_none_of_it(browser: Browser, services: Services) -> None:
    await changed(browser.filled, closing={"reason": "withdrawn", "who": "p3"}, closed_at=NOW, asks=[])
    page = await browser.open("case")
    assert not {"call", "reach", "withdraw"} & ways(page)
    proves(browser, services, browser.filled.id, "p2.1")
    assert "has ended" in said(await browser.get(f"{page.url}/call"))
    assert "has ended" in said(await browser.get(f"{page.url}/reach"))


async def test_five_steps(browser: Browser) -> None:
    for stage, done in (("referral", 0), ("consent", 1), ("initial_visits", 2), ("joint_meeting", 3), ("actions", 4)):
        await changed(browser.filled, stage=stage)
        page = await browser.open("case")
        steps = re.findall(r"<li[^>]*>.*?(Done|Now|Later)</span></li>", page.text.partition('class="coming five"')[2])
        assert steps[:5] == ["Done"] * done + ["Now"] + ["Later"] * (4 - done)


async def test_a_booked_meeting_is_what_comes_next(browser: Browser) -> None:
    journey = await browser.filled.journey()
    slot = journey.meetings[0].offered[0]
    joint = Meeting(key="joint_meeting/1", status=MeetingStatus.BOOKED, slot=slot, invited=["p2.1"])
    await changed(browser.filled, asks=[], meetings=[joint.model_dump()])
    assert "What happens next The joint meeting Tue 1 Dec 2026, 10:00 to 11:30." in said(await browser.open("case"))
