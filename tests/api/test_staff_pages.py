"""The pages of the staff, on a case in the middle of its journey."""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from api.staff.forms import FORMS
from casefile.commands import Outcome
from domain import words
from domain.commands import (
    COMMANDS,
    MAILBOX,
    FixJointMeeting,
    OfferVisitDates,
    ReceiveReply,
    ReplyTexts,
    StaffRole,
    WriteAgreement,
)
from domain.journey import Ending, Event, Journey, OpenAsk, Task
from domain.refusals import Refusal
from domain.stages import Closing, ClosingReason, Stage
from settings import Settings
from tests.api.staff_world import NOW, REFERRAL, VALID, Office, hidden, parties, running, text_of

COORDINATOR, MANAGER, MEDIATOR = StaffRole.COORDINATOR, StaffRole.MANAGER, StaffRole.MEDIATOR


# Reading


async def test_the_case_page_says_what_happens_next_and_all_that_happened(office: Office) -> None:
    said = text_of((await office.jo.get(f"/cases/{office.reference}")).text)
    for expected in (
        "Maya Whitfield",
        "What happens next and when Reminder 2 to Westborough Council on Thu 3 Dec 10:00, unless they answer",
        "Westborough Council: dates that suit for the joint meeting",
        "Ring Westborough Council",
        "Initial visit: Ruth Whitfield Held",
        "Helen Marsh",
        "Out for comments",
        "20 hours of one-to-one support",
        "Maya likes the new teacher.",
        "Download version 1 (PDF)",
        "Came back: the address did not accept it",
        "Fix the joint meeting",
    ):
        assert expected in said, expected
    assert "thinks of moving house" not in said  # private to the party and its mediator
    assert "thinks of moving house" in text_of((await office.meg.get(f"/cases/{office.reference}")).text)


async def test_a_get_over_all_links_changes_no_row(office: Office) -> None:
    office.world.clock.now += timedelta(minutes=20)
    before = await office.world.rows()
    for reader in (office.jo, office.max, office.meg):
        seen: set[str] = set()
        todo = [f"/cases/{office.reference}", "/", "/cases", "/tasks", "/panel", "/mediator", "/nowhere"]
        while todo:
            path = todo.pop()
            if path in seen:
                continue
            seen.add(path)
            answer = await reader.get(path)
            assert answer.status_code in (200, 403, 404, 503), (path, answer.status_code)
            todo += [unescape(link) for link in re.findall(r'href="(/[^"#]*)', answer.text)]
        assert len(seen) > 25 or reader is office.meg, seen
    assert await office.world.rows() == before


async def test_answers_carry_their_shields(office: Office) -> None:
    answer = await office.jo.get(f"/cases/{office.reference}")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert (await office.jo.get("/static/mark.svg")).status_code == 200


async def test_letters_are_shown_as_sent_without_the_personal_link(office: Office) -> None:
    said = text_of((await office.jo.get(f"/cases/{office.reference}/letters/letter0")).text)
    assert "Dear Ruth Whitfield" in said
    assert "[your personal link]" in said
    waiting = text_of((await office.jo.get(f"/cases/{office.reference}/letters/letter3")).text)
    assert "not written yet" in waiting
    assert (await office.jo.get(f"/cases/{office.reference}/letters/nothing")).status_code == 404


async def test_the_agreement_is_downloaded(office: Office) -> None:
    answer = await office.jo.get(f"/cases/{office.reference}/agreement/1.pdf")
    assert answer.content == b"%PDF-1.7 the agreement"
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    for version in ("2", "0", "-1", "99999999999", "x"):
        path = f"/cases/{office.reference}/agreement/{version}.pdf"
        assert (await office.jo.get(path)).status_code in (404, 422), version


@pytest.mark.both_databases
async def test_unknown_cases_and_actions_are_told_in_a_sentence(office: Office) -> None:
    for path in (
        "/cases/SM-2026-99999",
        "/cases/%00",
        "/cases/" + "x" * 3000,
        f"/cases/{office.reference}/do/explode",
        f"/cases/{office.reference}/do/answer_consent?about=p9",
        f"/cases/{office.reference}/do/tick_task?about=nothing",
        f"/cases/{office.reference}/do/record_action?about=99",
        f"/cases/{office.reference}/do/answer_allocation?about=%F0%9F%92%A5",
        "/nowhere",
    ):
        answer = await office.jo.get(path)
        assert answer.status_code in (403, 404), path
        assert len(text_of(answer.text)) > 40
    assert (await office.jo.client.post(f"/cases/{office.reference}")).status_code == 405
    problem = await office.jo.client.get("/api/nowhere")
    assert problem.headers["content-type"] == "application/problem+json"


async def test_a_mediator_sees_their_own_cases_only(office: Office) -> None:
    _, other = await office.world.case(office.jo_id, key="another-0123456789", name="Noah Bright")
    assert (await office.meg.get(f"/cases/{office.reference}")).status_code == 200
    for path in (f"/cases/{other}", f"/cases/{other}/do/hold", f"/cases/{other}/letters/letter0"):
        assert (await office.meg.get(path)).status_code == 404
    listed = text_of((await office.meg.get("/cases?state=all")).text)
    assert office.reference in listed
    assert "Noah Bright" not in listed
    assert office.reference in text_of((await office.meg.get("/mediator")).text)


