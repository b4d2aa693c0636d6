"""The pages behind personal links: for one person and one purpose, and silent until somebody presses a button."""

import re
from datetime import timedelta

import httpx
import pytest

from api.services import Services
from casefile.cases import add_participant
from casefile.tables import Case, PartyRow
from domain.agreement_to_mediate import TEXTS
from domain.commands import Command
from domain.journey import Fact, Meeting, MeetingStatus, OpenAsk
from domain.parties import Party, PartyRole, Person
from domain.referral import PersonDetails
from domain.refusals import Refusal
from tests.api.conftest import CHILD, NOW, Account, FilledCase
from tests.api.fakes import Clock, FakeTemporal
from tests.api.party_world import ANSWERS, LINKS, SLOT, Browser, changed, rows, said

OTHERS = ("alex@family.example", "head@oakfield.example", "01632 960002", "sen@exampleshire.example", "Alex Parent")


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
    why = {"start": "none", "note": "Only while my other child is at school."}
    assert (await browser.press(await browser.open("visit_choice"), why)).status_code == 200
    assert (await browser.press(await browser.open("availability"), {"half_days": ["none"]})).status_code == 200
    assert [command.model_dump().get("start", "-") for command in temporal.updates] == [None, "-"]
    assert temporal.updates[1].model_dump()["half_days"] == []
    texts = (await browser.filled.services.cases.load(browser.filled.id)).texts
    assert texts[temporal.updates[0].id]["note"] == why["note"]


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
            assert field in ("note", "said_by")
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


# Before everyone meets


async def of_the_parent(browser: Browser) -> httpx.Response:
    """Their page of the case."""
    return await browser.get(f"/l/{await browser.filled.token('p1.1', 'case')}", follow_redirects=True)


async def test_the_agreement_to_mediate_is_read_before_it_is_signed(
    browser: Browser, services: Services, temporal: FakeTemporal
) -> None:
    page = await browser.open("sign")
    assert all(point in said(page) for point in TEXTS[1])
    unticked = await browser.press(page, {"said_by": "Chris Head"})
    assert unticked.status_code == 422
    assert "Tick that you agree." in said(unticked)
    assert 'value="Chris Head"' in unticked.text
    assert "it counts as your signature" in said(await browser.press(page, {"agree": "yes"}))
    for version in ("", "x", "1" * 5000):
        assert (await browser.press(page, {**ANSWERS["sign"][0], "version": version})).status_code == 422
    assert temporal.updates == []
    for _ in range(2):
        assert "You have signed" in said(await browser.press(page, ANSWERS["sign"][0]))
    (command,) = temporal.updates
    case = await services.cases.load(browser.filled.id)
    assert case.texts[command.id]["said_by"] == "Chris Head"
    assert "Chris" not in command.model_dump_json()


async def test_a_signature_is_taken_back_on_the_same_page(browser: Browser, temporal: FakeTemporal) -> None:
    page = await browser.open("sign")
    assert "take-back" not in page.text
    assert "No signature of yours counts now." in said(await browser.get(f"{page.url}/take-back"))
    signature = {"party": "p2", "at": NOW, "how": "phone", "version": 1, "by": "coordinator", "command": "c"}
    await changed(browser.filled, signatures=[signature])
    signed = await browser.open("sign")
    assert "signed for your side on Tue 24 Nov 2026" in said(signed)
    assert "<form" not in signed.text
    form = await browser.get(f"{signed.url}/take-back")
    empty = await browser.press(form, {"reason": " "})
    assert empty.status_code == 422
    assert "what was wrong" in said(empty)
    for bad in ("x" * 9000, "a\x00b"):
        assert (await browser.press(form, {"reason": bad})).status_code == 422
    assert temporal.updates == []
    for _ in range(2):
        assert "no longer counts" in said(await browser.press(form, {"reason": "It was not me."}))
    (command,) = temporal.updates
    assert (command.kind(), command.actor.id) == ("take_back_signature", "p2.1")
    await changed(browser.filled, stage="agreement")
    assert "/take-back" not in (await browser.open("sign")).text
    assert (await browser.press(form, {"reason": "Too late", "once": "another"})).status_code == 409


