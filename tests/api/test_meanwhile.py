"""A form that lay open while somebody else acted in the case: it says so before anything is recorded, once."""

from datetime import timedelta
from typing import Any

import pytest

from domain import titles
from domain.commands import MAILBOX, Pause
from domain.journey import Event, Journey, MeetingStatus
from domain.stages import Stage
from tests.api.staff_world import Browser, Office, form_of, hidden, text_of

pytestmark = pytest.mark.both_databases

TOLD = "Something has happened in this case since you opened this form."
WHY = {"note": "The family is abroad."}


@pytest.fixture
def path(office: Office) -> str:
    return f"/cases/{office.reference}/do/pause"


async def happens(office: Office, *events: tuple[str, str, str]) -> None:
    """what, about, by"""
    journey = (await office.world.services.cases.load(office.case_id)).journey
    assert isinstance(journey, Journey)
    last = await office.world.services.reading.last_event(office.case_id)
    lines = [
        Event(number=last + n, at=office.world.now + timedelta(minutes=n), what=what, about=about, by=by)
        for n, (what, about, by) in enumerate(events, 1)
    ]
    await office.world.file(office.case_id, journey, lines)


async def send(browser: Browser, path: str, typed: dict[str, Any]) -> Any:
    """As a browser does, with all that is hidden in the form."""
    return await browser.post(path, {"seen_up_to": hidden(browser.page, "seen_up_to"), **typed})


async def test_it_says_who_did_what_and_goes_through_when_it_is_sent_again(office: Office, path: str) -> None:
    await office.jo.get(path)
    await happens(office, ("answer_consent", "p3", "p3.1"), ("stage", "consent", ""), ("pause", "", office.meg_id))
    answer = await send(office.jo, path, WHY)
    said = text_of(answer.text)
    assert answer.status_code == 409
    assert TOLD in said
    assert "Tue 1 Dec 10:01, Imran Shah: Westborough Council answered whether they take part" in said
    assert f"Tue 1 Dec 10:02: Next stage: {titles.STAGES[Stage.CONSENT]}" in said
    assert "Tue 1 Dec 10:03, Meg Mediator: The case was paused" in said
    assert form_of(answer.text, path)["note"] == [WHY["note"]]
    assert office.world.taken == []
    assert (await send(office.jo, path, WHY)).status_code == 303
    [taken] = office.world.taken
    assert isinstance(taken, Pause)


async def test_what_one_did_oneself_or_the_service_by_itself_holds_nobody_up(office: Office, path: str) -> None:
    await office.jo.get(path)
    await happens(office, ("add_supporter", "p1", office.jo_id), ("rung_remind", "consent/p3", ""))
    assert (await send(office.jo, path, WHY)).status_code == 303


async def test_a_reply_that_came_in_is_somebody_elses_act(office: Office, path: str) -> None:
    await office.jo.get(path)
    await happens(office, ("receive_reply", "p1.1", MAILBOX.id))
    said = text_of((await send(office.jo, path, WHY)).text)
    assert "the mailbox: Ruth Whitfield replied by e-mail" in said


async def test_what_is_wrong_and_what_happened_are_told_together_and_once(office: Office, path: str) -> None:
    await office.jo.get(path)
    await happens(office, ("pause", "", office.meg_id))
    answer = await send(office.jo, path, {"note": "\x07"})
    assert answer.status_code == 422
    assert TOLD in text_of(answer.text)
    assert "control characters" in text_of(answer.text)
    assert (await send(office.jo, path, WHY)).status_code == 303


async def test_the_same_form_pressed_twice_is_recorded_once_whatever_came_after(office: Office, path: str) -> None:
    await office.jo.get(path)
    assert (await send(office.jo, path, WHY)).status_code == 303
    await happens(office, ("resume", "", office.meg_id))
    assert (await send(office.jo, path, WHY)).status_code == 303
    assert len(office.world.taken) == 1


@pytest.mark.parametrize("seen", ["", "-1", "x", "٣", "9" * 40])
async def test_a_form_that_does_not_say_what_it_had_seen_goes_through(office: Office, path: str, seen: str) -> None:
    await office.jo.get(path)
    await happens(office, ("pause", "", office.meg_id))
    assert (await send(office.jo, path, {**WHY, "seen_up_to": seen})).status_code == 303


async def test_before_a_letter_is_sent_that_was_looked_at(office: Office) -> None:
    path = f"/cases/{office.reference}/do/write_message"
    typed = {"to": "p1.1", "message": "We meet on Monday."}
    await office.jo.get(path)
    preview = await send(office.jo, path, typed)
    assert "Check before you send" in text_of(preview.text)
    await happens(office, ("withdraw", "p1", "p1.1"))
    answer = await send(office.jo, path, {**typed, "action": "send"})
    assert answer.status_code == 409
    assert "Ruth Whitfield: Ruth Whitfield withdrew" in text_of(answer.text)
    assert form_of(answer.text, path)["message"] == ["We meet on Monday."]
    assert office.world.taken == []
    await send(office.jo, path, typed)
    assert (await send(office.jo, path, {**typed, "action": "send"})).status_code == 303


async def test_a_form_that_has_come_too_late_says_what_happened(office: Office) -> None:
    path = f"/cases/{office.reference}/do/cancel_meeting?about=visit%2Fp3%2F1"
    await office.jo.get(path)
    seen = hidden(office.jo.page, "seen_up_to")
    await happens(office, ("record_visit", "p3", office.meg_id))
    journey = (await office.world.services.cases.load(office.case_id)).journey
    assert journey
    held = [
        one.model_copy(update={"status": MeetingStatus.HELD}) if one.key == "visit/p3/1" else one
        for one in journey.meetings
    ]
    await office.world.file(office.case_id, journey.model_copy(update={"meetings": held}))
    answer = await office.jo.post(path, {"seen_up_to": seen, "reason": "Snow"})
    said = text_of(answer.text)
    assert answer.status_code == 409
    assert "This was not recorded" in said
    assert "Meg Mediator: The initial visit of Westborough Council was recorded" in said
    assert "Snow" in said
    assert "Seen up to" not in said
    assert office.world.taken == []


async def test_the_call_page_says_it_too(office: Office) -> None:
    path = f"/cases/{office.reference}/call"
    await office.jo.get(path)
    await happens(office, ("pause", "", office.meg_id))
    typed = {"speaker": "p2.1", "how": "phone", "give_availability-p3-half_days": "none"}
    answer = await send(office.jo, path, typed)
    assert answer.status_code == 409
    assert "Meg Mediator: The case was paused" in text_of(answer.text)
    assert form_of(answer.text, path)["give_availability-p3-half_days"] == ["none"]
    assert office.world.taken == []
    assert (await send(office.jo, path, typed)).status_code == 303
