"""Letters on a real mail server and a real case file."""

import re
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import lxml.html
import pytest
from icalendar import Calendar
from temporalio.exceptions import ApplicationError

from activities.correspondence import _To
from casefile.cases import add_participant
from casefile.commands import Commands
from casefile.letters import letter_id
from casefile.tables import Case, CoverRow
from domain.commands import Actor, AddLine, How, ResendLetter, Slot, WriteMessage
from domain.journey import Letter, MeetingStatus
from domain.languages import Language
from domain.messages import letter_again, message_letters
from domain.parties import Channel
from domain.referral import PersonDetails
from letters.rendering import LINK
from mail import MailServer, mail_answers
from tests.activities.desk import BOOKED, CONSENT, NOW, SLOT, Desk, Post, text_of
from tests.sample_case import SERVICE

pytestmark = pytest.mark.both_databases


# Sent, once


async def test_a_letter_goes_to_one_person_and_is_kept(desk: Desk, post: Post) -> None:
    assert await desk.send(CONSENT) == "sent"
    [message] = post.messages
    assert post.recipients == ["head@oakfield.example"]
    assert message["To"] == "Sam Head <head@oakfield.example>"
    assert message["From"] == "SEN Mediation Service <mediation@service.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Case-Reference"] == "SM-2026-00001"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == f"<{letter_id(desk.case_id, CONSENT)}@service.example>"
    assert "Dear Sam Head," in text_of(message)
    assert "Quill" not in message.as_string()
    kept = await desk.kept()
    assert (kept.state, kept.settled, kept.problem, kept.attempts) == ("sent", NOW, "", 1)
    assert kept.words is not None
    assert kept.words.subject == message["Subject"]


async def test_delivered_twice_it_is_sent_once(desk: Desk, post: Post) -> None:
    await desk.send(CONSENT)
    assert await desk.deliver(CONSENT) == "sent"
    assert len(post.messages) == 1


async def test_the_link_works_and_is_kept_nowhere(desk: Desk, post: Post) -> None:
    await desk.send(CONSENT)
    found = re.search(r"https://mediation\.example/l/(\S+)", text_of(post.messages[0]))
    assert found
    assert LINK not in text_of(post.messages[0])
    link = await desk.links.find(found[1])
    assert link is not None
    assert (link.case_id, link.person, link.purpose) == (desk.case_id, "p2.1", "consent/p2")
    kept = await desk.kept()
    assert kept.words is not None
    assert LINK in kept.words.text
    assert found[1] not in kept.words.text


async def test_what_is_kept_is_sealed(desk: Desk) -> None:
    await desk.send(CONSENT)
    sealed = (await desk.row(CONSENT)).sealed
    assert sealed
    assert b"Dear" not in sealed


# No longer wanted, or not now


async def test_who_was_taken_out_gets_only_the_letter_that_says_so(desk: Desk, post: Post) -> None:
    desk.journey.left, desk.journey.contacted = ["p2", "p2.1"], ["p1"]
    desk.journey.parties = desk.journey.parties[:1]
    joined = Letter(kind="party_joined", about="joined/p2", to="p2.1", reply=True)
    assert await desk.send(joined) == "withheld"
    assert await desk.send(Letter(kind="no_longer_part", about="", to="p2.1")) == "sent"
    assert post.recipients == ["head@oakfield.example"]
    assert "You do not take part in it any more" in text_of(post.messages[0])
    assert "/l/" not in text_of(post.messages[0])


async def test_answered_meanwhile_it_is_withheld(desk: Desk, post: Post) -> None:
    await desk.file(CONSENT)
    desk.journey.asks = []
    await desk.file()
    assert await desk.deliver(CONSENT) == "withheld"
    assert await desk.deliver(CONSENT) == "withheld"
    assert not post.messages
    assert (await desk.kept()).problem == "answered"


@pytest.mark.parametrize("silence", ["on_hold", "paused"])
async def test_a_hold_keeps_unprompted_letters_back(desk: Desk, post: Post, silence: str) -> None:
    setattr(desk.journey, silence, True)
    assert await desk.send(CONSENT) == "held"
    assert (await desk.kept()).state == "queued"
    assert not post.messages
    setattr(desk.journey, silence, False)
    await desk.file()
    assert await desk.deliver(CONSENT) == "sent"


async def test_a_reply_leaves_during_a_hold(desk: Desk, post: Post) -> None:
    desk.journey.on_hold = True
    assert await desk.send(Letter(kind="consent_receipt", about="consent/p2", to="p2.1", reply=True)) == "sent"