async def test_the_family_says_how_their_child_would_like_to_be_heard(
    browser: Browser, services: Services, temporal: FakeTemporal
) -> None:
    page = await of_the_parent(browser)
    assert "How would your child like to be heard?" in said(page)
    form = await browser.get(f"{page.url}/child")
    assert (await browser.press(form, {})).status_code == 422
    assert (await browser.press(form, {"childs_voice": "loudly"})).status_code == 422
    nobody = await browser.press(form, {"childs_voice": "somebody"})
    assert nobody.status_code == 422
    assert "Say who speaks for your child." in said(nobody)
    assert temporal.updates == []
    for _ in range(2):
        told = await browser.press(form, {"childs_voice": "somebody", "voice": "Her aunt Bea"})
        assert "You can change it until everyone meets." in said(told)
    (command,) = temporal.updates
    assert (await services.cases.load(browser.filled.id)).texts[command.id]["voice"] == "Her aunt Bea"
    assert "Bea" not in command.model_dump_json()
    await changed(browser.filled, voice={"how": "somebody", "at": NOW, "command": command.id})
    for shown in (await of_the_parent(browser), await browser.get(f"{page.url}/child")):
        assert "Bea" not in shown.text  # a link is no sign-in
        assert "checked" not in shown.text
    await changed(browser.filled, stage="agreement")
    assert "your child" not in said(await of_the_parent(browser))
    assert "not open now" in said(await browser.get(f"{page.url}/child"))


async def test_only_the_familys_own_page_asks_of_the_child(browser: Browser, temporal: FakeTemporal) -> None:
    assert "your child" not in said(await browser.open("case"))
    for name in ("case", "sign", "consent"):
        link = (await browser.open(name)).url
        for other in ("child", "take-back", "x", "%00"):
            if (name, other) != ("sign", "take-back"):
                assert (await browser.get(f"{link}/{other}")).status_code == 404
                assert (await browser.post(f"{link}/{other}", data={"childs_voice": "parent"})).status_code == 404


# Separated parents, and who was taken out again

FAR_AWAY = ("tom@elsewhere.example", "07700 900999", "9 Far Lane", "EX9 9ZZ", "Tom Elsewhere")
AT_HOME = ("alex@family.example", "Alex Parent", "At your home")


async def the_other_parent_joins(services: Services, filled: FilledCase) -> None:
    """They have agreed, and are asked for a date of their own visit."""
    father = PersonDetails(
        name=FAR_AWAY[4], email=FAR_AWAY[0], phone=FAR_AWAY[1], address=FAR_AWAY[2], postcode=FAR_AWAY[3]
    )
    async with services.database.write() as session:
        case = await session.get_one(Case, filled.id)
        session.add(PartyRow(case_id=case.id, key="p4", role=PartyRole.PARENT))
        key = services.vault.case_key(case.id, case.wrapped_key)
        await add_participant(session, services.vault, case.id, "p4.1", father, key, "join")
    journey = await filled.journey()
    journey.parties.append(Party(key="p4", role=PartyRole.PARENT, people=[Person(key="p4.1")]))
    journey.contacted.append("p4")
    for purpose in ("consent/p4", "visit_choice/p4/1", "availability/p4/1"):
        journey.asks.append(OpenAsk(key=purpose, of="p4", asked=NOW))
    slot = journey.meetings[0].offered[0]
    journey.meetings.append(Meeting(key="visit/p4/1", party="p4", offered=[slot]))
    await filled.file(journey)


async def test_separated_parents_do_not_see_where_the_other_is(
    browser: Browser, services: Services, filled: FilledCase
) -> None:
    await the_other_parent_joins(services, filled)
    for person, secrets, purposes in (
        ("p1.1", FAR_AWAY, ("case", "permission", "visit_choice/p1/1", "availability/p1/1", "comments/p1/1")),
        ("p4.1", AT_HOME, ("case", "consent/p4", "visit_choice/p4/1", "availability/p4/1")),
    ):
        for purpose in purposes:
            token = await filled.token(person, purpose)
            page = await browser.get(f"/l/{token}", follow_redirects=True)
            assert page.status_code == 200
            assert filled.reference in said(page)
            for secret in secrets:
                assert secret not in page.text, (person, purpose)


async def test_the_links_of_who_was_taken_out_open_nothing(
    browser: Browser, services: Services, filled: FilledCase, temporal: FakeTemporal
) -> None:
    await the_other_parent_joins(services, filled)
    before = {p: await browser.get(f"/l/{await filled.token('p4.1', p)}", follow_redirects=True)
              for p in ("case", "consent/p4")}  # fmt: skip
    journey = await filled.journey()
    journey.parties, journey.left = journey.parties[:3], ["p4", "p4.1"]
    await filled.file(journey)
    for purpose, page in before.items():
        now = await browser.get(f"/l/{await filled.token('p4.1', purpose)}", follow_redirects=True)
        assert "You do not take part in this mediation any more" in said(now)
        assert "<form" not in now.text
        answer = await browser.press(page, {"answer": "yes"}) if purpose != "case" else await browser.get(
            f"{page.url}/withdraw", follow_redirects=True
        )  # fmt: skip
        assert "You do not take part in this mediation any more" in said(answer)
    assert temporal.updates == []


def test_every_purpose_has_its_command_and_page(staff: dict[str, Account]) -> None:
    by_link = {kind.by_link for kind in Command.__subclasses__() if kind.by_link}
    assert by_link == set(ANSWERS) | {"case", "papers"}