async def test_an_offered_case_is_accepted_or_declined(office: Office) -> None:
    case_id, reference = await office.world.case(office.jo_id, key="offered-0123456789", name="Noah Bright")
    await office.world.file(
        case_id,
        Journey(
            parties=parties(),
            stage=Stage.ALLOCATION,
            contacted=["p1", "p2", "p3"],
            offered_to=office.meg_id,
            offer=1,
            asks=[OpenAsk(key="acceptance/1", of="mediator", asked=office.world.now)],
        ),
    )
    said = text_of((await office.meg.get("/mediator")).text)
    assert f"Offered to you {reference}" in said
    path = f"/cases/{reference}/do/answer_allocation?about=1"
    await office.meg.get(path)
    assert (await office.meg.post(path, {"answer": "conflict"})).status_code == 303
    taken = office.world.taken[-1].model_dump()
    assert (taken["offer"], taken["accepts"], taken["conflict"]) == (1, False, True)
    assert "Accept or decline" not in text_of((await office.jo.get(f"/cases/{reference}")).text)


@pytest.mark.both_databases
async def test_lists_filter_and_forgive_nonsense(office: Office) -> None:
    await office.world.case(office.jo_id, key="another-0123456789", name="Noah Bright")
    for query, expected, unexpected in (
        ("", "Maya", "Nobody"),
        ("?stage=joint_meeting", "Maya", "Noah"),
        ("?escalated=1", "Maya", "Noah"),
        ("?state=closed", "No case matches", "Maya"),
        ("?reference=00002", "Noah", "Maya"),
        ("?mine=1", "Maya", "Nobody"),
        ("?page=9999999999&stage=nonsense&state=%00&reference=%25", "case", "Nobody"),
    ):
        said = text_of((await office.jo.get(f"/cases{query}")).text)
        assert expected in said, query
        assert unexpected not in said, query


async def test_tasks_lead_to_what_does_them(office: Office) -> None:
    said = (await office.jo.get("/tasks")).text
    assert f"/cases/{office.reference}/do/tick_task?about=phone%2Favailability%2Fp3%2F1%2F1" in said
    assert f"/cases/{office.reference}/do/fix_joint_meeting" in said
    assert "Late" in text_of(said)
    assert "Decide what the silence" not in said  # a manager's
    assert "decide_on_silence?about=availability%2Fp3%2F1" in (await office.max.get("/tasks")).text


# Doing


@pytest.mark.parametrize("kind", sorted(COMMANDS))
def test_every_command_has_a_form(kind: str) -> None:
    assert kind in FORMS


@pytest.mark.parametrize(
    "kind", sorted(set(COMMANDS) - {"offer_mediator", "answer_allocation", "reassign", "add_paper"})
)
async def test_each_form_becomes_its_command_once(office: Office, kind: str) -> None:
    about, data = VALID[kind]
    path = f"/cases/{office.reference}/do/{kind}" + (f"?about={about.replace('/', '%2F')}" if about else "")
    for person in (office.max, office.meg, office.jo):
        if (await person.get(path)).status_code == 200:
            break
    else:
        pytest.fail("nobody can open the form")
    key = hidden(person.page, "key")
    first = await person.post(path, data)
    assert first.status_code == 303, text_of(first.text)
    assert first.headers["location"] == f"/cases/{office.reference}?done={key}"
    await person.get(path)
    again = await person.post(path, {**data, "key": key})
    assert again.headers["location"] == first.headers["location"]
    assert len(office.world.taken) == 1
    command = office.world.taken[0]
    assert (command.kind(), command.id, command.case_id) == (kind, key, office.case_id)
    notice = text_of((await person.get(first.headers["location"])).text)
    assert f"{COMMANDS[kind].title}: recorded" in notice


async def test_a_reply_by_e_mail_is_read_where_it_is_ticked_off(office: Office) -> None:
    """By those who run the case; the mediator sees that somebody wrote, and not what."""
    reply = ReceiveReply(id="mail-1", case_id=office.case_id, actor=MAILBOX, at=office.world.now, person="p3.1")
    said = ReplyTexts(
        sender="li@la.example", subject="Re: dates", words="In January.\n\nNot before.", attachments="a.pdf"
    )
    commands = office.world.services.intake.commands
    await commands.store(reply, said)
    await commands.settle(reply.id, Outcome(status="accepted"), office.world.now)
    journey = (await office.world.services.cases.load(office.case_id)).journey
    assert journey
    task = "reply/p3.1/mail-1"
    journey.tasks.append(
        Task(key=task, kind="read_reply", about="p3.1", role=StaffRole.COORDINATOR, opened=office.world.now)
    )
    line = Event(number=90, at=office.world.now, what="receive_reply", about="p3.1", by=MAILBOX.id, command=reply.id)
    await office.world.file(office.case_id, journey, [line])
    path = f"/cases/{office.reference}/do/tick_task?about={quote(task, safe='')}"
    assert path in (await office.jo.get("/tasks")).text
    form = text_of((await office.jo.get(path)).text)
    case = text_of((await office.jo.get(f"/cases/{office.reference}")).text)
    for shown in ("li@la.example", "Re: dates", "In January.", "Not before.", "a.pdf"):
        assert shown in form
        assert shown in case
    assert "Read the reply of" in form
    for seen in (path, f"/cases/{office.reference}"):
        assert "In January." not in text_of((await office.meg.get(seen)).text)
    await office.jo.get(path)
    assert (await office.jo.post(path, {"note": ""})).status_code == 303
    assert office.world.taken[-1].model_dump()["task"] == task


