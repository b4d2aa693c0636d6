"""Pages about people who did not come, and about letters that came back."""

from typing import Any
from urllib.parse import quote

from sqlmodel import select

from casefile.tables import LetterRow
from domain.commands import DecideOnSilence, RecordJointMeeting, ReportReturnedLetter, StaffRole
from domain.journey import BadAddress, Event, Journey, Meeting, MeetingStatus, OpenAsk, Task
from domain.parties import Channel
from tests.api.staff_world import Office, text_of


async def journey_of(office: Office) -> Journey:
    journey = (await office.world.services.cases.load(office.case_id)).journey
    assert journey
    return journey


async def with_a_bad_address(office: Office) -> None:
    """Letters to the school come back by e-mail, and go by text message."""
    journey, at = await journey_of(office), office.world.now
    school = journey.person("p2.1")
    assert school
    school.channel = Channel.TEXT
    journey.bad_addresses = [BadAddress(person="p2.1", channel=Channel.EMAIL, since=at)]
    journey.tasks.append(
        Task(key="address/p2.1/email", kind="bad_address", about="p2.1", role=StaffRole.COORDINATOR, opened=at)
    )
    detail = {"channel": "email", "now": "text"}
    await office.world.file(
        office.case_id, journey, [Event(number=80, at=at, what="address_failed", about="p2.1", detail=detail)]
    )


async def test_staff_see_that_letters_come_back(office: Office) -> None:
    await with_a_bad_address(office)
    task = "Get the right e-mail address of Helen Marsh: letters come back, and go by text message instead"
    mark = "Letters to this e-mail address come back (since Tue 1 Dec 2026)."
    case = text_of((await office.jo.get(f"/cases/{office.reference}")).text)
    assert task in case
    assert mark in case
    assert "Helen Marsh – lead contact · Text message" in case
    assert "Letters to the e-mail address of Helen Marsh come back; they go by text message from now on" in case
    assert mark in text_of((await office.jo.get(f"/cases/{office.reference}/call")).text)
    assert mark in text_of((await office.jo.get(f"/cases/{office.reference}/do/replace_contact?about=p2")).text)
    assert task in text_of((await office.jo.get("/tasks")).text)
    about = quote("address/p2.1/email", safe="")
    form = text_of((await office.jo.get(f"/cases/{office.reference}/do/tick_task?about={about}")).text)
    assert "Replace or correct a contact" in form


async def test_a_posted_letter_came_back(office: Office) -> None:
    page = f"/cases/{office.reference}/letters/letter1"
    assert "It came back" not in (await office.jo.get(page)).text, "an e-mail"
    async with office.world.services.database.write() as session:
        row = (await session.exec(select(LetterRow).where(LetterRow.id == "letter1"))).one()
        row.channel = "post"
        session.add(row)
    link = f"/cases/{office.reference}/do/report_returned_letter?about=consent_ask%2Fp2.1%2F1%3Aconsent%3Ap2"
    assert link in (await office.jo.get(page)).text
    assert link not in (await office.meg.get(page)).text, "the mediator has no envelopes"
    form = text_of((await office.jo.get(link)).text)
    assert "It came back: “Invitation to take part” to Helen Marsh" in form
    assert (await office.jo.post(link, {"note": "Gone away."})).status_code == 303
    command = office.world.taken[-1]
    assert isinstance(command, ReportReturnedLetter)
    assert (command.kind_of_letter, command.about, command.to, command.number) == (
        "consent_ask", "consent/p2", "p2.1", 1,
    )  # fmt: skip
    for nonsense in ("consent_ask", "a/p9.1/1:", "a/p2.1/x:", "/p2.1/1:", "%00"):
        answer = await office.jo.get(f"/cases/{office.reference}/do/report_returned_letter?about={nonsense}")
        assert answer.status_code == 404


async def test_a_joint_meeting_that_could_not_be_held(office: Office) -> None:
    path = f"/cases/{office.reference}/do/record_joint_meeting"
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"outcome": "no_show", "present": ["p1.1"]}, "Say which party did not come"),
        ({"outcome": "another", "present": ["p1.1"], "absent": ["p2"]}, "only for a meeting that could not be held"),
    ]
    for said, complaint in wrong:
        await office.meg.get(path)
        answer = await office.meg.post(path, said)
        assert answer.status_code == 422
        assert complaint in text_of(answer.text)
        assert 'value="p1.1" checked' in answer.text, "what was ticked is kept"
    await office.meg.get(path)
    assert (
        await office.meg.post(path, {"outcome": "no_show", "present": ["p1.1"], "absent": ["p2", "p3"]})
    ).status_code == 303
    command = office.world.taken[-1]
    assert isinstance(command, RecordJointMeeting)
    assert (command.outcome, command.present, command.absent) == ("no_show", ["p1.1"], ["p2", "p3"])


async def test_the_case_says_who_did_not_come_and_the_manager_decides(office: Office) -> None:
    journey, at = await journey_of(office), office.world.now
    journey.meetings.append(
        Meeting(key="joint_meeting/2", status=MeetingStatus.NO_SHOW, absent=["p2"], outcome="no_show")
    )
    key = "no_show/p2/joint_meeting/2"
    journey.asks.append(OpenAsk(key=key, of="p2", asked=at))
    journey.tasks += [
        Task(key=f"decide/{key}", kind="decide", about=key, role=StaffRole.MANAGER, opened=at),
        Task(key=f"phone/{key}/1", kind="phone", about=key, role=StaffRole.COORDINATOR, opened=at),
    ]
    line = Event(
        number=81,
        at=at,
        what="record_joint_meeting",
        about="joint_meeting/2",
        detail={"outcome": "no_show", "absent": "p2"},
    )
    await office.world.file(office.case_id, journey, [line])
    case = text_of((await office.max.get(f"/cases/{office.reference}")).text)
    assert "Joint meeting Not held" in case
    assert "Did not come Oakfield Primary School" in case
    assert "Oakfield Primary School: a way on after the joint meeting that was missed" in case
    assert "The joint meeting was recorded: not held: somebody did not come, Oakfield Primary School" in case
    assert "Decide how it goes on with Oakfield Primary School, who did not come to the joint meeting" in case
    assert "Ring Oakfield Primary School: they did not come to the joint meeting" in case
    path = f"/cases/{office.reference}/do/decide_on_silence?about={quote(key, safe='')}"
    form = text_of((await office.max.get(path)).text)
    assert "Look for another date" in form
    assert "Wait longer" not in form
    assert (await office.max.post(path, {"decision": "wait"})).status_code == 303
    command = office.world.taken[-1]
    assert isinstance(command, DecideOnSilence)
    assert (command.ask, command.decision) == (key, "wait")


async def test_the_form_of_a_visit_says_what_a_no_show_leads_to(office: Office) -> None:
    path = f"/cases/{office.reference}/do/record_visit?about=p3"
    assert "and you offer new dates" in text_of((await office.meg.get(path)).text)
    journey = await journey_of(office)
    journey.meetings.insert(0, Meeting(key="visit/p3/0", party="p3", status=MeetingStatus.NO_SHOW))
    await office.world.file(office.case_id, journey)
    assert "The manager decides whether new dates are offered" in text_of((await office.meg.get(path)).text)
