"""The public referral form: open to all, a case only after the code, and no way to trouble a stranger's mailbox."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import Request
from sqlmodel import select

from activities.records import Records
from api.limits import Allowance, mailbox_of, network_of
from api.public.questions import WHO
from casefile.tables import Case, EnquiryRow
from domain.codes import BETWEEN_CODES, CODE_LASTS, GIVEN_UP_AFTER, KEPT, TRIES
from domain.commands import StaffRole, TakeCase
from domain.journey import Journey, Task
from domain.parties import Channel, PartyRole, PersonRole
from domain.view import CaseView
from settings import Settings
from tests.api.marked import speak_marked, unmarked
from tests.api.staff_world import NOW, World, parties, running
from tests.api.staff_world import Browser as StaffBrowser
from workflows.neighbours import Reassignment

EMAIL = "ruth@family.example"
CHILD = "Maya Whitfield"
PARENT = {
    "name": "Ruth Whitfield",
    "email": EMAIL,
    "phone": "07700 900101",
    "child": CHILD,
    "born": "2017-04-12",
    "about": "The school wants to end Maya’s support.\nWe do not understand why.",
    "school": "Oakfield Primary School",
    "school_contact": "Helen Marsh",
    "school_email": "head@oakfield.example",
    "authority": "Westborough Council",
}
FAMILY = {
    "family_role": "parent",
    "family_name": "Ruth Whitfield",
    "family_email": EMAIL,
    "family_phone": "",
    "child": CHILD,
    "about": "The support in the plan.",
}
SCHOOL = {
    **FAMILY,
    "organisation": "Oakfield Primary School",
    "name": "Helen Marsh",
    "email": "head@oakfield.example",
    "authority": "Westborough Council",
    "permission": "yes",
}


class Person:
    """Somebody at home, who fills in the form."""

    def __init__(self, world: World, client: httpx.AsyncClient) -> None:
        self.world, self.client = world, client
        self.page = ""

    async def get(self, path: str) -> httpx.Response:
        return self._seen(await self.client.get(path, follow_redirects=True))

    async def press(self, action: str, forged: str = "", **typed: Any) -> httpx.Response:
        """Press a button of the page: everything that stands in its form goes along. `forged`: an action that the page
        does not offer."""
        form = next(
            form for form in re.findall(r"<form.*?</form>", self.page, re.DOTALL) if f'value="{action}"' in form
        )
        address = re.search(r'action="([^"]+)"', form)
        assert address
        hidden = {name: unescaped(value) for name, value in HIDDEN.findall(form)}
        return await self.post(address[1], {**hidden, **typed, "action": forged or action})

    async def post(self, path: str, data: dict[str, Any]) -> httpx.Response:
        return self._seen(await self.client.post(path, data=data, follow_redirects=True))

    def _seen(self, answer: httpx.Response) -> httpx.Response:
        self.page = answer.text
        assert "Traceback" not in answer.text
        return answer

    async def fill_in(self, who: str = "parent", answers: dict[str, Any] = PARENT) -> httpx.Response:
        await self.get(f"/refer/{who}")
        return await self.press("check", **answers)

    async def ask_for_code(self, who: str = "parent", answers: dict[str, Any] = PARENT) -> httpx.Response:
        checked = await self.fill_in(who, answers)
        assert checked.status_code == 200, said(checked)
        return await self.press("send")

    async def code(self) -> str:
        """The newest code, as the message would carry it."""
        found = await self.world.services.enquiries.code_to_send(self.world.temporal.codes[-1], self.world.now)
        assert found
        return found.digits

    async def send(self, who: str = "parent", answers: dict[str, Any] = PARENT) -> httpx.Response:
        await self.ask_for_code(who, answers)
        return await self.press("confirm", code=await self.code())


HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


def unescaped(text: str) -> str:
    for entity, character in (("&#34;", '"'), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text


def said(response: httpx.Response) -> str:
    """The main part of a page, as one line."""
    main = response.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescaped(re.sub(r"<[^>]+>", " ", main)).split())


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.fixture
async def started(settings: Settings) -> AsyncIterator[tuple[World, Callable[[], StaffBrowser]]]:
    async with running(settings) as started:
        yield started


@pytest.fixture
def world(started: tuple[World, Callable[[], StaffBrowser]]) -> World:
    return started[0]


@pytest.fixture
def another(started: tuple[World, Callable[[], StaffBrowser]]) -> Callable[[], Person]:
    """Another person at another browser."""
    return lambda: Person(started[0], started[1]().client)


@pytest.fixture
def person(another: Callable[[], Person]) -> Person:
    return another()


@pytest.fixture
def staff_browser(started: tuple[World, Callable[[], StaffBrowser]]) -> StaffBrowser:
    return started[1]()


async def cases(world: World) -> list[CaseView]:
    async with world.services.database.read() as session:
        ids = list(await session.exec(select(Case.id)))
    return [await world.services.cases.load(case) for case in ids]


async def enquiries(world: World) -> list[EnquiryRow]:
    async with world.services.database.read() as session:
        return list(await session.exec(select(EnquiryRow)))


# In another language


@pytest.mark.parametrize("who", WHO)
async def test_every_sentence_can_be_translated(
    person: Person, monkeypatch: pytest.MonkeyPatch, world: World, who: str
) -> None:
    speak_marked(monkeypatch)
    names = "Ruth Whitfield|Maya Whitfield|Oakfield Primary School|Westborough Council|Helen Marsh|07700 900101"
    theirs = rf"{names}|The school wants to end Maya’s support\.|We do not understand why\.|SENCO|SEN team"
    for path in ("/refer", f"/refer/{who}", "/refer/code/0123456789abcdef0123456789abcdef"):
        assert unmarked(await person.get(path), theirs) == []
    await person.get(f"/refer/{who}")
    assert unmarked(await person.press("check", born="32/13/2017", email="nobody"), theirs) == []
    answers = {**PARENT, **FAMILY, "about": PARENT["about"], "family_email": "sam@family.example", "permission": "yes"}
    if who in ("school", "local-authority"):
        answers["organisation"] = "Oakfield Primary School"
    assert unmarked(await person.fill_in(who, answers), theirs) == []
    assert unmarked(await person.press("send"), theirs) == []
    code = await person.code()
    assert unmarked(await person.press("confirm", code=wrong(code)), theirs) == []
    assert unmarked(await person.press("confirm", code=code), theirs) == []
    assert len(await cases(world)) == 1


async def test_who_fills_it_in_in_polish_reads_polish_from_then_on(person: Person, world: World) -> None:
    assert "Prośba o mediację" in said(await person.get("/refer?language=pl"))
    assert "Numer Państwa sprawy" in said(await person.send())
    [case] = await cases(world)
    assert [party.lead.details.reads for party in case.parties] == ["pl", "", ""]


# The whole way


async def test_from_the_form_to_a_case(person: Person, world: World) -> None:
    begin = await person.get("/refer")
    assert "/refer/parent" in begin.text
    checked = await person.fill_in()
    assert "Check your answers" in said(checked)
    assert "We do not understand why." in checked.text
    assert await enquiries(world) == []  # nothing is stored before the code is asked for

    asked = await person.press("send")
    assert f"code of six digits to {EMAIL}" in said(asked)
    assert await cases(world) == []
    assert len(world.temporal.codes) == 1

    sent = await person.press("confirm", code=f" {(await person.code())[:3]} {(await person.code())[3:]} ")
    [case] = await cases(world)
    assert case.reference in said(sent)
    assert (case.child.name, str(case.child.born)) == (CHILD, "2017-04-12")
    assert case.about == PARENT["about"]
    assert [(party.role, party.organisation, party.lead.details.email) for party in case.parties] == [
        (PartyRole.PARENT, "", EMAIL),
        (PartyRole.SCHOOL, "Oakfield Primary School", "head@oakfield.example"),
        (PartyRole.LOCAL_AUTHORITY, "Westborough Council", ""),
    ]
    assert [start.case_id for start in world.temporal.started] == [case.id]
    assert case.policy.name == "standard"
    assert case.coordinator.id == ""
    [enquiry] = await enquiries(world)
    assert (enquiry.sealed, enquiry.wrapped_key, enquiry.case_id) == (None, None, case.id)


async def test_no_word_of_it_is_stored_in_the_clear_or_reaches_temporal(person: Person, world: World) -> None:
    await person.ask_for_code()
    code = await person.code()
    stored = repr((await world.rows())["enquiry"])
    for secret in (CHILD, "Ruth", EMAIL, "Oakfield", code):
        assert secret not in stored
    order = world.temporal.codes[0]
    assert set(order.model_dump()) == {"enquiry", "number"}
    assert order.number == 1


async def test_a_mistyped_address_is_asked_about_once(person: Person, world: World) -> None:
    typed = {**PARENT, "email": "ann@gmial.com"}
    assert "Did you mean ann@gmail.com?" in said(await person.fill_in("parent", typed))
    assert "Check your answers" in said(await person.press("check", **typed))
    await person.press("send")
    await person.press("confirm", code=await person.code())
    assert len(world.temporal.started) == 1


async def test_pressed_twice_and_sent_twice_it_is_one_case(person: Person, world: World) -> None:
    await person.fill_in()
    form_page = person.page
    await person.press("send")
    person.page = form_page
    await person.press("send")  # pressed twice: one code
    assert len(world.temporal.codes) == 1
    code_page, code = person.page, await person.code()
    first = await person.press("confirm", code=code)
    person.page = code_page
    second = await person.press("confirm", code=code)
    assert said(first) == said(second)
    person.page = form_page
    third = await person.press("send")  # back to the beginning, and sent once more
    assert said(first) == said(third)
    assert len(await cases(world)) == 1
    assert len(world.temporal.codes) == 1


async def test_a_fault_after_the_right_code_loses_nothing(
    person: Person, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await person.ask_for_code()
    page, code = person.page, await person.code()

    async def fails(*_: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(world.services.enquiries, "became", fails)
        assert (await person.press("confirm", code=code)).status_code == 500
    person.page = page
    assert (await person.press("confirm", code=code)).status_code == 200
    assert len(await cases(world)) == 1


async def test_temporal_away_after_the_code_the_case_begins_later(person: Person, world: World) -> None:
    await person.ask_for_code()
    code = await person.code()
    world.temporal.away = True
    assert "We have your form" in said(await person.press("confirm", code=code))
    world.temporal.away = False
    world.clock.now += timedelta(minutes=1)
    assert await world.services.intake.relay_once()
    assert len(world.temporal.started) == 1


# Who refers


async def test_a_young_person_is_party_and_subject(person: Person, world: World) -> None:
    answers = {**PARENT, "name": "Kim Lane", "born": "2009-02-01"}
    await person.send("young-person", {k: v for k, v in answers.items() if k != "child"})
    [case] = await cases(world)
    assert (case.child.name, case.parties[0].role, case.parties[0].name) == ("Kim Lane", "young_person", "Kim Lane")


async def test_a_representative_is_kept_beside_the_party(person: Person, world: World) -> None:
    answers = {
        **PARENT,
        **FAMILY,
        "name": "Ada Advocate",
        "organisation": "Exampleshire SENDIASS",
        "email": "ada@sendiass.example",
        "permission": "yes",
    }
    asked = await person.ask_for_code("representative", answers)
    assert "ada@sendiass.example" in said(asked)  # their own address is the one that is tried
    await person.press("confirm", code=await person.code())
    [case] = await cases(world)
    family = case.parties[0]
    assert (family.role, family.lead.details.name, family.lead.details.email) == ("parent", "Ruth Whitfield", EMAIL)
    beside = family.people[1]
    assert beside.role == PersonRole.SUPPORTER
    assert beside.details.name == "Ada Advocate (Exampleshire SENDIASS)"
    assert case.family_permits


@pytest.mark.parametrize("who", ["school", "local-authority", "representative"])
async def test_without_the_familys_permission_nobody_refers_for_it(person: Person, world: World, who: str) -> None:
    answers = {**SCHOOL, "school": "Oakfield Primary School", "permission": ""}
    refused = await person.fill_in(who, answers)
    assert refused.status_code == 422
    assert "Without the family’s permission we cannot go on." in said(refused)
    assert "Helen Marsh" in refused.text  # what was typed is kept
    assert (await person.press("check", forged="send", **answers)).status_code == 422  # nor past the check page
    assert await enquiries(world) == []


async def test_a_school_with_the_familys_permission(person: Person, world: World) -> None:
    checked = await person.fill_in("school", SCHOOL)
    assert "The family has given us permission to refer them" in said(checked)
    await person.press("send")
    await person.press("confirm", code=await person.code())
    [case] = await cases(world)
    assert [party.role for party in case.parties] == ["school", "parent", "local_authority"]
    assert case.family_permits


async def test_an_authority_for_a_young_person_whom_it_reaches_by_telephone(person: Person, world: World) -> None:
    answers = {
        **SCHOOL,
        "organisation": "Westborough Council",
        "family_role": "young_person",
        "family_name": "Kim Lane",
        "family_email": "",
        "family_phone": "07700 900102",
        "child": "",
        "authority": "",
    }
    await person.send("local-authority", answers)
    [case] = await cases(world)
    assert [party.role for party in case.parties] == ["local_authority", "young_person"]
    kim = case.parties[1].lead.details
    assert (case.child.name, kim.phone, kim.channel) == ("Kim Lane", "07700 900102", Channel.PHONE)


# What is wrong is said, and nothing is changed


@pytest.mark.parametrize(
    ("who", "change", "sentence"),
    [
        ("parent", {"name": " "}, "Give your name."),
        ("parent", {"email": ""}, "Give your e-mail address."),
        ("parent", {"email": "ruth@nowhere"}, "Your e-mail address must be an e-mail address, such as"),
        ("parent", {"email": "a@b.example\r\nBcc: x@y.example"}, "must be on one line"),
        ("parent", {"child": ""}, "Give the child’s name."),
        ("parent", {"born": "31/2/2017"}, "The date of birth must be a real date"),
        ("parent", {"born": "1066-10-14"}, "the date of birth must lie between 1990 and today"),
        ("parent", {"about": ""}, "Say what the disagreement is about."),
        ("parent", {"about": "x" * 8001}, "use at most 8000 characters"),
        (
            "parent",
            {"school": "", "authority": "Westborough Council"},
            "Give the name of the school or college as well.",
        ),
        (
            "parent",
            {"school": "", "school_contact": "", "school_email": "", "authority": ""},
            "Name the school or the local authority, or both.",
        ),
        ("parent", {"school_email": EMAIL}, "two participants have the same e-mail address"),
        ("parent", {"school_email": "no address"}, "The school’s e-mail address must be an e-mail address"),
        ("school", {"organisation": ""}, "Give the name of the school or college."),
        ("school", {"family_role": ""}, "Say whether it is a parent or carer, or a young person."),
        ("school", {"family_role": "mediator"}, "choose from what is offered"),
        ("school", {"family_email": ""}, "Give an e-mail address or a telephone number at which we reach the family."),
        ("school", {"child": ""}, "Give the child’s name."),
    ],
)
async def test_what_cannot_be_right_is_said_beside_the_question(
    person: Person, world: World, who: str, change: dict[str, str], sentence: str
) -> None:
    before = await world.rows()
    refused = await person.fill_in(who, {**(PARENT if who == "parent" else SCHOOL), **change})
    assert refused.status_code == 422
    assert sentence.lower() in said(refused).lower()
    assert "There is something to put right" in said(refused)
    assert "Westborough Council" in refused.text or "authority" in change  # what was typed is still there
    await person.press("check")  # an empty form breaks nothing
    assert await world.rows() == before


async def test_changing_the_answers_keeps_them_and_voids_the_code(person: Person, world: World) -> None:
    await person.ask_for_code()
    old, code_page = await person.code(), person.page
    form = await person.press("change")
    assert "Oakfield Primary School" in form.text
    await person.press("check", **{**PARENT, "email": "other@family.example"})
    assert "other@family.example" in said(await person.press("send"))
    assert await person.code() != old
    person.page = code_page
    assert (await person.press("confirm", code=old)).status_code == 422
    await person.press("confirm", code=await person.code())
    [case] = await cases(world)
    assert case.parties[0].lead.details.email == "other@family.example"


# The code


async def test_five_wrong_codes_void_it(person: Person, world: World) -> None:
    await person.ask_for_code()
    code = await person.code()
    for n in range(1, TRIES):
        refused = await person.press("confirm", code=wrong(code))
        assert refused.status_code == 422
        assert f"You have {'one more try' if n == TRIES - 1 else f'{TRIES - n} more tries'}" in said(refused)
    assert "wrong too often" in said(await person.press("confirm", code=wrong(code)))
    assert "wrong too often" in said(await person.press("confirm", code=code))  # the right one comes too late
    assert await cases(world) == []
    world.clock.now += BETWEEN_CODES
    await person.press("another")
    assert "We have your form" in said(await person.press("confirm", code=await person.code()))


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\ud83d\ude00"])
async def test_what_is_no_code_is_no_try(person: Person, world: World, typed: str) -> None:
    await person.ask_for_code()
    refused = await person.press("confirm", code=typed.encode("utf-8", "replace").decode())
    assert refused.status_code == 422
    assert "Type the six digits" in said(refused)
    assert [row.tries for row in await enquiries(world)] == [0]


async def test_a_code_is_good_for_ten_minutes(person: Person, world: World) -> None:
    await person.ask_for_code()
    code, world.clock.now = await person.code(), world.now + CODE_LASTS
    assert "no longer good" in said(await person.press("confirm", code=code))
    assert await cases(world) == []
    await person.press("another")
    assert (await person.press("confirm", code=code)).status_code == 422  # the old one stays void
    assert "We have your form" in said(await person.press("confirm", code=await person.code()))


async def test_another_browser_cannot_give_the_code(
    person: Person, another: Callable[[], Person], world: World
) -> None:
    await person.ask_for_code()
    address = re.search(r'action="(/refer/code/\w+)"', person.page)
    assert address
    stranger = another()
    await stranger.get("/refer/parent")
    assert (await stranger.get(address[1])).status_code == 404
    answer = await stranger.post(address[1], {"action": "confirm", "code": await person.code()})
    assert answer.status_code == 404
    assert EMAIL not in answer.text
    assert await cases(world) == []


async def test_a_post_from_elsewhere_does_nothing(person: Person, world: World) -> None:
    await person.ask_for_code()
    address = re.search(r'action="(/refer/code/\w+)"', person.page)
    assert address
    refused = await person.post(address[1], {"action": "confirm", "code": await person.code(), "csrf": "forged"})
    assert refused.status_code == 403
    refused = await person.post("/refer/parent", {**PARENT, "action": "send", "key": "k" * 32, "csrf": "forged"})
    assert refused.status_code == 403
    assert "Oakfield Primary School" in refused.text
    assert len(await enquiries(world)) == 1
    assert await cases(world) == []


async def test_scanners_change_nothing(person: Person, world: World) -> None:
    await person.ask_for_code()
    address = re.search(r'action="(/refer/code/\w+)"', person.page)
    assert address
    before = await world.rows()
    for path in ("/refer", "/refer/parent", "/refer/school?action=send", address[1], f"{address[1]}?code=1"):
        assert (await person.get(path)).status_code == 200
    assert (await person.get(address[1].replace("code", "sent"))).status_code == 200  # back to the code
    assert (await person.get("/refer/nobody")).status_code == 404
    assert await world.rows() == before
    assert len(world.temporal.codes) == 1


# A code that does not arrive


async def test_temporal_away_the_page_says_what_to_do(person: Person, world: World) -> None:
    world.temporal.away = True
    asked = await person.ask_for_code()
    assert "could not send the code just now" in said(asked)
    assert world.services.settings.service_phone in said(asked)
    world.temporal.away = False
    assert "We are sending a code" in said(await person.press("another"))


@pytest.mark.parametrize(("state", "sentence"), [("bounced", "did not reach"), ("failed", "could not send")])
async def test_a_code_that_was_refused_is_told(person: Person, world: World, state: str, sentence: str) -> None:
    await person.ask_for_code()
    address = re.search(r'action="(/refer/code/\w+)"', person.page)
    assert address
    await world.services.enquiries.settle(world.temporal.codes[-1], state)
    assert sentence in said(await person.get(address[1]))


async def test_a_code_that_has_not_left_is_given_up_after_a_short_while(person: Person, world: World) -> None:
    await person.ask_for_code()
    address = re.search(r'action="(/refer/code/\w+)"', person.page)
    assert address
    world.clock.now += GIVEN_UP_AFTER + timedelta(seconds=1)
    assert "could not send the code just now" in said(await person.get(address[1]))


# Limits


async def test_nobodys_mailbox_is_flooded(person: Person, another: Callable[[], Person], world: World) -> None:
    for n in range(5):
        answers = {**PARENT, "email": f"Ruth+{n}@family.example"}  # they all lead to one mailbox
        assert (await another().ask_for_code("parent", answers)).status_code == 200
    refused = await person.ask_for_code()
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) <= 3601
    assert world.services.settings.service_phone in said(refused)
    assert CHILD in refused.text  # what was typed is still there
    assert len(world.temporal.codes) == 5
    world.clock.now += timedelta(hours=1)
    assert (await person.press("send")).status_code == 200
    assert len(world.temporal.codes) == 6


async def test_many_at_once_are_many(another: Callable[[], Person], world: World) -> None:
    people = [another() for _ in range(12)]
    for person in people:
        await person.fill_in()
    answers = await asyncio.gather(*(person.press("send") for person in people))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429] * 7
    assert len(world.temporal.codes) == 5


async def test_a_button_pressed_twice_costs_one(person: Person, another: Callable[[], Person], world: World) -> None:
    await person.fill_in()
    form_page = person.page
    for _ in range(6):
        person.page = form_page
        assert (await person.press("send")).status_code == 200
    assert len(world.temporal.codes) == 1
    assert (await another().ask_for_code()).status_code == 200


async def test_new_codes_count_as_well(person: Person, world: World) -> None:
    await person.ask_for_code()
    for _ in range(4):
        world.clock.now += BETWEEN_CODES
        assert (await person.press("another")).status_code == 200
    world.clock.now += BETWEEN_CODES
    refused = await person.press("another")
    assert refused.status_code == 429
    assert "Too many codes" in said(refused)
    assert len(world.temporal.codes) == 5
    assert (await person.press("confirm", code=await person.code())).status_code == 200  # the last one is still good


async def test_one_network_cannot_write_to_many_mailboxes(another: Callable[[], Person], world: World) -> None:
    for n in range(30):
        answers = {**PARENT, "email": f"person{n}@family.example"}
        assert (await another().ask_for_code("parent", answers)).status_code == 200
    assert (await another().ask_for_code()).status_code == 429
    assert len(world.temporal.codes) == 30


def test_an_allowance_of_two_an_hour_and_three_a_day() -> None:
    allowance, hour = Allowance((2, timedelta(hours=1)), (3, timedelta(days=1))), timedelta(hours=1)
    allowance.use("a", NOW)
    assert not allowance.wait("a", NOW)
    allowance.use("a", NOW + hour / 2)
    assert allowance.wait("a", NOW + hour / 2) == hour / 2
    assert not allowance.wait("b", NOW + hour / 2)
    assert not allowance.wait("a", NOW + hour)
    allowance.use("a", NOW + hour)
    assert allowance.wait("a", NOW + 3 * hour) == 21 * hour
    assert not allowance.wait("a", NOW + timedelta(days=1))


def test_an_allowance_forgets_whom_it_has_not_seen_for_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Allowance, "MOST_KEYS", 2)
    allowance = Allowance((1, timedelta(hours=1)))
    for key in "abc":
        allowance.use(key, NOW)
    assert [bool(allowance.wait(key, NOW)) for key in "abc"] == [False, True, True]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_household_is_one_network(address: str, network: str) -> None:
    assert network_of(Request({"type": "http", "client": (address, 1)})) == network


def test_one_mailbox_has_many_spellings() -> None:
    assert mailbox_of(" Ruth+x@Family.Example ") == EMAIL


# Erasing


async def test_an_enquiry_is_erased_after_a_day(person: Person, another: Callable[[], Person], world: World) -> None:
    await person.ask_for_code()
    address = re.search(r'action="(/refer/code/\w+)"', person.page)
    assert address
    [old] = await enquiries(world)
    world.clock.now += KEPT
    assert "not kept here" in said(await person.get(address[1]))
    await another().ask_for_code("parent", {**PARENT, "email": "next@family.example"})  # erases what is too old
    assert old.id not in [row.id for row in await enquiries(world)]
    assert len(await enquiries(world)) == 1


# The case that came of it


async def test_a_coordinator_takes_the_case(person: Person, world: World, staff_browser: StaffBrowser) -> None:
    await person.send()
    [case] = await cases(world)
    cora, email, password = await world.staff("Cora Coordinator", StaffRole.COORDINATOR)
    await staff_browser.sign_in(email, password)
    assert "Not taken yet" in (await staff_browser.get("/cases?not_taken=1")).text
    assert case.reference not in (await staff_browser.get("/cases?mine=1")).text
    shown = await staff_browser.get(f"/cases/{case.reference}")
    assert "Nobody has taken this case yet" in shown.text
    for _ in range(2):  # clicked twice
        await staff_browser.post(f"/cases/{case.reference}/take")
    assert len([command for command in world.taken if isinstance(command, TakeCase)]) == 1
    await taken(world, case.id, cora)
    assert case.reference in (await staff_browser.get("/cases?mine=1")).text
    assert "Nobody has taken" not in (await staff_browser.get(f"/cases/{case.reference}")).text


async def test_somebody_else_was_faster(person: Person, world: World, staff_browser: StaffBrowser) -> None:
    await person.send()
    [case] = await cases(world)
    _, email, password = await world.staff("Cora Coordinator", StaffRole.COORDINATOR)
    olu, *_ = await world.staff("Olu Coordinator", StaffRole.COORDINATOR)
    await staff_browser.sign_in(email, password)
    await staff_browser.get(f"/cases/{case.reference}")
    await taken(world, case.id, olu)
    world.temporal.refuse["take_case"] = ("taken_before", f"staff/{olu}")  # as the case does
    answer = await staff_browser.post(f"/cases/{case.reference}/take")
    shown = await staff_browser.get(answer.headers["location"])
    assert "Olu Coordinator has taken this case already" in shown.text


async def taken(world: World, case_id: str, staff_id: str) -> None:
    """What the case itself does when it hears TakeCase."""
    records = Records(world.services.database, world.services.vault, world.services.links, world.services.clock)
    assert not (await records.take(Reassignment(case_id=case_id, coordinator=staff_id))).refusal


async def test_its_tasks_stand_in_every_coordinators_list(
    person: Person, world: World, staff_browser: StaffBrowser
) -> None:
    await person.send()
    [case] = await cases(world)
    task = Task(
        key="explaining_call",
        kind="explaining_call",
        about="explaining_call",
        role=StaffRole.COORDINATOR,
        opened=world.now,
    )
    await world.file(case.id, Journey(parties=parties(), tasks=[task]))
    _, email, password = await world.staff("Cora Coordinator", StaffRole.COORDINATOR)
    olu, *_ = await world.staff("Olu Coordinator", StaffRole.COORDINATOR)
    await staff_browser.sign_in(email, password)
    assert case.reference in (await staff_browser.get("/tasks")).text
    await taken(world, case.id, olu)
    assert case.reference not in (await staff_browser.get("/tasks")).text
    assert case.reference in (await staff_browser.get("/tasks?all=1")).text


async def test_the_sign_in_page_leads_to_the_form(person: Person) -> None:
    assert 'href="/refer"' in (await person.get("/sign-in")).text