async def test_offering_a_mediator(office: Office) -> None:
    path = f"/cases/{office.reference}/do/offer_mediator"
    await office.jo.get(path)
    assert "Meg Mediator" in office.jo.page
    assert (await office.jo.post(path, {"mediator": office.meg_id})).status_code == 303
    assert office.world.taken[0].model_dump()["mediator"] == office.meg_id


async def test_handing_one_case_over(office: Office) -> None:
    ida, _, _ = await office.world.staff("Ida Colleague", COORDINATOR)
    path = f"/cases/{office.reference}/do/reassign"
    await office.jo.get(path)
    assert "Ida Colleague" in office.jo.page
    assert f'value="{office.jo_id}"' not in office.jo.page
    assert (await office.jo.post(path, {"coordinator": ida, "reason": "on leave"})).status_code == 303
    assert office.world.taken[0].model_dump()["coordinator"] == ida


async def test_times_typed_are_londons(office: Office) -> None:
    path = f"/cases/{office.reference}/do/offer_visit_dates?about=p2"
    await office.jo.get(path)
    data = {"date1": "2027-06-14", "time1": "10:00", "minutes": "60", "online": "yes", "place": "https://x.example"}
    await office.jo.post(path, data)
    command = office.world.taken[0]
    assert isinstance(command, OfferVisitDates)
    assert command.slots[0].start.isoformat() == "2027-06-14T09:00:00+00:00"


async def test_the_words_go_into_the_texts(office: Office) -> None:
    path = f"/cases/{office.reference}/do/write_agreement"
    await office.jo.get(path)
    await office.jo.post(path, VALID["write_agreement"][1])
    command = office.world.taken[0]
    texts = (await office.world.services.cases.load(office.case_id)).texts[command.id]
    assert isinstance(command, WriteAgreement)
    assert [(term.owner, term.by) for term in command.terms] == [("p2", date(2027, 2, 1)), ("p3", date(2027, 3, 1))]
    assert texts["what"] == ["Support", "Visit"]
    assert "Support" not in str(command.model_dump())