async def test_nobody_is_written_to_without_permission(desk: Desk, post: Post) -> None:
    desk.journey.contacted = ["p1"]
    assert await desk.send(Letter(kind="closed_withdrawn", about="", to="p2.1")) == "withheld"
    assert not post.messages


async def test_a_replaced_contact_gets_no_more_letters(desk: Desk, post: Post) -> None:
    async with desk.database.write() as session:
        case = await session.get_one(Case, desk.case_id)
        key = desk.vault.case_key(case.id, case.wrapped_key)
        new = PersonDetails(name="New Head", email="new@oakfield.example")
        await add_participant(session, desk.vault, case.id, "p2.2", new, key, command="x")
    assert await desk.send(CONSENT) == "withheld"
    assert not post.messages


async def test_a_confirmation_does_not_follow_the_cancellation(desk: Desk, post: Post) -> None:
    desk.journey.meetings[0].status = MeetingStatus.CANCELLED
    assert await desk.send(BOOKED) == "withheld"
    assert await desk.send(BOOKED.model_copy(update={"kind": "visit_cancelled"})) == "sent"


@pytest.mark.parametrize("kind", ["visit_booked", "visit_moved", "visit_remind"])
async def test_what_was_written_before_a_move_does_not_leave_after_it(desk: Desk, post: Post, kind: str) -> None:
    desk.journey.meetings[0].sequence = 2
    assert await desk.send(Letter(kind=kind, about="visit/p1/1", to="p1.1", reply=True, sequence=1)) == "withheld"
    assert (await desk.kept()).problem == "moved"
    assert post.messages == []


async def test_a_move_is_the_same_entry_with_a_higher_sequence(desk: Desk, post: Post) -> None:
    await desk.send(BOOKED)
    meeting = desk.journey.meetings[0]
    meeting.former, meeting.slot, meeting.sequence = [SLOT], Slot(start=SLOT.start + timedelta(days=2)), 1
    moved = Letter(kind="visit_moved", about="visit/p1/1", to="p1.1", number=1, reply=True, sequence=1)
    assert await desk.send(moved) == "sent"
    first, second = [Calendar.from_ical(_ics(message)) for message in post.messages]
    assert first.events[0]["UID"] == second.events[0]["UID"]
    assert (first.events[0]["SEQUENCE"], second.events[0]["SEQUENCE"]) == (0, 1)
    assert second["METHOD"] == "REQUEST"
    assert second.events[0].decoded("DTSTART") == SLOT.start + timedelta(days=2)


@pytest.mark.parametrize(
    ("kind", "state"), [("staff_task", "withheld"), ("visit_remind", "withheld"), ("mediator_released", "sent")]
)
async def test_a_mediator_who_was_replaced_only_reads_that(desk: Desk, post: Post, kind: str, state: str) -> None:
    desk.journey.mediator = "another"
    assert await desk.send(Letter(kind=kind, about="visit/p1/1", to="mediator/m1", reply=True)) == state


def _ics(message: EmailMessage) -> str:
    return str(next(part for part in message.walk() if part.get_content_type() == "text/calendar").get_content())


async def test_no_reminder_of_a_meeting_that_has_begun(desk: Desk, post: Post) -> None:
    desk.time = SLOT.start
    assert await desk.send(Letter(kind="visit_remind", about="visit/p1/1", to="p1.1")) == "withheld"


# Trouble


async def test_a_refused_address_bounces(desk: Desk, post: Post) -> None:
    post.to_recipient = "550 5.1.1 no such user head@oakfield.example"
    assert await desk.send(CONSENT) == "bounced"
    assert await desk.deliver(CONSENT) == "bounced"
    kept = await desk.kept()
    assert (kept.state, kept.problem) == ("bounced", "550")


async def test_a_refused_message_fails(desk: Desk, post: Post) -> None:
    post.to_data = "554 5.6.0 not like this"
    assert await desk.send(CONSENT) == "failed"
    assert (await desk.kept()).problem == "554"


@pytest.mark.parametrize("where", ["to_recipient", "to_data"])
async def test_put_off_it_goes_later_under_the_same_message_id(desk: Desk, post: Post, where: str) -> None:
    setattr(post, where, "451 4.7.1 head@oakfield.example later")
    with pytest.raises(ApplicationError) as raised:
        await desk.send(CONSENT)
    assert not raised.value.non_retryable
    assert "oakfield" not in f"{raised.value} {raised.value.__cause__} {raised.value.__context__}"
    before = await desk.row(CONSENT)
    assert (before.state, before.problem) == ("queued", "451")
    setattr(post, where, "250 OK")
    assert await desk.deliver(CONSENT) == "sent"
    assert post.messages[0]["Message-ID"] == before.message_id
    after = await desk.row(CONSENT)
    assert (after.attempts, after.problem) == (1, ""), "an attempt that surely failed is not an unclear one"


