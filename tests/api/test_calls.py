"""Somebody is on the line: the search, and what is entered in one save."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest

from api.staff import calls
from domain.commands import (
    COMMANDS,
    AnswerConsent,
    ChooseVisitDate,
    CommentOnAgreement,
    GiveAvailability,
    How,
    Withdraw,
)
from domain.journey import OpenAsk
from domain.refusals import Refusal
from domain.stages import Closing, ClosingReason, Stage
from tests.api.staff_world import Office, hidden, text_of

PHONED = {"speaker": "p2.1", "how": "phone"}


@pytest.fixture
async def path(office: Office) -> str:
    """The call page of the rich case, opened by its coordinator, with something of every kind open."""
    case = await office.world.services.cases.load(office.case_id)
    assert case.journey
    at = office.world.now
    asks = [
        OpenAsk(key="consent/p2", of="p2", asked=at),
        OpenAsk(key="consent/p3", of="p3", asked=at),
        OpenAsk(key="visit_choice/p2/1", of="p2", asked=at),
        OpenAsk(key="availability/p2/1", of="p2", asked=at),
        OpenAsk(key="availability/p3/1", of="p3", asked=at),
        OpenAsk(key="comments/p3/1", of="p3", asked=at),
        OpenAsk(key="action/1", of="p2", asked=at),
    ]
    facts = {key: fact for key, fact in case.journey.facts.items() if not key.startswith("consent")}
    await office.world.file(office.case_id, case.journey.model_copy(update={"asks": asks, "facts": facts}))
    path = f"/cases/{office.reference}/call"
    assert (await office.jo.get(path)).status_code == 200
    return path


async def texts(office: Office, number: int) -> dict[str, Any]:
    case = await office.world.services.cases.load(office.case_id)
    return case.texts[office.world.taken[number].id]


# Finding


@pytest.mark.parametrize(
    "said",
    ["Maya Whitfeild", "ruth", "oakfield", "07700 900101", "HEAD@oakfield.example", "12/4/2017", "sm-2026-1", "00001"],
)
async def test_a_caller_is_found(office: Office, said: str) -> None:
    await office.world.case(office.jo_id, key="another-0123456789", name="Noah Bright")
    await office.jo.get("/calls")
    answer = await office.jo.post("/calls", {"looking_for": said})
    shown = text_of(answer.text)
    assert answer.status_code == 200
    assert f'href="/cases/{office.reference}/call"' in answer.text
    for part in ("Maya Whitfield", "Ruth Whitfield", "Helen Marsh", "Joint meeting", "Westborough Council"):
        assert part in shown, part
    assert f'value="{said}"' in answer.text


async def test_nothing_found_says_what_to_do(office: Office) -> None:
    await office.jo.get("/calls")
    said = text_of((await office.jo.post("/calls", {"looking_for": "Zebedee"})).text)
    assert "No case has this" in said
    assert "New case" in said


@pytest.mark.parametrize("bad", ["", "  ", "?!", "\x00", "31/2/2017", "x" * 300, "💥%F0"])
async def test_nonsense_is_told_in_a_sentence(office: Office, bad: str) -> None:
    await office.jo.get("/calls")
    answer = await office.jo.post("/calls", {"looking_for": bad})
    assert answer.status_code in (200, 422)
    if answer.status_code == 422:
        assert 'href="#looking_for"' in answer.text


async def test_what_is_typed_stands_in_no_log_and_no_address(
    office: Office,
    path: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with caplog.at_level(logging.DEBUG):
        await office.jo.get("/calls")
        assert '<form method="post" action="/calls"' in office.jo.page
        found = await office.jo.post("/calls", {"looking_for": "Maya Whitfield"})
        await office.jo.get(path)
        await office.jo.post(path, {**PHONED, "answer_consent-p2-yes": "yes", "note": "Whitfield"})
    assert "Whitfield" not in "".join(re.findall(r'(?:href|action)="[^"]*"', found.text))
    assert "Whitfield" not in caplog.text
    assert "Whitfield" not in "".join(capfd.readouterr())
    assert "Whitfield" not in str([command.model_dump() for command in office.world.taken])


async def test_a_stale_search_keeps_what_was_typed(office: Office) -> None:
    answer = await office.jo.client.post("/calls", data={"looking_for": "Maya", "csrf": "old"})
    assert answer.status_code == 403
    assert 'value="Maya"' in answer.text
    assert office.reference not in answer.text


async def test_mediators_take_no_calls(office: Office, path: str) -> None:
    for address in ("/calls", path):
        assert (await office.meg.get(address)).status_code == 403
        await office.meg.get("/cases")
        answer = await office.meg.post(address, {**PHONED, "looking_for": "Maya", "answer_consent-p2-yes": "yes"})
        assert answer.status_code == 403
    assert office.world.taken == []
    assert "/calls" not in (await office.meg.get("/cases")).text
    assert path not in (await office.meg.get(f"/cases/{office.reference}")).text


# One call


async def test_several_answers_are_one_save(office: Office, path: str) -> None:
    case = await office.world.services.cases.load(office.case_id)
    assert case.journey
    offered = case.journey.meetings[2].offered[1].start
    half_days = case.journey.meetings[-1].half_days
    key = hidden(office.jo.page, "key")
    data = {
        **PHONED,
        "answer_consent-p2-yes": "yes",
        "choose_visit_date-p2-start": offered.isoformat(),
        "give_availability-p2-half_days": half_days[:2],
        "give_availability-p3-half_days": "none",
        "note": "Ring after four.",
    }
    saved = await office.jo.post(path, data)
    assert saved.status_code == 303, text_of(saved.text)
    consent, visit, mine, theirs = office.world.taken
    assert isinstance(consent, AnswerConsent)
    assert (consent.party, consent.yes, consent.how) == ("p2", True, How.PHONE)
    assert isinstance(visit, ChooseVisitDate)
    assert visit.start == offered
    assert isinstance(mine, GiveAvailability)
    assert isinstance(theirs, GiveAvailability)
    assert (mine.half_days, theirs.half_days) == (half_days[:2], [])
    assert await texts(office, 0) == {"note": "Ring after four.", "said_by": "Helen Marsh"}
    assert await texts(office, 1) == {"note": "", "said_by": "Helen Marsh"}
    told = text_of((await office.jo.get(saved.headers["location"])).text)
    assert told.count(": recorded") == 4
    assert "Give availability for the joint meeting: recorded (Westborough Council)" in told
    await office.jo.get(path)
    again = await office.jo.post(path, {**data, "key": key})
    assert again.headers["location"] == saved.headers["location"]
    assert len(office.world.taken) == 4


async def test_somebody_else_speaks_and_the_words_are_kept(office: Office, path: str) -> None:
    data = {
        "speaker": "other",
        "said_by": "Ann, the head's secretary",
        "how": "letter",
        "comment_on_agreement-p3-agrees": "no",
        "comment_on_agreement-p3-note": "Twenty hours, not ten.",
        "note": "Letter of Monday.",
    }
    assert (await office.jo.post(path, {**data, "comment_on_agreement-p3-version": "1"})).status_code == 303
    [comment] = office.world.taken
    assert isinstance(comment, CommentOnAgreement)
    assert (comment.agrees, comment.version, comment.how) == (False, 1, How.LETTER)
    assert await texts(office, 0) == {
        "note": "Twenty hours, not ten.\nLetter of Monday.",
        "said_by": "Ann, the head's secretary",
    }


async def test_a_withdrawal_is_meant_and_comes_last(office: Office, path: str) -> None:
    data = {**PHONED, "withdraw-p2-withdraws": "yes", "answer_consent-p3-yes": "yes"}
    assert (await office.jo.post(path, data)).status_code == 303
    assert [command.kind() for command in office.world.taken] == ["answer_consent", "withdraw"]
    assert isinstance(office.world.taken[1], Withdraw)


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({}, ""),
        ({"answer_consent-p2-yes": "yes", "speaker": ""}, "speaker"),
        ({"answer_consent-p2-yes": "yes", "speaker": "p9.9"}, "speaker"),
        ({"answer_consent-p2-yes": "yes", "speaker": "other"}, "said_by"),
        ({"answer_consent-p2-yes": "yes", "speaker": "other", "said_by": "a\nBcc: b"}, "said_by"),
        ({"answer_consent-p2-yes": "yes", "how": "pigeon"}, "how"),
        ({"answer_consent-p2-yes": "perhaps"}, "answer_consent-p2-yes"),
        ({"answer_consent-p2-yes": "yes", "give_availability-p3-half_days": ["none", "2026-12-09/am"]},
         "give_availability-p3-half_days"),
        ({"give_availability-p3-half_days": "2020-01-01/am"}, "give_availability-p3-half_days"),
        ({"comment_on_agreement-p3-note": "only words"}, "comment_on_agreement-p3-agrees"),
        ({"answer_consent-p2-yes": "yes", "note": "x" * 9000}, "note"),
        ({"answer_consent-p2-yes": "yes", "note": "\x07"}, "note"),
        ({"comment_on_agreement-p3-agrees": "yes", "comment_on_agreement-p3-version": "x"}, ""),
        ({"choose_visit_date-p2-start": "tomorrow"}, "choose_visit_date-p2-start"),
        ({"answer_consent-p9-yes": "yes"}, ""),
    ],
)  # fmt: skip
async def test_nothing_is_recorded_while_anything_is_wrong(
    office: Office,
    path: str,
    wrong: dict[str, Any],
    at: str,
) -> None:
    kept = {"comment_on_agreement-p3-note": "kept words"} | wrong if wrong else {}
    kept = {**kept, "comment_on_agreement-p3-agrees": "no"} if "comment" not in at and wrong else kept
    answer = await office.jo.post(path, {**PHONED, **kept, **wrong})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert office.world.taken == []
    assert "words" in answer.text
    if at:
        assert f'href="#{at}"' in answer.text
        assert f'id="{at}"' in answer.text


async def test_what_a_case_refuses_is_told_and_the_rest_is_not_sent_twice(office: Office, path: str) -> None:
    office.world.temporal.refuse["give_availability"] = (Refusal.NOT_OFFERED, "")
    data = {**PHONED, "answer_consent-p2-yes": "yes", "give_availability-p3-half_days": "none"}
    answer = await office.jo.post(path, data)
    assert answer.status_code == 409
    said = text_of(answer.text)
    assert "Recorded: Record a party's consent: Oakfield Primary School." in said
    assert "Give availability for the joint meeting: Westborough Council:" in said
    assert re.search(r'value="none" checked', answer.text)
    assert not re.search(r'name="answer_consent-p2-yes" type="radio" value="yes" checked', answer.text)
    office.world.temporal.refuse.clear()
    again = await office.jo.post(path, {**PHONED, "give_availability-p3-half_days": "none"})
    assert again.status_code == 303
    assert [command.kind() for command in office.world.taken] == ["answer_consent", "give_availability"]


async def test_more_on_a_page_that_was_sent_before_is_not_lost(office: Office, path: str) -> None:
    key = hidden(office.jo.page, "key")
    assert (await office.jo.post(path, {**PHONED, "answer_consent-p2-yes": "yes"})).status_code == 303
    await office.jo.get(path)
    more = {**PHONED, "answer_consent-p2-yes": "yes", "answer_consent-p3-yes": "no"}
    answer = await office.jo.post(path, {**more, "key": key})
    assert answer.status_code == 409
    assert re.search(r'name="answer_consent-p3-yes" type="radio" value="no" checked', answer.text)
    assert hidden(answer.text, "key") != key
    assert (await office.jo.post(path, {**PHONED, "answer_consent-p3-yes": "no"})).status_code == 303
    assert len(office.world.taken) == 2


async def test_what_nobody_asks_any_more_is_told_with_what_was_typed(office: Office, path: str) -> None:
    closing = Closing(reason=ClosingReason.WITHDRAWN, who="p1")
    journey = (await office.world.services.cases.load(office.case_id)).journey
    assert journey
    await office.world.file(office.case_id, journey.model_copy(update={"closing": closing, "stage": Stage.CLOSED,
                                                                       "closed_at": office.world.now}))  # fmt: skip
    answer = await office.jo.post(path, {**PHONED, "comment_on_agreement-p3-note": "Twenty hours"})
    assert answer.status_code == 422
    assert "You had entered: Twenty hours" in text_of(answer.text)
    assert "No party is asked anything" in text_of(answer.text)


async def test_stale_and_broken_forms(office: Office, path: str) -> None:
    answer = await office.jo.client.post(path, data={**PHONED, "answer_consent-p2-yes": "yes", "csrf": "old"})
    assert answer.status_code == 403
    assert re.search(r'name="answer_consent-p2-yes" type="radio" value="yes" checked', answer.text)
    assert (await office.jo.post(path, {**PHONED, "key": "short"})).status_code == 422
    assert (await office.jo.get("/cases/SM-2026-99999/call")).status_code == 404
    assert office.world.taken == []


async def test_a_case_that_has_not_begun_is_told(office: Office) -> None:
    _, reference = await office.world.case(office.jo_id, key="fresh-0123456789abc", name="Noah Bright")
    assert "begins as soon as" in text_of((await office.jo.get(f"/cases/{reference}/call")).text)


async def test_an_outage_is_told_honestly(office: Office, path: str) -> None:
    office.world.temporal.away = True
    begun = office.world.now
    saved = await office.jo.post(path, {**PHONED, "answer_consent-p2-yes": "yes", "answer_consent-p3-yes": "yes"})
    said = text_of((await office.jo.get(saved.headers["location"])).text)
    assert said.count("Record a party's consent: we have it") == 2
    office.world.temporal.away = False
    office.world.clock.now = begun + timedelta(minutes=1)
    await office.world.services.intake.relay_once()
    assert [getattr(command, "party", "") for command in office.world.taken] == ["p2", "p3"]


def test_every_kind_of_the_page_is_answered_by_somebody_on_the_line() -> None:
    assert all("how" in COMMANDS[kind].model_fields for kind in calls._KINDS)