BAD = {
    "past": {"date": "2020-01-01", "time": "10:00", "minutes": "60", "venue": "online", "place": "typed room"},
    "no date": {"date": "2026-02-30", "time": "10:00", "minutes": "60", "venue": "online", "place": "typed room"},
    "no time": {"date": "2026-12-15", "time": "25:99", "minutes": "60", "venue": "online", "place": "typed room"},
    "odd minute": {"date": "2026-12-15", "time": "10:03", "minutes": "60", "venue": "online", "place": "typed room"},
    "too long": {"date": "2026-12-15", "time": "10:00", "minutes": "999999", "venue": "online", "place": "typed room"},
    "word": {"date": "2026-12-15", "time": "10:00", "minutes": "an hour", "venue": "online", "place": "typed room"},
    "unknown venue": {"date": "2026-12-15", "time": "10:00", "minutes": "60", "venue": "moon", "place": "typed room"},
    "header": {"date": "2026-12-15", "time": "10:00", "minutes": "60", "venue": "online",
               "place": "typed room\r\nBcc: all@evil.example"},
    "huge": {"date": "2026-12-15", "time": "10:00", "minutes": "60", "venue": "online",
             "place": "typed room" + "x" * 5000},
    "year": {"date": "0001-01-01", "time": "00:00", "minutes": "60", "venue": "online", "place": "typed room"},
    "surrogate": {"date": "2026-12-15", "time": "٣٣:٠٠", "minutes": "٦", "venue": "online", "place": "typed room"},
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
async def test_bad_input_is_told_at_the_field_and_kept(office: Office, bad: str) -> None:
    path = f"/cases/{office.reference}/do/fix_joint_meeting"
    await office.jo.get(path)
    key = hidden(office.jo.page, "key")
    answer = await office.jo.post(path, {**BAD[bad], "note": "<b>typed & kept</b>"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "typed room" in answer.text
    assert "&lt;b&gt;typed &amp; kept&lt;/b&gt;" in answer.text
    assert hidden(answer.text, "key") == key
    assert office.world.taken == []
    mended = {**BAD[bad], "date": "2026-12-15", "time": "10:00", "minutes": "60", "venue": "online", "place": "room"}
    assert (await office.jo.post(path, mended)).status_code == 303
    assert isinstance(office.world.taken[0], FixJointMeeting)


@pytest.mark.parametrize("kind", sorted(COMMANDS))
async def test_empty_forms_are_never_a_fault(office: Office, kind: str) -> None:
    about = VALID.get(kind, ("1", {}))[0] if kind != "offer_mediator" else ""
    path = f"/cases/{office.reference}/do/{kind}?about={about.replace('/', '%2F')}"
    for person in (office.max, office.meg, office.jo):
        if (await person.get(path)).status_code == 200:
            assert (await person.post(path, {})).status_code in (303, 422)
            assert (await person.post(path, {"version": "x", "key": "short"})).status_code == 422


NONSENSE = {
    "far too long": "x" * 30_000,
    "control characters": "a\x00b\x07c",
    "markup": "<script>alert(1)</script>",
}


@pytest.mark.parametrize("nonsense", NONSENSE)
async def test_no_nonsense_breaks_a_form_and_what_was_typed_stays(office: Office, nonsense: str) -> None:
    """In each answer of each form that takes words, and in what a form carries hidden."""
    bad = NONSENSE[nonsense]
    for kind in sorted(VALID):
        about, data = VALID[kind]
        path = f"/cases/{office.reference}/do/{kind}?about={quote(about, safe='')}"
        for person in (office.max, office.meg, office.jo):
            if (await person.get(path)).status_code == 200:
                break
        names = re.findall(
            r'class="govuk-(?:textarea|input)\b[^>]* name="(\w+)"(?![^>]* type="(?:date|time)")', person.page
        )
        answer = await person.post(path, {**data, **dict.fromkeys(names, bad), "version": bad, "seen": bad})
        assert answer.status_code in (303, 409, 422), (kind, answer.status_code)
        if answer.status_code != 303:
            assert len(text_of(answer.text)) > 40, kind
            assert not names or names[0] in answer.text, kind
            assert "<script>" not in answer.text, kind
            if answer.status_code == 422 and nonsense == "far too long" and names:
                assert bad in unescape(answer.text), kind


async def test_wrong_role_is_refused(office: Office) -> None:
    for person, kind in ((office.jo, "close_case"), (office.meg, "pause"), (office.jo, "release")):
        before = len(office.world.taken)
        assert (await person.get(f"/cases/{office.reference}/do/{kind}")).status_code == 403
        await person.get(f"/cases/{office.reference}")
        answer = await person.post(f"/cases/{office.reference}/do/{kind}", {"key": "k" * 20, "reason": "conceded"})
        assert answer.status_code == 403
        assert len(office.world.taken) == before


async def test_a_refusal_keeps_the_words_and_can_be_put_right(office: Office) -> None:
    office.world.temporal.refuse["fix_joint_meeting"] = (Refusal.VENUE_NOT_NEUTRAL, "")
    path = f"/cases/{office.reference}/do/fix_joint_meeting"
    await office.jo.get(path)
    answer = await office.jo.post(path, VALID["fix_joint_meeting"][1])
    assert answer.status_code == 409
    assert "belongs to a party" in text_of(answer.text)
    assert 'value="https://meet.example"' in answer.text
    office.world.temporal.refuse.clear()
    assert (await office.jo.post(path, VALID["fix_joint_meeting"][1])).status_code == 303


async def test_what_cannot_be_delivered_yet_is_told_honestly(office: Office) -> None:
    office.world.temporal.away = True
    path = f"/cases/{office.reference}/do/pause"
    await office.jo.get(path)
    answer = await office.jo.post(path, {})
    said = text_of((await office.jo.get(answer.headers["location"])).text)
    assert "We have" in said
    assert "Stored, and not in effect yet: Pause the case" in said


async def test_an_end_that_can_be_undone_stands_on_the_page_with_its_time(office: Office) -> None:
    at = office.world.now.replace(hour=15, minute=20)
    ending = Ending(closing=Closing(reason=ClosingReason.WITHDRAWN, who="p2"), at=at)
    call = OpenAsk(key="explaining_call", of="coordinator", asked=at)
    task = Task(
        key="explaining_call", kind="explaining_call", about="explaining_call", role=StaffRole.COORDINATOR, opened=at
    )
    journey = Journey(
        parties=parties(), stage=Stage.CONSENT, contacted=["p1", "p2"], ending=ending, asks=[call], tasks=[task]
    )
    await office.world.file(office.case_id, journey)
    assert "do/record_explaining_call" in (await office.jo.get("/tasks")).text, "a task leads to its own form"
    page = await office.jo.get(f"/cases/{office.reference}")
    assert f"The case closes at {words.clock(at)}" in text_of(page.text)
    assert f"/cases/{office.reference}/do/undo" in page.text
    assert "do/withdraw" not in page.text


async def test_many_cases_are_handed_over_at_once_with_a_line_for_each(office: Office) -> None:
    ida, _, _ = await office.world.staff("Ida Colleague", StaffRole.COORDINATOR)
    _, second = await office.world.case(office.jo_id, key="refer-second-0123456789")
    await office.jo.get("/cases")
    assert f'name="case" value="{second}"' in office.jo.page
    data = {"case": [office.reference, second, "SM-1999-00001"], "coordinator": ida, "reason": "on leave"}
    office.world.taken.clear()
    answer = await office.jo.post("/cases/reassign", data)
    assert answer.status_code == 200, text_of(answer.text)
    said = text_of(answer.text)
    assert "Handed to Ida Colleague" in said
    assert f"{office.reference} : Recorded." in said
    assert f"{second} : Recorded." in said
    assert "SM-1999-00001 : There is no such case." in said
    await office.jo.post("/cases/reassign", data)  # the browser's "send again"
    handed = [command for command in office.world.taken if command.kind() == "reassign"]
    assert [command.model_dump()["coordinator"] for command in handed] == [ida, ida]


@pytest.mark.parametrize("missing", ["case", "coordinator", "reason"])
async def test_a_hand_over_that_lacks_something_changes_nothing(office: Office, missing: str) -> None:
    ida, _, _ = await office.world.staff("Ida Colleague", StaffRole.COORDINATOR)
    await office.jo.get("/cases")
    data = {"case": office.reference, "coordinator": ida, "reason": "on leave"}
    answer = await office.jo.post("/cases/reassign", {**data, missing: ""})
    assert answer.status_code == 422
    assert office.world.taken == []
    await office.meg.get("/cases")
    assert 'name="case"' not in office.meg.page
    assert (await office.meg.post("/cases/reassign", data)).status_code == 403


async def test_a_stale_form_keeps_what_was_typed(office: Office) -> None:
    path = f"/cases/{office.reference}/do/decide_on_silence?about=availability%2Fp3%2F1"
    await office.max.get(path)
    await office.world.file(office.case_id, Journey(parties=parties(), stage=Stage.CLOSED, closing=Closing(
        reason=ClosingReason.WITHDRAWN, who="p1"), closed_at=office.world.now))  # fmt: skip
    answer = await office.max.post(path, {"decision": "wait", "note": "They rang me."})
    assert answer.status_code == 409
    assert "They rang me." in text_of(answer.text)
    said = text_of((await office.max.get(f"/cases/{office.reference}")).text)
    assert "How it ended The case closed because Ruth Whitfield withdrew." in said


async def test_a_case_whose_workflow_has_not_begun(office: Office) -> None:
    _, reference = await office.world.case(office.jo_id, key="fresh-0123456789abc", name="Noah Bright")
    assert "begins as soon as" in text_of((await office.jo.get(f"/cases/{reference}")).text)
    assert (await office.jo.get(f"/cases/{reference}/do/pause")).status_code == 409


async def test_too_much_at_once(office: Office) -> None:
    path = f"/cases/{office.reference}/do/pause"
    await office.jo.get(path)
    answer = await office.jo.post(path, {"note": "x" * 1_200_000})
    assert answer.status_code == 413
    assert "more than 1 MB" in text_of(answer.text)

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 50_000

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await office.jo.client.post(path, content=drip(), headers=headers)).status_code == 413
    broken = await office.jo.client.post(path, content=b"--x", headers={"Content-Type": "multipart/form-data"})
    assert broken.status_code in (400, 403)


# A new case


@pytest.mark.both_databases
async def test_a_referral_is_checked_and_becomes_one_case(office: Office) -> None:
    await office.jo.get("/cases/new")
    key = hidden(office.jo.page, "key")
    more = await office.jo.post("/cases/new", {**REFERRAL, "action": "add_party"})
    assert more.status_code == 200
    assert "Other party 3" in more.text
    assert 'value="Helen Marsh"' in more.text
    check = await office.jo.post("/cases/new", {**REFERRAL, "action": "check"})
    said = text_of(check.text)
    assert "Check your answers" in said
    assert "Supporter or friend Sam Okoro" in said
    assert "The school <does> not give support." in said
    change = await office.jo.post("/cases/new", {**REFERRAL, "action": "change"})
    assert 'value="Noah Bright"' in change.text
    assert hidden(change.text, "key") == key
    made = await office.jo.post("/cases/new", {**REFERRAL, "action": "create"})
    assert made.status_code == 303
    again = await office.jo.post("/cases/new", {**REFERRAL, "action": "create"})
    assert again.headers["location"] == made.headers["location"]
    assert len((await office.world.rows())["mediation_case"]) == 2
    assert "Noah Bright" in text_of((await office.jo.get(made.headers["location"])).text)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"child": ""}, "child"),
        ({"child": "x" * 300}, "child"),
        ({"child": "Noah\r\nBcc: x@y.example"}, "child"),
        ({"about": "  "}, "about"),
        ({"about": "x" * 9000}, "about"),
        ({"born": "2016-13-40"}, "born"),
        ({"born": "1899-01-01"}, "born"),
        ({"p1_role": "health_body"}, "p1_role"),
        ({"p1_1_email": "no address"}, "p1_1_email"),
        ({"p1_1_email": "a@b.example\nBcc: c@d.example"}, "p1_1_email"),
        ({"p2_organisation": ""}, "p2_organisation"),
        ({"p2_role": "parent", "p2_organisation": "", "p2_1_name": ""}, "p2_1_name"),
        ({"p2_1_email": "ruth@family.example"}, "p1_1_email"),
        ({"p3_1_name": "Somebody"}, "p3_role"),
        ({"p1_2_role": "king"}, "p1_2_role"),
        ({"policy": "none"}, "policy"),
    ],
)
async def test_a_bad_referral_is_told_at_the_field_and_kept(office: Office, change: dict[str, str], name: str) -> None:
    for action in ("check", "create"):
        await office.jo.get("/cases/new")
        answer = await office.jo.post("/cases/new", {**REFERRAL, **change, "action": action})
        assert answer.status_code == 422
        assert f'href="#{name}"' in answer.text
        assert f'id="{name}"' in answer.text
        assert 'value="Helen Marsh"' in answer.text or "p2_1_name" in change
        assert 'value="Sam Okoro"' in answer.text
    assert len((await office.world.rows())["mediation_case"]) == 1