async def test_put_off_and_answered_meanwhile_it_does_not_go(desk: Desk, post: Post) -> None:
    post.to_recipient = "451 later"
    with pytest.raises(ApplicationError):
        await desk.send(CONSENT)
    desk.journey.asks = []
    await desk.file()
    post.to_recipient = "250 OK"
    assert await desk.deliver(CONSENT) == "withheld"


async def test_what_leaves_together_goes_to_each_person_on_their_own(desk: Desk, post: Post) -> None:
    await desk.file(CONSENT, BOOKED)
    assert await desk.deliver_together(CONSENT, BOOKED) == ["sent", "sent"]
    assert [[to] for to in post.recipients] == [[m["To"].addresses[0].addr_spec] for m in post.messages]
    assert await desk.deliver_together(CONSENT, BOOKED) == ["sent", "sent"]
    assert len(post.messages) == 2, "a delivery that is repeated sends nothing again"


async def test_one_in_trouble_holds_up_none_of_those_that_leave_with_it(desk: Desk, post: Post) -> None:
    """What comes after it is not tried: a server that does not answer would take a minute for each."""
    reminder = CONSENT.model_copy(update={"kind": "consent_remind", "number": 1})
    answered = CONSENT.model_copy(update={"about": "consent/p9", "while_asked": "consent/p9"})
    await desk.file(answered, CONSENT, BOOKED)
    post.to_recipient = "451 later"
    assert await desk.deliver_together(answered, reminder, BOOKED) == ["withheld", "later", "later"], "one is not filed"
    assert (await desk.row(BOOKED)).state == "queued"
    assert await desk.deliver_together(CONSENT, BOOKED) == ["later", "later"]
    assert (await desk.row(CONSENT)).problem == "451"
    post.to_recipient = "250 OK"
    assert [await desk.deliver(letter) for letter in (CONSENT, BOOKED)] == ["sent", "sent"]


async def test_a_refused_one_lets_the_next_leave(desk: Desk, post: Post) -> None:
    await desk.file(CONSENT, BOOKED)
    post.refuses = "head@oakfield.example"
    assert await desk.deliver_together(CONSENT, BOOKED) == ["bounced", "sent"]


async def test_after_a_second_lost_answer_a_person_looks(desk: Desk, post: Post) -> None:
    post.hangs_up = True
    await desk.file(CONSENT)
    for _ in range(2):
        with pytest.raises(ApplicationError):
            await desk.deliver(CONSENT)
    assert await desk.deliver(CONSENT) == "ambiguous"
    assert len(post.messages) == 2


async def test_after_an_hour_without_a_mail_server_somebody_is_told_and_it_is_tried_on(desk: Desk, post: Post) -> None:
    post.to_recipient = "451 later"
    await desk.file(CONSENT)
    desk.time += timedelta(minutes=59)
    with pytest.raises(ApplicationError):
        await desk.deliver(CONSENT)
    desk.time += timedelta(minutes=1)
    assert await desk.deliver(CONSENT) == "delayed"
    assert (await desk.row(CONSENT)).state == "queued"
    with pytest.raises(ApplicationError):
        await desk.deliver(CONSENT, told=True)
    post.to_recipient = "250 OK"
    assert await desk.deliver(CONSENT, told=True) == "sent"


async def test_after_an_outage_the_latest_goes_as_the_first_and_not_all_at_once(desk: Desk, post: Post) -> None:
    reminders = [CONSENT.model_copy(update={"kind": "consent_remind", "number": number}) for number in (1, 2)]
    for letter in (CONSENT, *reminders):
        await desk.file(letter)
        desk.hours_pass(24)
    assert [await desk.deliver(letter) for letter in (CONSENT, *reminders)] == ["withheld", "withheld", "sent"]
    assert (await desk.row(CONSENT)).problem == "overtaken"
    [message] = post.messages
    assert message["Subject"] == "Would you take part in mediation? (SM-2026-00001)", "it is no reminder to them"


async def test_at_night_only_a_reply_goes(desk: Desk, post: Post) -> None:
    desk.time = NOW.replace(hour=22)
    assert await desk.send(CONSENT) == "held"
    assert await desk.send(BOOKED) == "sent"


