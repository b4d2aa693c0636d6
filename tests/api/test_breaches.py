"""A letter went to the wrong address: said on its page, decided by a manager, and listed."""

from domain.commands import DecideOnBreach, ReportWrongAddress, StaffRole
from tests.api.staff_world import BREACH, Office, hidden, text_of

LETTER = "consent_ask%2Fp2.1%2F1%3Aconsent%3Ap2"


async def guardian(office: Office) -> str:
    """The page of whoever looks after safeguarding."""
    _, email, password = await office.world.staff("Gina Guardian", StaffRole.SAFEGUARDING_LEAD)
    browser = office.browser()
    await browser.sign_in(email, password)
    return text_of((await browser.get("/breaches")).text)


async def test_it_is_said_on_the_letters_page(office: Office) -> None:
    page = (await office.jo.get(f"/cases/{office.reference}/letters/letter1")).text
    assert f"/do/report_wrong_address?about={LETTER}" in page
    form = (await office.jo.get(f"/cases/{office.reference}/do/report_wrong_address?about={LETTER}")).text
    assert "The 72 hours count from then" in text_of(form)
    data = {"held": "The child's name", "noticed_day": "2026-12-01", "noticed_time": "08:30"}
    answer = await office.jo.post(f"/cases/{office.reference}/do/report_wrong_address?about={LETTER}", data)
    assert answer.status_code == 303
    [command] = office.world.taken
    assert isinstance(command, ReportWrongAddress)
    assert (command.to, command.kind_of_letter, command.noticed.hour) == ("p2.1", "consent_ask", 8)


async def test_what_is_missing_or_lies_ahead_is_said(office: Office) -> None:
    path = f"/cases/{office.reference}/do/report_wrong_address?about={LETTER}"
    await office.jo.get(path)
    typed = {"held": "", "went_to": "A teacher", "noticed_day": "2026-12-02", "noticed_time": "08:30"}
    answer = await office.jo.post(path, typed)
    assert answer.status_code == 422
    said = text_of(answer.text)
    assert "Say what the letter tells" in said
    assert "This time lies ahead" in said
    assert 'value="A teacher"' in answer.text
    assert office.world.taken == []


async def test_one_that_was_reported_says_so_and_is_not_reported_again(office: Office) -> None:
    page = (await office.jo.get(f"/cases/{office.reference}/letters/letter0")).text
    assert "reached somebody who should not have it" in text_of(page)
    assert "report_wrong_address" not in page


async def test_who_manages_or_safeguards_sees_the_list(office: Office) -> None:
    said = text_of((await office.max.get("/breaches")).text)
    assert "“We have your referral” to Ruth Whitfield" in said
    assert "Decide by Fri 4 Dec 07:00" in said
    assert "Ruth Whitfield" in await guardian(office)
    for other in (office.jo, office.meg):
        assert (await other.get("/breaches")).status_code == 403
        assert (await other.get("/breaches.csv")).status_code == 403


async def test_a_manager_decides(office: Office) -> None:
    path = f"/cases/{office.reference}/do/decide_on_breach?about={BREACH}"
    assert (await office.jo.get(path)).status_code == 403
    form = text_of((await office.max.get(path)).text)
    assert "has to be told by Fri 4 Dec 2026, 07:00" in form
    answer = await office.max.post(path, {"tell_ico": "no", "tell_people": "yes", "reason": "It was deleted"})
    assert answer.status_code == 303
    [command] = office.world.taken
    assert isinstance(command, DecideOnBreach)
    assert (command.breach, command.tell_ico, command.tell_people) == (BREACH, False, True)
    assert hidden(office.max.page, "key")


async def test_it_is_taken_along_as_a_file(office: Office) -> None:
    answer = await office.max.get("/breaches.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    head, row = answer.text.removeprefix("\ufeff").splitlines()
    assert head.startswith("Case,Letter,For,By")
    assert row.startswith(f"{office.reference},We have your referral,Ruth Whitfield,E-mail,")