MAYA_AGAIN = {**REFERRAL, "child": "Maia Whitfeild", "born": "", "p1_1_postcode": "ex1 2ab"}


async def test_a_known_child_is_offered_before_anything_is_saved(office: Office) -> None:
    for action in ("check", "create"):
        await office.jo.get("/cases/new")
        answer = await office.jo.post("/cases/new", {**MAYA_AGAIN, "action": action})
        said = text_of(answer.text)
        assert f"This is the same: open {office.reference}" in said
        for part in (
            "Maya Whitfield",
            "A similar name, the same e-mail address of the family",
            "Joint meeting",
            "Jo Co",
        ):
            assert part in said, part
        assert 'name="p2_1_name" value="Helen Marsh"' in answer.text
        assert 'name="p1_1_postcode" value="ex1 2ab"' in answer.text
    assert len((await office.world.rows())["mediation_case"]) == 1


async def test_another_matter_is_saved_with_its_reason(office: Office) -> None:
    await office.jo.get("/cases/new")
    key = hidden(office.jo.page, "key")
    data = {**MAYA_AGAIN, "action": "another", "shown": office.reference}
    silent = await office.jo.post("/cases/new", data)
    assert silent.status_code == 422
    assert 'href="#why_another"' in silent.text
    too_long = await office.jo.post("/cases/new", {**data, "why_another": "kept" * 3000})
    assert too_long.status_code == 422
    assert "kept" in too_long.text
    check = await office.jo.post("/cases/new", {**data, "why_another": "A new dispute, about <transport>"})
    assert "Check your answers" in text_of(check.text)
    decided = {"other_than": office.reference, "why_another": "A new dispute, about <transport>"}
    for name, value in (("other_than", office.reference), ("why_another", "A new dispute, about &lt;transport&gt;")):
        assert hidden(check.text, name) == value
    change = await office.jo.post("/cases/new", {**MAYA_AGAIN, **decided, "action": "change"})
    assert hidden(change.text, "other_than") == office.reference
    made = await office.jo.post("/cases/new", {**MAYA_AGAIN, **decided, "action": "create"})
    assert made.status_code == 303
    shown = text_of((await office.jo.get(made.headers["location"])).text)
    assert f"Not the same as {office.reference} A new dispute, about <transport>" in shown
    assert "EX1 2AB" in shown
    again = await office.jo.post("/cases/new", {**MAYA_AGAIN, **decided, "action": "create", "key": key})
    assert again.headers["location"] == made.headers["location"]