async def test_a_lost_answer_sends_the_same_letter_once_more(desk: Desk, post: Post) -> None:
    post.hangs_up = True
    with pytest.raises(ApplicationError):
        await desk.send(CONSENT)
    assert (await desk.row(CONSENT)).state == "sending"
    post.hangs_up = False
    desk.letters.service = SERVICE.model_copy(update={"phone": "01632 960 999"})  # what would be written now differs
    assert await desk.deliver(CONSENT) == "sent"
    first, second = post.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert text_of(first) == text_of(second)


async def test_no_mail_server(desk: Desk) -> None:
    desk.letters.mail = MailServer("smtp://127.0.0.1:1", patience=2)
    with pytest.raises(ApplicationError, match="no_connection"):
        await desk.send(CONSENT)
    assert (await desk.row(CONSENT)).state == "queued"


async def test_without_an_address_it_is_a_task(desk: Desk) -> None:
    assert await desk.send(Letter(kind="consent_receipt", about="consent/p2", to="p2.9", reply=True)) == "failed"
    assert (await desk.kept()).problem == "nobody"


async def test_a_letter_that_was_not_filed_is_tried_again(desk: Desk) -> None:
    with pytest.raises(ApplicationError, match="not been filed"):
        await desk.deliver(CONSENT)


async def test_what_cannot_be_written_fails_without_quoting_the_case(desk: Desk, post: Post) -> None:
    assert await desk.send(Letter(kind="action_remind", about="action/7", to="p2.1")) == "failed"
    assert (await desk.kept()).problem == "not_rendered"


async def test_an_erased_case_writes_to_nobody(desk: Desk, post: Post) -> None:
    async with desk.database.write() as session:
        case = await session.get_one(Case, desk.case_id)
        case.wrapped_key = None
        session.add(case)
    assert await desk.send(CONSENT) == "withheld"
    assert (await desk.kept()).words is None


