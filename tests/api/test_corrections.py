"""What was recorded wrongly, at its line of the case page: one form, the record as it stands, and why."""

import json
from typing import Any

import pytest

from casefile.commands import Outcome
from domain.commands import Actor, AmendAgreement, CorrectDetails, CorrectRecord, DetailsTexts, StaffRole
from domain.journey import Event, Fact, Journey
from domain.refusals import Refusal
from domain.stages import Stage
from tests.api.staff_world import Office, text_of

CONSENT = "/do/correct_record?about=consent%2Fp2"
VISIT = "/do/correct_record?about=visit%2Fp1%2F1"


async def changed(office: Office, **fields: Any) -> Journey:
    """The journey of the rich case, with something different."""
    journey = (await office.world.services.cases.load(office.case_id)).journey
    assert journey
    journey.facts["visit/p1/1"] = Fact(answer="held", at=office.world.now)
    journey = journey.model_copy(update=fields)
    await office.world.file(office.case_id, journey)
    return journey


async def test_each_record_has_its_link_for_those_who_may_record_it(office: Office) -> None:
    await changed(office)
    case = f"/cases/{office.reference}"
    page = (await office.jo.get(case)).text
    for link in (CONSENT, VISIT, "/do/correct_details?about=child", "/do/correct_details?about=referral",
                 "/do/correct_details?about=p2"):  # fmt: skip
        assert page.count(case + link) == 1, link
    assert case + "/do/correct_details?about=p1" not in page, "a parent is no organisation"
    mediators = (await office.meg.get(case)).text
    assert VISIT in mediators
    assert CONSENT not in mediators
    assert "correct_details" not in mediators


async def test_the_form_shows_the_record_as_it_stands_and_what_follows(office: Office) -> None:
    await changed(office, stage=Stage.CONSENT, corrected={"consent/p2": 2})
    said = text_of((await office.jo.get(f"/cases/{office.reference}{CONSENT}")).text)
    assert "Correct: consent of Oakfield Primary School" in said
    assert "As it stands: “yes”, recorded on" in said
    assert "This ends the case, and can be undone for 10 minutes." in said
    assert "They are asked again, from the first reminder." in said
    data = {"answer": "not_yet", "reason": "The other school rang."}
    seen = {"seen": "2"}
    assert 'name="seen" value="2"' in office.jo.page
    answer = await office.jo.post(f"/cases/{office.reference}{CONSENT}", data | seen)
    assert answer.status_code == 303
    command = office.world.taken[-1]
    assert isinstance(command, CorrectRecord)
    assert (command.record, command.answer, command.seen) == ("consent/p2", "not_yet", 2)
    assert "other school" not in command.model_dump_json()


@pytest.mark.parametrize(
    "bad",
    [
        {"answer": "not_yet", "seen": "0", "reason": ""},
        {"answer": "", "seen": "0", "reason": "typed & kept"},
        {"answer": "held", "seen": "0", "reason": "typed & kept"},
        {"answer": "no", "seen": "x", "reason": "typed & kept"},
        {"answer": "no", "seen": "-1", "reason": "typed & kept"},
        {"answer": "no", "seen": "0", "reason": "x" * 9000},
        {"answer": "no\r\nBcc: x", "seen": "0", "reason": "typed & kept"},
    ],
)
async def test_bad_input_is_told_and_kept(office: Office, bad: dict[str, str]) -> None:
    await changed(office, stage=Stage.CONSENT)
    await office.jo.get(f"/cases/{office.reference}{CONSENT}")
    answer = await office.jo.post(f"/cases/{office.reference}{CONSENT}", bad)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert bad["reason"].replace("&", "&amp;") in answer.text
    assert office.world.taken == []


async def test_a_refusal_says_the_way_out_and_keeps_the_words(office: Office) -> None:
    path = f"/cases/{office.reference}{CONSENT}"
    office.world.temporal.refuse["correct_record"] = (Refusal.CORRECTED_MEANWHILE, "consent/p2")
    await office.jo.get(path)
    answer = await office.jo.post(path, {"answer": "no", "seen": "0", "reason": "She said no."})
    assert answer.status_code == 409
    said = text_of(answer.text)
    assert "Somebody has corrected this while your page was open (consent of Oakfield Primary School)" in said
    assert "She said no." in answer.text
    for about in ("consent%2Fp9", "acceptance%2F1", "nonsense", "%F0%9F%92%A5", "joint_meeting%2F1"):
        assert (await office.jo.get(f"/cases/{office.reference}/do/correct_record?about={about}")).status_code == 404