async def test_a_case_that_came_in_meanwhile_is_offered_too(office: Office) -> None:
    _, other = await office.world.case(office.jo_id, key="meanwhile-0123456789", name="Maya Whitfield")
    await office.jo.get("/cases/new")
    decided = {"other_than": office.reference, "why_another": "Transport"}
    answer = await office.jo.post("/cases/new", {**MAYA_AGAIN, **decided, "action": "create"})
    assert f"open {other}" in text_of(answer.text)
    assert "Transport" in answer.text
    forged = {**MAYA_AGAIN, "other_than": [office.reference, other], "action": "create"}
    assert (await office.jo.post("/cases/new", forged)).status_code == 422
    assert len((await office.world.rows())["mediation_case"]) == 2


async def test_the_demo_policy_is_offered_only_where_it_is_allowed(settings: Settings) -> None:
    async with running(settings.model_copy(update={"allow_demo_policy": False})) as (world, browser):
        _, email, password = await world.staff("Jo Coordinator", COORDINATOR)
        jo = browser()
        await jo.sign_in(email, password)
        assert "Demonstration" not in (await jo.get("/cases/new")).text
        answer = await jo.post("/cases/new", {**REFERRAL, "policy": "demo", "action": "create"})
        assert answer.status_code == 422


# The service


