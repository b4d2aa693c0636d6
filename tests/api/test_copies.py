"""What a party takes along from its page: the agreement in three forms, behind the code, and its meetings for a
calendar."""

import io
import re
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from pypdf import PdfReader

from api.privacy import participant_may_read_agreement
from domain.journey import Journey, Meeting, MeetingStatus
from letters.invitation import Guest, Organiser, invitation
from tests.api.conftest import NOW, FilledCase
from tests.api.party_world import Browser, changed, said

FORMS = ("print.pdf", "large-print.pdf", "plain.txt")
WORDS = "A quiet room at lunch time."


async def issued(filled: FilledCase, **more: Any) -> None:
    journey = await filled.journey()
    assert journey.agreement
    agreement = journey.agreement.model_copy(update={"status": "issued", "copies": ["p2.1", "p2.2", "p1.1"]})
    joint = Meeting(
        key="joint_meeting/1",
        status=MeetingStatus.HELD,
        slot=journey.meetings[0].offered[0],
        present=["p1.1", "p2.1"],
        outcome="full",
    )
    meetings = [*journey.meetings[:2], joint]
    await changed(
        filled, **{"agreement": agreement.model_dump(), "meetings": [m.model_dump() for m in meetings], **more}
    )


async def copies(browser: Browser, person: str = "p2.1") -> httpx.Response:
    page = await browser.get(f"/l/{await browser.filled.token(person, 'case')}", follow_redirects=True)
    return await browser.get(f"{page.url}/agreement")


async def test_the_agreement_in_three_forms_behind_the_code(browser: Browser, filled: FilledCase) -> None:
    await issued(filled)
    page = await browser.open("case", proved=False)
    assert "Read the agreement" in said(page)
    locked = await copies(browser)
    assert "Send me a code" in said(locked)
    assert WORDS not in locked.text
    for form in FORMS:
        answer = await browser.get(f"{locked.url}/{form}")
        assert answer.headers["location"].endswith("/unlock?to=agreement")
    await browser.open("case")
    opened = await copies(browser)
    assert WORDS in said(opened)
    taken = {form: await browser.get(f"{opened.url}/{form}") for form in FORMS}
    assert [re.findall(r"agreement/([\w.-]+)", opened.text)] == [list(FORMS)]
    for answer in taken.values():
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["cache-control"] == "no-store"
    assert taken["print.pdf"].content == b"%PDF-1.7 agreement"  # the very one that was sent
    assert WORDS in taken["plain.txt"].text
    assert "By whom: Oakfield School" in taken["plain.txt"].text


async def test_large_print_is_large(browser: Browser, filled: FilledCase) -> None:
    await issued(filled)
    await browser.open("case")
    page = await copies(browser)
    large = await browser.get(f"{page.url}/large-print.pdf")
    again = await browser.get(f"{page.url}/large-print.pdf")
    assert large.content == again.content
    sizes: set[float] = set()
    text = ""

    def seen(words: str, _: Any, matrix: list[float], __: Any, size: float) -> None:
        nonlocal text
        text += words
        if words.strip():
            sizes.add(round(size * abs(matrix[3]), 1))

    for sheet in PdfReader(io.BytesIO(large.content)).pages:
        sheet.extract_text(visitor_text=seen)
    assert WORDS in " ".join(text.split())
    assert min(sizes) >= 18, sizes


@pytest.mark.parametrize(
    ("journey", "readers"),
    [
        ({}, {"p1.1", "p2.1", "p2.2"}),
        ({"agreement": {"status": "comments"}}, set()),
        ({"agreement": {"copies": ["p2.2"]}}, {"p2.1", "p2.2"}),  # their lead, too
        ({"agreement": {"copies": []}}, set()),
    ],
)
async def test_who_reads_the_agreement(filled: FilledCase, journey: dict[str, Any], readers: set[str]) -> None:
    await issued(filled)
    now = (await filled.journey()).model_dump()
    now["agreement"] |= journey.get("agreement", {})
    read = Journey.model_validate(now)
    people = [person.key for party in read.parties for person in party.people]
    assert {person for person in people if participant_may_read_agreement(read, person)} == readers


async def test_others_find_no_agreement(browser: Browser, filled: FilledCase) -> None:
    assert (await copies(browser)).status_code == 404  # comments are still being collected
    await issued(filled)
    absent = await copies(browser, "p3.1")
    assert absent.status_code == 404
    await browser.open("case")
    page = await copies(browser)
    for form in ("", "other.pdf", "%00", "print.pdf/x"):
        assert (await browser.get(f"{page.url}/{form}")).status_code in (404, 307)


async def test_it_stays_readable_when_the_mediation_has_ended(browser: Browser, filled: FilledCase) -> None:
    await issued(filled, closing={"reason": "agreement_full"}, closed_at=NOW, asks=[])
    assert "Read the agreement" in said(await browser.open("case"))
    assert WORDS in said(await copies(browser))


async def test_words_that_are_missing_open_nothing(browser: Browser, filled: FilledCase) -> None:
    await issued(filled)
    now = (await filled.journey()).agreement
    assert now
    await changed(filled, agreement={**now.model_dump(), "command": "nowhere"})
    await browser.open("case")
    page = await copies(browser)
    assert page.status_code == 404
    for form in FORMS[1:]:
        assert (await browser.get(f"{page.url}/{form}")).status_code == 404


# Meetings


async def test_a_meeting_for_ones_own_calendar_is_the_entry_of_the_invitation(
    browser: Browser, filled: FilledCase
) -> None:
    page = await browser.open("case", proved=False)
    [way] = re.findall(r'href="(/my/\w+/calendar/[^"]+)"', page.text)
    answer = await browser.get(way)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert ".ics" in answer.headers["content-disposition"]
    case = await filled.services.cases.load(filled.id)
    guest, organiser = Guest(name="C", email="head@oakfield.example"), Organiser(name="S", email="s@s.example")
    meeting = case.meeting("visit/p2/1")
    mailed = invitation(case, meeting, "REQUEST", guest, organiser, NOW, place=case.place_of(meeting))
    [mine], [sent] = (Calendar.from_ical(ics).walk("VEVENT") for ics in (answer.text, mailed.ics))
    for what in ("UID", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "LOCATION"):
        assert (
            mine[what].to_ical() == sent[what].to_ical() if hasattr(mine[what], "to_ical") else mine[what] == sent[what]
        )
    assert "ATTENDEE" not in mine
    assert "METHOD:PUBLISH" in answer.text
    assert "Unmistakable" not in answer.text  # calendars are shared


@pytest.mark.parametrize("key", ["visit/p1/1", "joint_meeting/1", "x", "", "%00", "visit/p2/1/../p1/1"])
async def test_no_other_meeting(browser: Browser, key: str) -> None:
    page = await browser.open("case")
    assert (await browser.get(f"{page.url}/calendar/{key}")).status_code == 404