async def test_the_timeline_says_who_corrected_what_from_what_to_what_and_why(office: Office) -> None:
    world = office.world
    by = {"case_id": office.case_id, "at": world.now, "actor": Actor(kind="staff", id=office.jo_id,
                                                                      roles=[StaffRole.COORDINATOR])}  # fmt: skip
    record = CorrectRecord.model_validate({"id": "fix-1", **by, "record": "visit/p1/1", "answer": "no_show"})
    words = CorrectDetails.model_validate({"id": "fix-2", **by, "what": "organisation", "party": "p2"})
    said = DetailsTexts(organisation="Oakwood School", reason="Misheard on the phone.")
    commands = world.services.commands
    await commands.store(record, record.texts.model_validate({"reason": "They were ill, Ruth says."}))
    await commands.store(words, said)
    for one in (record, words):
        await commands.settle(one.id, Outcome(status="accepted"), world.now)
    journey = await changed(office)
    detail = {"was": "held", "answer": "no_show"}
    events = [
        Event(number=91, at=world.now, what="correct_record", about="visit/p1/1", by=office.jo_id, command="fix-1",
              detail=detail),
        Event(number=92, at=world.now, what="correct_details", about="p2", by=office.jo_id, command="fix-2",
              detail={"which": "organisation"}),
    ]  # fmt: skip
    await world.file(office.case_id, journey, events)
    page = (await office.meg.get(f"/cases/{office.reference}")).text
    shown = text_of(page)
    assert "Corrected: the initial visit of Ruth Whitfield, from “held” to “nobody came”" in shown
    assert "· Jo Coordinator Corrected: the initial visit" in shown
    assert "They were ill, Ruth says." in shown
    assert "Corrected: the organisation's name (Oakfield Primary School)" in shown
    assert "Now Oakwood School" in shown
    assert page.count(VISIT) == 1, "a record is corrected at its newest line"


async def test_an_amendment_keeps_numbers_and_says_why(office: Office) -> None:
    path = f"/cases/{office.reference}/do/amend_agreement"
    await office.jo.get(path)
    assert "20 hours of one-to-one support" in office.jo.page
    filled = {
        "what1": "The school gives Maya 15 hours.", "owner1": "p2", "by1": "2027-03-26",
        "what2": "The authority sends a psychologist.", "owner2": "p3", "by2": "2027-01-29", "dropped2": "yes",
        "what3": "The family sends the report.", "owner3": "p1", "by3": "2027-02-01", "outcome": "partial",
    }  # fmt: skip
    for missing in ({**filled, "reason": ""}, {**filled, "what1": "", "reason": "why"}):
        answer = await office.jo.post(path, missing)
        assert answer.status_code == 422
        assert "The family sends the report." in answer.text
    assert (await office.jo.post(path, {**filled, "reason": "The hours were wrong."})).status_code == 303
    command = office.world.taken[-1]
    assert isinstance(command, AmendAgreement)
    assert [(term.owner, term.dropped) for term in command.terms] == [("p2", False), ("p3", True), ("p1", False)]
    assert (command.version, command.outcome) == (1, "partial")
    assert "hours" not in json.dumps(command.model_dump(mode="json"))


async def test_words_that_cannot_be_a_child_are_told_at_the_field(office: Office) -> None:
    path = f"/cases/{office.reference}/do/correct_details?about=child"
    await office.jo.get(path)
    assert 'value="Maya Whitfield"' in office.jo.page
    for name, born in (("", "12/4/2017"), ("Maya", "31/2/2017"), ("Maya", "1/1/1066"), ("a\u202eb", "12/4/2017")):
        answer = await office.jo.post(path, {"child_name": name, "born": born, "reason": "misspelt"})
        assert answer.status_code == 422, (name, born)
        assert "misspelt" in answer.text
    assert office.world.taken == []