async def test_a_mediator_joins_the_panel_with_a_password_that_is_shown_once(office: Office) -> None:
    await office.max.get("/panel")
    new = {
        "name": "Nia New",
        "email": "nia@service.example",
        "professional_body": "CMC",
        "registered_until": "2028-01-31",
        "trained": "yes",
    }
    shown = await office.max.post("/panel", new)
    password = shown.text.split('class="secret">')[1].split("<")[0]
    nia = office.browser()
    assert (await nia.sign_in("nia@service.example", password)).headers["location"] == "/mediator"
    await office.max.get("/panel")
    assert password not in office.max.page
    assert (await office.max.post("/panel", {**new, "registered_until": "2029-01-31"})).status_code == 303
    assert (await nia.get("/mediator")).url.path == "/mediator"  # renewed, with the same password
    assert "31 Jan 2029" in (await office.max.get("/panel")).text
    for wrong in ({"email": "x"}, {"registered_until": "soon"}, {"trained": ""}, {"name": "a\nb"}):
        answer = await office.max.post("/panel", {**new, **wrong})
        assert answer.status_code == 422, wrong
        assert 'value="CMC"' in answer.text
    await office.max.get("/panel")
    assert (await office.max.post(f"/panel/{office.meg_id}/conflict", {"organisation": " "})).status_code == 422
    await office.max.get("/panel")
    conflict = {"organisation": "St. Mary's School"}
    assert (await office.max.post(f"/panel/{office.meg_id}/conflict", conflict)).status_code == 303
    assert "st marys school" in str((await office.world.rows())["mediator_conflict"])
    assert (await office.max.post("/panel/nobody/conflict", conflict)).status_code == 404


async def test_what_a_mediators_place_on_the_panel_rests_on_is_changed_in_the_browser(office: Office) -> None:
    max, address = office.max, f"/panel/{office.meg_id}"
    await max.get(address)
    good = {
        "professional_body": "College of Mediators",
        "registered_until": "2028-06-30",
        "training": "SEN law refresher",
        "trained_on": "2026-09-01",
        "supervised_on": "2026-10-01",
        "supervision_due": f"{NOW.date() + timedelta(days=60)}",
        "capacity": "1",
    }
    before = (await office.world.rows())["mediator"]
    ahead = f"{NOW.date() + timedelta(days=1)}"
    for wrong, sentence in {
        ("capacity", "-1"): "Cases at once must be a whole number from 0 to 99, or empty.",
        ("capacity", "9" * 5000): "Cases at once must be a whole number from 0 to 99, or empty.",
        ("capacity", "²"): "Cases at once must be a whole number from 0 to 99, or empty.",
        ("trained_on", ""): "Day of the latest training: give it, too, or leave the training empty.",
        ("training", ""): "Day of the latest training: say what the training was, or leave this empty.",
        ("trained_on", ahead): "Day of the latest training must not lie in the future.",
        ("supervised_on", ahead): "Last supervision must not lie in the future.",
        ("supervision_due", "2026-10-01"): "Next supervision due: it comes after the last one, on Thu 1 Oct 2026.",
        ("registered_until", "2027-02-30"): "Registered until must be a real date, such as 3/12/2026.",
        ("registered_until", ""): "Registered until: give the date.",
        ("professional_body", ""): "Professional body: this must be filled in.",
        ("training", "a\nb"): "Latest training must be on one line, without control characters.",
    }.items():
        answer = await max.post(address, {**good, wrong[0]: wrong[1]})
        assert answer.status_code == 422, wrong
        assert sentence in text_of(answer.text), wrong
        assert 'value="2028-06-30"' in answer.text or wrong[0] == "registered_until", "what was typed is kept"
    assert (await office.world.rows())["mediator"] == before
    assert (await max.post(address, good)).status_code == 303
    shown = text_of((await max.get("/panel")).text)
    for said in ("SEN law refresher, Tue 1 Sep 2026", "1 of 1 at once: no further case", "Supervision is due on"):
        assert said in shown
    assert 'value="SEN law refresher"' in (await max.get(address)).text
    bare = {"professional_body": "CMC", "registered_until": f"{NOW.date() - timedelta(days=1)}"}
    assert (await max.post(address, bare)).status_code == 303
    shown = text_of((await max.get("/panel")).text)
    assert "Registration ended on" in shown
    assert "Supervision is due" not in shown
    assert (await max.get("/panel/nobody")).status_code == 404
    await max.get("/panel")
    assert (await max.post("/panel/nobody", good)).status_code == 404


