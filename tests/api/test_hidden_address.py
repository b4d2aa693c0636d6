"""An address that is hidden from others: who still sees it, by whichever door."""

import pytest

from domain.commands import Actor, HideAddress, ReplaceContact, StaffRole
from domain.commands.changes import ContactTexts
from domain.referral import PersonDetails
from tests.api.staff_world import NOW, Browser, Office, text_of

pytestmark = pytest.mark.both_databases
WHERE = ("07700 900101", "ruth@family.example")


async def hidden(office: Office, person: str = "p1.1") -> None:
    journey = (await office.world.services.cases.load(office.case_id)).journey
    assert journey
    known = journey.person(person)
    assert known
    known.hidden = True
    await office.world.file(office.case_id, journey)


async def details(office: Office) -> PersonDetails:
    return (await office.world.services.cases.load(office.case_id)).person("p1.1").details


async def case_page(office: Office, browser: Browser) -> str:
    return (await browser.get(f"/cases/{office.reference}")).text


async def json_of(office: Office, staff_id: str) -> str:
    token = await office.world.services.staff.new_token(staff_id, "tests", NOW)
    headers = {"Authorization": f"Bearer {token}"}
    return (await office.browser().client.get(f"/api/cases/{office.reference}", headers=headers)).text


async def where(office: Office) -> list[str]:
    known = await details(office)
    found = [words for words in (known.email, known.phone, known.address, known.postcode) if words]
    assert len(found) >= 2
    return found


async def test_the_mediator_sees_it_until_it_is_hidden(office: Office) -> None:
    for words in await where(office):
        assert words in await case_page(office, office.meg)
        assert words in await json_of(office, office.meg_id)
    await hidden(office)
    for words in await where(office):
        assert words not in await case_page(office, office.meg)
        assert words not in await json_of(office, office.meg_id)
    page = text_of(await case_page(office, office.meg))
    assert "Address hidden from others" in page
    assert "Ruth Whitfield" in page


async def test_who_runs_the_case_sees_it_with_a_tag_and_does_not_print_it(office: Office) -> None:
    await hidden(office)
    page = await case_page(office, office.jo)
    known = await details(office)
    assert '<span class="tag held">Address hidden from others</span>' in page
    shown = page.partition("Address hidden from others")[2]
    assert shown.index('class="on-screen"') < shown.index(known.email)
    assert known.email in await json_of(office, office.jo_id)
    assert "Address hidden from others" in (await office.jo.get(f"/cases/{office.reference}/call")).text


async def test_a_call_does_not_tell_the_mediator_the_number(office: Office) -> None:
    await hidden(office)
    for words in await where(office):
        for kind in ("tick_task", "offer_visit_dates", "record_visit", "add_supporter"):
            about = "phone/availability/p3/1/1" if kind == "tick_task" else "p1"
            answer = await office.meg.get(f"/cases/{office.reference}/do/{kind}?about={about.replace('/', '%2F')}")
            assert words not in answer.text, kind


async def test_what_was_once_typed_about_it_is_hidden_too(office: Office) -> None:
    """The words of a changed contact hold the address."""
    actor = Actor(kind="staff", id=office.jo_id, roles=[StaffRole.COORDINATOR])
    command = ReplaceContact(id="contact-0123456789", case_id=office.case_id, actor=actor, at=NOW, party="p1")
    texts = ContactTexts(name="Ruth Whitfield", email="new@refuge.example", address="1 Refuge Lane", reason="moved")
    await office.world.services.commands.store(command, texts)
    await hidden(office)
    for words in ("new@refuge.example", "Refuge Lane"):
        assert words not in await json_of(office, office.meg_id)
        assert words not in await case_page(office, office.meg)


async def test_a_coordinator_hides_and_shows_it(office: Office) -> None:
    path = f"/cases/{office.reference}/do/hide_address?about=p1.1"
    assert path.replace("&", "&amp;") in await case_page(office, office.jo)
    assert (await office.meg.get(path)).status_code == 403
    form = await office.jo.get(path)
    assert "Hide the address: Ruth Whitfield" in text_of(form.text)
    answer = await office.jo.post(path, {"hide": "yes", "reason": "The other parent may not know"})
    assert answer.status_code == 303
    [command] = office.world.taken
    assert isinstance(command, HideAddress)
    assert (command.person, command.hidden) == ("p1.1", True)
    await hidden(office)
    assert "Show where Ruth Whitfield is reached again" in text_of((await office.jo.get(path)).text)


async def test_visits_and_papers_of_theirs_remind_of_it(office: Office) -> None:
    visit = f"/cases/{office.reference}/do/offer_visit_dates?about=p1"
    release = f"/cases/{office.reference}/do/release_paper?about=paper1"
    for path in (visit, release):
        assert "hidden from the others" not in text_of((await office.jo.get(path)).text)
    await hidden(office)
    for path in (visit, release):
        assert "hidden from the others" in text_of((await office.jo.get(path)).text)