async def test_headers_cannot_be_injected(desk: Desk, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms refuse such names (domain/text); should one get in all the same, no header is born of it."""
    await desk.file(CONSENT)

    async def poisoned(*_: Any) -> Any:
        return _To(name="Eve\r\nBcc: all@example.org", email="eve@oakfield.example")

    monkeypatch.setattr("activities.correspondence._recipient", poisoned)
    assert await desk.deliver(CONSENT) == "failed"
    assert not post.messages
    assert (await desk.kept()).problem == "header"


# What goes with a letter


async def test_an_invitation_that_calendars_understand(desk: Desk, post: Post) -> None:
    assert await desk.send(BOOKED) == "sent"
    [message] = post.messages
    assert message.get_content_type() == "multipart/mixed"
    part = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    assert part.get_param("method") == "REQUEST"
    event: Any = Calendar.from_ical(part.get_content()).walk("VEVENT")[0]
    assert event["DTSTART"].dt == SLOT.start
    assert str(event["ATTENDEE"]) == "mailto:ann@family.example"
    [attached] = message.iter_attachments()
    assert attached.get_filename() == "invitation.ics"
    assert attached.get_content() == part.get_content().encode()


async def test_the_agreement_is_attached(desk: Desk, post: Post) -> None:
    copy = Letter(kind="agreement_copy", about="agreement/1", to="p2.1")
    await desk.file(copy)
    await desk.answers("p2.1")
    with pytest.raises(ApplicationError, match="not been made"):
        await desk.deliver(copy)
    pdf = await desk.agreement_made()
    assert await desk.deliver(copy) == "sent"
    [attached] = post.messages[0].iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == "agreement-SM-2026-00001-1.pdf"
    assert attached.get_content() == pdf


async def test_text_and_html_say_the_same_and_load_nothing(desk: Desk, post: Post) -> None:
    await desk.send(BOOKED)
    [message] = post.messages
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",  # the richer one comes later: it is shown where it can be
        "text/calendar",
        "application/ics",
    ]
    html = message.get_body(("html",))
    assert html is not None
    page = lxml.html.fromstring(html.get_content())
    [link] = page.xpath("//a[starts-with(@href, 'https:')]")
    assert link.text == "See what happens next on your own page"
    assert link.get("href") in text_of(message)
    shown = " ".join(page.text_content().split())
    for line in text_of(message).splitlines():
        assert line.strip().removesuffix(":") in shown
    assert not page.xpath("//img | //script | //link | //style | //iframe | //*[@background]")
    assert "url(" not in html.get_content()


async def test_each_reads_their_own_language(desk: Desk, post: Post) -> None:
    """A parent Polish, with the English text below; the school English alone. What was sent is kept, and sent again, in
    the language in which it went."""
    await desk.tell("p1.1", reads=Language.POLISH)
    await desk.answers("p1.1")
    assert [await desk.send(BOOKED), await desk.send(CONSENT)] == ["sent", "sent"]
    to_parent, to_school = post.messages
    assert to_parent["Subject"] == "Pierwsze spotkanie z mediatorem jest umówione (SM-2026-00001)"
    own, _, english = text_of(to_parent).replace("\r\n", "\n").partition("\n\nEnglish text\n\n")
    assert "Kiedy: czw., 3 grudnia 2026, 10:00–11:30\n" in own
    assert "When: Thu 3 Dec 2026, 10:00 to 11:30\n" in english
    assert own.count("https://mediation.example/l/") == english.count("https://mediation.example/l/") == 1
    html = to_parent.get_body(("html",))
    assert html is not None
    assert lxml.html.fromstring(html.get_content()).get("lang") == "pl"
    assert "SUMMARY:Pierwsze spotkanie z mediatorem" in _ics(to_parent)
    assert text_of(to_school).startswith("Dear Sam Head,")

    await desk.tell("p1.1", reads=Language.ENGLISH)
    named: dict[str, Any] = {"kind_of_letter": BOOKED.kind, "about": BOOKED.about, "to": BOOKED.to, "number": 1}
    command = ResendLetter(**by_staff(desk, 1), **named)
    await said(desk, command, "Here it is again.")
    assert await desk.send(letter_again(command, desk.journey)) == "sent"
    assert post.messages[-1]["Subject"] == to_parent["Subject"]
    assert text_of(post.messages[-1]).replace("\r\n", "\n") == "\n\nEnglish text\n\n".join(
        part.replace("\n\n", "\n\nHere it is again.\n\n", 1) for part in (own, english)
    )


async def test_a_text_message_is_in_one_language(desk: Desk, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[str] = []

    async def hand_over(to: str, body: str, reference: str) -> None:
        bodies.append(body)

    monkeypatch.setattr(desk.texts, "send", hand_over)
    await desk.reach("p2.1", Channel.TEXT, phone="07700 900123", reads=Language.POLISH)
    assert await desk.send(CONSENT) == "sent"
    [body] = bodies
    assert "Czy weźmie Pan/Pani udział w mediacji?" in body
    assert "English" not in body


# The first letter to an address that nobody has confirmed


COPY = Letter(kind="agreement_copy", about="agreement/1", to="p2.1")


@pytest.mark.parametrize("how", [How.LINK, How.PHONE])
async def test_whoever_has_answered_or_was_spoken_with_is_no_stranger(desk: Desk, post: Post, how: How) -> None:
    await desk.agreement_made()
    await desk.answers("p2.1", how)
    await desk.send(COPY)
    assert len(list(post.messages[0].iter_attachments())) == 1


@pytest.mark.parametrize("somebody_else", ["nobody", "p1.1", "by letter"])
async def test_the_first_letter_to_a_stranger_holds_nothing_about_the_child(
    desk: Desk, post: Post, somebody_else: str
) -> None:
    await desk.agreement_made()
    if somebody_else == "p1.1":
        await desk.answers("p1.1")
    if somebody_else == "by letter":
        await desk.answers("p2.1", How.LETTER)
    await desk.send(COPY)
    assert list(post.messages[0].iter_attachments()) == []
    assert "first like to be sure that we have the right address" in text_of(post.messages[0])
    again = COPY.model_copy(update={"number": 2})
    await desk.send(again)
    assert len(list(post.messages[1].iter_attachments())) == 1, "it is not the first any more"


async def test_what_came_back_was_no_letter(desk: Desk, post: Post) -> None:
    await desk.agreement_made()
    post.to_recipient = "550 no such user"
    assert await desk.send(CONSENT) == "bounced"
    post.to_recipient = "250 OK"
    await desk.send(COPY)
    assert list(post.messages[0].iter_attachments()) == []


@pytest.mark.parametrize(
    ("to", "address"),
    [
        ("coordinator", "s1@service.example"),
        ("mediator/m1", "m1@service.example"),
        ("manager", "b1@service.example"),
        ("safeguarding_lead", "b1@service.example"),  # there is none: the manager hears of it
    ],
)
async def test_staff_are_written_to_by_role(desk: Desk, post: Post, to: str, address: str) -> None:
    assert await desk.send(Letter(kind="staff_task", about="consent/p2", to=to, reply=True)) == "sent"
    assert post.recipients == [address]
    assert "https://mediation.example/cases/SM-2026-00001" in text_of(post.messages[0])


async def test_health(post: Post) -> None:
    assert await mail_answers(post.url)
    assert not await mail_answers("smtp://127.0.0.1:1")


# In words of our own


async def said(desk: Desk, command: WriteMessage | AddLine | ResendLetter, message: str) -> None:
    texts = type(command).texts.model_validate({"message": message})
    await Commands(desk.database, desk.vault).store(command, texts)


def by_staff(desk: Desk, number: int) -> dict[str, Any]:
    return {"id": f"own-words-{number}", "case_id": desk.case_id, "actor": Actor(kind="staff", id="s1"), "at": NOW}


async def test_a_message_is_what_staff_wrote_and_is_kept_sealed(desk: Desk, post: Post) -> None:
    await desk.answers("p2.1")
    command = WriteMessage(**by_staff(desk, 1), to=["p2.1"])
    await said(desk, command, "The room has changed.\r\n\r\n\r\nPlease come to the side door.")
    [letter] = message_letters(command)
    assert await desk.send(letter) == "sent"
    text = text_of(post.messages[0]).replace("\r\n", "\n")
    assert text.startswith(
        "Dear Sam Head,\n\nThe room has changed.\n\nPlease come to the side door.\n\nMediation is free"
    )
    assert "http" not in text
    html = post.messages[0].get_body(("html",))
    assert html is not None
    assert "Please come to the side door.</p>" in html.get_content()
    assert b"side door" not in ((await desk.row(letter)).sealed or b"")


async def test_a_stranger_is_not_told_what_staff_wrote(desk: Desk, post: Post) -> None:
    command = WriteMessage(**by_staff(desk, 1), to=["p2.1"])
    await said(desk, command, "Zebedee's room has changed.")
    [letter] = message_letters(command)
    await desk.send(letter)
    assert "room" not in post.messages[0].as_string()
    assert "We have a message for you." in text_of(post.messages[0])


async def test_a_message_without_its_words_is_a_task_for_a_person(desk: Desk, post: Post) -> None:
    await desk.answers("p2.1")
    assert await desk.send(Letter(kind="message", about="message/x", to="p2.1", line="x")) == "failed"
    assert post.messages == []


async def test_a_letter_that_is_sent_again_has_the_same_words_and_a_line(desk: Desk, post: Post) -> None:
    await desk.send(BOOKED)
    desk.time += timedelta(days=1)
    named: dict[str, Any] = {"kind_of_letter": BOOKED.kind, "about": BOOKED.about, "to": BOOKED.to, "number": 1}
    command = ResendLetter(**by_staff(desk, 1), **named)
    await said(desk, command, "Here it is again.")
    assert await desk.send(letter_again(command, desk.journey)) == "sent"
    first, second = (text_of(message).replace("\r\n", "\n") for message in post.messages)
    assert second == first.replace("Dear Ann,\n\n", "Dear Ann,\n\nHere it is again.\n\n")
    assert _ics(post.messages[1]) == _ics(post.messages[0])
    assert post.messages[0]["Message-ID"] != post.messages[1]["Message-ID"]


async def test_a_date_that_was_changed_since_is_not_sent_again(desk: Desk, post: Post) -> None:
    await desk.send(BOOKED)
    desk.journey.meetings[0].slot = Slot(start=SLOT.start + timedelta(days=2))
    named: dict[str, Any] = {"kind_of_letter": BOOKED.kind, "about": BOOKED.about, "to": BOOKED.to, "number": 1}
    again = letter_again(ResendLetter(**by_staff(desk, 1), **named), desk.journey)
    assert await desk.send(again) == "withheld"
    assert (await desk.row(again)).problem == "moved"


async def test_what_staff_are_reminded_of_goes_to_whoever_stands_in(desk: Desk, post: Post) -> None:
    """Letters to parties name the coordinator as before."""
    async with desk.database.write() as session:
        session.add(CoverRow(staff_id="s1", cover_id="b1", first=NOW.date(), last=NOW.date()))
    task = Letter(kind="staff_remind", about="explaining_call", to="coordinator")
    await desk.send(task)
    assert post.recipients == ["b1@service.example"]
    await desk.send(CONSENT)
    assert post.recipients[-1] == "head@oakfield.example"
    assert "Staff b1" not in text_of(post.messages[-1])