async def test_venues_and_staff_are_added(office: Office) -> None:
    await office.max.get("/venues")
    hall = {
        "name": "Town Hall",
        "address": "Square 1",
        "owner": "Westborough Council",
        "access": "step-free",
        "rooms": "one for twelve",
        "cost": "£45.50",
    }
    key = hidden(office.max.page, "key")
    for _ in range(2):
        assert (await office.max.post("/venues", {**hall, "key": key})).status_code == 303
    assert (await office.max.get("/venues")).text.count("Square 1") == 1
    assert (await office.max.post("/venues", {**hall, "name": ""})).status_code == 422
    [town_hall] = [one for one in await office.world.services.reading.venues() if one.name == "Town Hall"]
    assert (town_hall.access, town_hall.rooms, town_hall.cost) == ("step-free", "one for twelve", 4550)
    address = f"/venues/{town_hall.id}"
    assert 'value="£45.50"' in (await office.max.get(address)).text
    before = (await office.world.rows())["venue"]
    for cost in ("45,50", "-1", "dear", "1000000000000", "٤٥"):
        answer = await office.max.post(address, {**hall, "access": "a ramp", "cost": cost})
        assert answer.status_code == 422, cost
        assert "Cost of half a day: write pounds, such as 45 or 45.50" in text_of(answer.text)
        assert 'value="a ramp"' in answer.text
    assert (await office.world.rows())["venue"] == before
    changed = {**hall, "access": "a ramp", "owner": "", "cost": "Free"}
    assert (await office.max.post(address, changed)).status_code == 303
    choice = await office.jo.get(f"/cases/{office.reference}/do/fix_joint_meeting")
    assert "a ramp · one for twelve · free" in text_of(choice.text)
    listed = text_of((await office.max.get("/venues")).text)
    assert "a ramp one for twelve free Change Town Hall" in " ".join(listed.split())
    assert (await office.max.get("/venues/nowhere")).status_code == 404
    await office.max.get(address)
    assert (await office.max.post("/venues/nowhere", hall)).status_code == 404
    await office.max.get("/venues")
    await office.max.get("/staff")
    new = {"name": "Sue Safe", "email": "sue@service.example", "roles": ["safeguarding_lead", "coordinator"]}
    assert 'class="secret"' in (await office.max.post("/staff", new)).text
    await office.max.get("/staff")
    twice = await office.max.post("/staff", new)
    assert twice.status_code == 422
    assert "already" in text_of(twice.text)
    mistakes: list[dict[str, Any]] = [{"roles": []}, {"roles": ["king"]}, {"email": "x\r\ny"}]
    for wrong in mistakes:
        assert (await office.max.post("/staff", {**new, "email": "new@service.example", **wrong})).status_code == 422


async def test_health_names_what_is_down(office: Office) -> None:
    answer = await office.jo.client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["database"] == "up"
    assert set(answer.json()) == {"status", "database", "temporal", "mail", "calendar"}


async def test_every_question_of_every_form_has_a_name_of_its_own(office: Office) -> None:
    page = (await office.max.get(f"/cases/{office.reference}")).text
    for path in re.findall(r'href="(/cases/[^"]*/do/[^"]*)"', page):
        ids = re.findall(r' id="([^"]+)"', (await office.max.get(unescape(path))).text)
        assert len(ids) == len(set(ids)), path


async def test_a_form_that_outlived_its_session_is_shown_again_as_it_was_typed(office: Office) -> None:
    path = f"/cases/{office.reference}/do/fix_joint_meeting"
    await office.jo.get(path)
    data = {**VALID["fix_joint_meeting"][1], "key": hidden(office.jo.page, "key"), "csrf": "x" * 43}
    answer = await office.jo.post(path, data)
    assert answer.status_code == 403
    assert "nothing was recorded yet" in text_of(answer.text)
    assert 'value="https://meet.example"' in answer.text
    assert office.world.taken == []
    fresh = {name: value for name, value in data.items() if name not in ("csrf", "key")}
    assert (await office.jo.post(path, fresh)).status_code == 303
    assert len(office.world.taken) == 1

    await office.jo.get("/cases/new")
    key = hidden(office.jo.page, "key")
    answer = await office.jo.post("/cases/new", {**REFERRAL, "action": "create", "csrf": "x" * 43})
    assert answer.status_code == 403
    assert 'value="Noah Bright"' in answer.text
    assert hidden(answer.text, "key") == key
    assert (await office.jo.post("/cases/new", {**REFERRAL, "action": "create"})).status_code == 303

    gone = f"/cases/{office.reference}/do/record_action?about=99"
    answer = await office.jo.post(gone, {"note": "They did it.", "csrf": "x" * 43})
    assert answer.status_code == 409
    assert "They did it." in text_of(answer.text)


async def test_roles_are_changed(office: Office) -> None:
    said = (await office.max.get(f"/staff/{office.jo_id}")).text
    assert "Coordinator" in text_of(said)
    path = f"/staff/{office.jo_id}/roles"
    both = {"roles": ["safeguarding_lead", "operations"]}
    assert (await office.max.post(path, both)).status_code == 303
    assert (await office.jo.get("/cases/new")).status_code == 403
    assert (await office.jo.get("/operations")).status_code == 200
    await office.max.get("/staff")
    assert (await office.max.post(path, {})).status_code == 422
    await office.max.get("/staff")
    assert (await office.max.post(f"/staff/{office.meg_id}/roles", {"roles": ["manager"]})).status_code == 303
    members = {one.name: set(one.roles) for one in await office.world.services.staff.list()}
    assert members["Meg Mediator"] == {MEDIATOR, MANAGER}
    await office.max.get("/staff")
    assert (await office.max.post(f"/staff/{office.meg_id}/roles", {})).status_code == 303  # the panel keeps them
    boss = next(one for one in await office.world.services.staff.list() if one.name == "Max Manager")
    await office.max.get("/staff")
    alone = await office.max.post(f"/staff/{boss.id}/roles", {"roles": ["coordinator"]})
    assert alone.status_code == 409
    assert "last manager" in text_of(alone.text)
