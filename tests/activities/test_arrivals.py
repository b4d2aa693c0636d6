"""Messages in a real mailbox, over a real IMAP conversation, on their way to a real case file."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from PIL import Image
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.arrivals import Arrivals
from casefile.cases import Cases
from casefile.commands import Commands, Outcome
from casefile.letters import Letters
from casefile.papers import Papers
from casefile.tables import Case, CommandText
from domain.commands import Command, NoteAutomaticReply, ReceiveReply, ReportBounce, StaffRole
from domain.journey import Letter, Task
from domain.papers import MOST_OF_ONE_PARTY, Paper
from domain.rules import judge
from imap import Mailbox, MailboxAway
from tests.activities.desk import CONSENT, NOW, Desk, Post
from tests.imap_server import ImapServer, Kept, imap_server
from workflows.neighbours import Watch

pytestmark = pytest.mark.both_databases

REMINDER = Letter(kind="consent_remind", about="consent/p2", to="p2.1", while_asked="consent/p2")
TO_STAFF = Letter(kind="staff_task", about="consent/p2", to="coordinator")

REPLY = """From: Sam Head <Head@Oakfield.example>
To: SEN Mediation Service <mediation@service.example>
Subject: Re: Will you take part?
Message-ID: <CAF1@mail.oakfield.example>
In-Reply-To: {letter}
References: {letter}
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="m"

--m
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

Yes, we take part =E2=80=93 gladly.

On Tue, 24 Nov 2026 at 10:00, SEN Mediation Service <mediation@service.exam=
ple> wrote:

> Dear Sam Head,
> please tell us.

--a
Content-Type: text/html; charset="utf-8"

<p>Yes, we take part &ndash; <b>gladly</b>.</p>

--a--
--m
Content-Type: application/pdf; name="report of Zebedee.pdf"
Content-Disposition: attachment; filename="report of Zebedee.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjcK
--m--
"""
EXCHANGE = """From: Sam Head <head@oakfield.example>
To: SEN Mediation Service <mediation@service.example>
Subject: Automatic reply: Will you take part?
Message-ID: <AM0PR01MB1234@AM0PR01MB1234.eurprd01.prod.exchangelabs.com>
In-Reply-To: {letter}
References: {letter}
X-MS-Exchange-Inbox-Rules-Loop: head@oakfield.example
X-Auto-Response-Suppress: All
auto-submitted: auto-generated
X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent
MIME-Version: 1.0
Content-Type: text/plain; charset="us-ascii"

I am away until 7 December.
"""
GMAIL = """From: Sam Head <head@oakfield.example>
To: mediation@service.example
Subject: Out of office Re: Will you take part?
Message-ID: <CAG2@mail.gmail.com>
In-Reply-To: {letter}
References: {letter}
Precedence: bulk
X-Autoreply: yes
Auto-Submitted: auto-replied
Content-Type: text/plain; charset="UTF-8"

I am away until 7 December.
"""
POSTFIX = """Return-Path: <>
From: MAILER-DAEMON@mail.service.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: mediation@service.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
    boundary="4Tk.1700000000/mail.service.example"
Message-Id: <20261124100000.4Tk@mail.service.example>

This is a MIME-encapsulated message.

--4Tk.1700000000/mail.service.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--4Tk.1700000000/mail.service.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.service.example
X-Postfix-Queue-ID: 4Tk
Arrival-Date: Tue, 24 Nov 2026 10:00:00 +0000 (UTC)

Final-Recipient: rfc822; head@oakfield.example
Original-Recipient: rfc822;head@oakfield.example
Action: {action}
Status: {status}
Remote-MTA: dns; mx.oakfield.example
Diagnostic-Code: smtp; 550 5.1.1 <head@oakfield.example>: User unknown

--4Tk.1700000000/mail.service.example
Content-Description: Undelivered Message
Content-Type: {part}

From: SEN Mediation Service <mediation@service.example>
To: Sam Head <head@oakfield.example>
Subject: Will you take part?
Message-ID: {letter}

Dear Sam Head,

--4Tk.1700000000/mail.service.example--
"""


class Room(Arrivals):
    """The mailroom, with its mailbox and what it has brought."""

    def __init__(self, desk: Desk, folder: ImapServer, **how: Any) -> None:
        database, vault = desk.database, desk.vault
        super().__init__(
            Mailbox(folder.url, patience=3),
            Letters(database, vault),
            Cases(database, vault),
            Commands(database, vault),
            Papers(database, vault),
            now=lambda: desk.time,
            **how,
        )
        self.desk, self.folder = desk, folder

    async def read(self) -> dict[str, int]:
        assert self.mailbox
        return await self.read_once(self.mailbox)

    async def brought(self) -> list[Command]:
        """What waits for its case; "refer" is no mail."""
        pending = await self.commands.pending(self.desk.case_id)
        return [one for one in pending if isinstance(one, ReceiveReply | NoteAutomaticReply | ReportBounce)]

    async def case_says(self, status: Any, code: str = "") -> None:
        for command in await self.brought():
            await self.commands.settle(command.id, Outcome(status=status, code=code), NOW)

    async def words(self, command: Command) -> dict[str, Any]:
        return (await self.cases.load(self.desk.case_id)).texts[command.id]


@pytest.fixture
async def room(desk: Desk) -> AsyncIterator[Room]:
    async with imap_server() as folder:
        yield Room(desk, folder)


async def sent(desk: Desk, post: Post, letter: Letter = CONSENT) -> str:
    """The Message-ID of a letter that has gone out."""
    assert await desk.send(letter) == "sent"
    return str(post.messages[-1]["Message-ID"])


def mail(text: str, **fields: str) -> bytes:
    return text.format(**fields).encode()


def plain(sender: str, subject: str, **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"], message["Message-ID"] = sender, subject, f"<{subject.split()[0]}@x.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("We take part.")
    return message.as_bytes()


async def test_a_reply_reaches_its_case_in_its_authors_words(room: Room, desk: Desk, post: Post) -> None:
    kept = room.folder.drop(mail(REPLY, letter=await sent(desk, post)))
    assert await room.read() == {"waits": 1}
    assert kept.flags == [], "unread until its case has it"
    [reply] = await room.brought()
    assert isinstance(reply, ReceiveReply)
    assert (reply.person, reply.actor.kind, reply.at) == ("p2.1", "mailbox", NOW)
    judge(reply, desk.journey, NOW)
    assert await room.words(reply) == {
        "note": "",
        "sender": "head@oakfield.example",
        "subject": "Re: Will you take part?",
        "words": "Yes, we take part \u2013 gladly.",
        "attachments": "report of Zebedee.pdf (1 KB): kept as a paper",
    }
    async with desk.database.read() as session:
        row = await session.get_one(CommandText, reply.id)
    assert b"gladly" not in row.sealed
    assert "Zebedee" not in reply.model_dump_json()
    await room.case_says("accepted")
    assert await room.read() == {"done": 1}
    assert kept.flags == ["\\Seen"]
    assert await room.read() == {}


async def test_read_twice_it_is_one_command(room: Room, desk: Desk, post: Post) -> None:
    """As after a crash between storing it and marking it as read; and as when the same message lies there twice."""
    letter = await sent(desk, post)
    room.folder.drop(mail(REPLY, letter=letter))
    room.folder.drop(b"Received: again\n" + mail(REPLY, letter=letter))
    for _ in range(3):
        assert await room.read() == {"waits": 2}
    desk.hours_pass(1)
    await Room(desk, room.folder).read()
    assert len(await room.brought()) == 1


@pytest.mark.parametrize("note", [EXCHANGE, GMAIL])
async def test_an_out_of_office_note_is_noted_and_no_answer(room: Room, desk: Desk, post: Post, note: str) -> None:
    kept = room.folder.drop(mail(note, letter=await sent(desk, post)))
    await room.read()
    [noted] = await room.brought()
    assert isinstance(noted, NoteAutomaticReply)
    assert noted.person == "p2.1"
    assert (await room.words(noted))["words"] == "I am away until 7 December."
    await room.case_says("refused", "ended")
    await room.read()
    assert kept.flags == ["\\Seen"], "nobody need read it once the case has ended"


@pytest.mark.parametrize("part", ["message/rfc822", "text/rfc822-headers"])
async def test_a_letter_that_came_back_is_bounced_once(room: Room, desk: Desk, post: Post, part: str) -> None:
    letter = await sent(desk, post)
    report = mail(POSTFIX, letter=letter, action="failed", status="5.1.1", part=part)
    kept = [room.folder.drop(report), room.folder.drop(report.replace(b"20261124100000", b"20261124100001"))]
    assert await room.read() == {"waits": 2}
    assert (await desk.row(CONSENT)).state == "bounced"
    [report_bounce] = await room.brought()
    assert isinstance(report_bounce, ReportBounce)
    assert Letter(
        kind=report_bounce.kind_of_letter, **report_bounce.model_dump(include={"about", "to", "number"})
    ).key == (CONSENT.key)
    judge(report_bounce, desk.journey, NOW)
    await room.case_says("accepted")
    await room.read()
    assert [one.flags for one in kept] == [["\\Seen"], ["\\Seen"]]
    assert await room.brought() == []


async def test_a_crash_before_the_letter_is_marked_is_made_good(
    room: Room, desk: Desk, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = await sent(desk, post)
    room.folder.drop(mail(POSTFIX, letter=letter, action="failed", status="5.1.1", part="message/rfc822"))

    async def crash(*_: Any) -> None:
        raise ConnectionError("head@oakfield.example")

    with monkeypatch.context() as broken:
        broken.setattr(room.letters, "mark_bounced", crash)
        with pytest.raises(ApplicationError, match=r"not be brought to its case: ConnectionError$"):
            await room.read()
    assert len(await room.brought()) == 1
    await room.read()
    assert (await desk.row(CONSENT)).state == "bounced"
    assert len(await room.brought()) == 1


async def test_a_letter_refused_when_it_was_sent_is_no_second_task(room: Room, desk: Desk, post: Post) -> None:
    post.to_recipient = "550 5.1.1 no such user"
    assert await desk.send(CONSENT) == "bounced"
    letter = (await desk.row(CONSENT)).message_id
    kept = room.folder.drop(mail(POSTFIX, letter=letter, action="failed", status="5.1.1", part="message/rfc822"))
    assert await room.read() == {"done": 1}
    assert (await room.brought(), kept.flags) == ([], ["\\Seen"])


async def test_a_delay_is_not_the_end(room: Room, desk: Desk, post: Post) -> None:
    letter = await sent(desk, post)
    kept = room.folder.drop(mail(POSTFIX, letter=letter, action="delayed", status="4.4.1", part="message/rfc822"))
    await room.read()
    assert ((await desk.row(CONSENT)).state, await room.brought(), kept.flags) == ("sent", [], ["\\Seen"])


async def test_a_reference_counts_only_from_a_participant(room: Room, desk: Desk) -> None:
    reference = "SM-2026-00001"
    strangers = [
        room.folder.drop(plain("eve@elsewhere.example", f"Nosy about {reference}")),
        room.folder.drop(plain("eve@elsewhere.example", "Header", X_Case_Reference=reference)),
        room.folder.drop(plain("head@oakfield.example", "Other SM-2026-00099")),
        room.folder.drop(plain("head@oakfield.example", "Hello")),
        room.folder.drop(plain("eve@elsewhere.example", "Forged", In_Reply_To="<made-up@service.example>")),
    ]
    room.folder.drop(plain("Ann <ANN@family.example>", f"Subject: {reference}"))
    room.folder.drop(plain("head@oakfield.example", "Head", X_Case_Reference=reference))
    assert await room.read() == {"left": 5, "waits": 2}
    assert [one.flags for one in strangers] == 5 * [["\\Flagged"]], "left for a person, and not read"
    assert sorted(one.person for one in await room.brought() if isinstance(one, ReceiveReply)) == ["p1.1", "p2.1"]
    assert await room.read() == {"waits": 2}, "what is flagged is not looked at again"
    assert len(room.folder.kept) == 7
    assert not {"EXPUNGE", "COPY", "MOVE"} & set(room.folder.said)


async def test_a_colleague_who_answers_in_somebodys_place(room: Room, desk: Desk, post: Post) -> None:
    letter = await sent(desk, post)
    room.folder.drop(plain("office@oakfield.example", "Re: the letter", In_Reply_To=letter))
    await room.read()
    [reply] = await room.brought()
    assert isinstance(reply, ReceiveReply)
    assert reply.person == "p2.1"
    assert (await room.words(reply))["sender"] == "office@oakfield.example"


async def test_an_id_that_only_looks_like_ours_is_nobodys(room: Room, desk: Desk, post: Post) -> None:
    letter = (await sent(desk, post)).replace("@service.example", "@elsewhere.example")
    kept = room.folder.drop(plain("eve@elsewhere.example", "Forged", In_Reply_To=letter))
    await room.read()
    assert (kept.flags, await room.brought()) == (["\\Flagged"], [])


async def test_staff_do_not_answer_here(room: Room, desk: Desk, post: Post) -> None:
    letter = await sent(desk, post, TO_STAFF)
    answer = room.folder.drop(plain("s1@service.example", "Re: task", In_Reply_To=letter))
    away = room.folder.drop(plain("s1@service.example", "Away", In_Reply_To=letter, Auto_Submitted="auto-replied"))
    await room.read()
    assert (answer.flags, away.flags, await room.brought()) == (["\\Flagged"], ["\\Seen"], [])


def with_files(letter: str, *files: tuple[str, bytes, str]) -> bytes:
    """A reply with these attachments: name, content, and a Content-ID where it is shown within the text."""
    message = EmailMessage()
    message["From"], message["To"] = "head@oakfield.example", "mediation@service.example"
    message["Subject"], message["Message-ID"] = "Re: papers", "<files@oakfield.example>"
    message["In-Reply-To"] = letter
    message.set_content("Here they are.")
    for name, content, cid in files:
        how: dict[str, Any] = {"disposition": "inline", "cid": f"<{cid}>"} if cid else {}
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name, **how)
    return bytes(message)


def picture(size: int) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((size, size), 90).save(file, "PNG")
    return file.getvalue()


async def test_attachments_become_papers_of_who_wrote(room: Room, desk: Desk, post: Post) -> None:
    logo, photograph = picture(20), picture(400)
    letter = await sent(desk, post)
    kept = room.folder.drop(
        with_files(
            letter,
            ("report.pdf", b"%PDF-1.7 secret", ""),
            ("setup.exe", b"MZ\x00\x01", ""),
            ("logo.png", logo, "logo@x"),
            ("IMG_1.png", photograph, "photo@x"),
        )
    )
    await room.read()
    await room.read()  # the case has not answered yet, so it lies there unread
    [command] = await room.brought()
    assert isinstance(command, ReceiveReply)
    assert command.person == "p2.1"
    papers = Papers(desk.database, desk.vault)
    assert await papers.content(desk.case_id, command.papers[0]) == b"%PDF-1.7 secret"
    assert len(command.papers) == 2
    case = await Cases(desk.database, desk.vault).load(desk.case_id)
    assert sorted(paper.title for paper in case.papers.values()) == ["IMG_1.png", "report.pdf"]
    said = case.texts[command.id]["attachments"]
    assert "report.pdf (1 KB): kept as a paper" in said
    assert "setup.exe (1 KB): not kept, it is of a kind that we do not take in" in said
    assert "logo.png (1 KB): a small picture in the text, not kept" in said
    await room.case_says("accepted")
    await room.read()
    assert kept.flags == ["\\Seen"]
    assert len((await Cases(desk.database, desk.vault).load(desk.case_id)).papers) == 2


async def test_a_party_with_no_room_keeps_its_attachments_in_the_mailbox(room: Room, desk: Desk, post: Post) -> None:
    desk.journey.papers = [Paper(key=f"k{n}", of="p2.1", given=NOW) for n in range(MOST_OF_ONE_PARTY)]
    await desk.file()
    room.folder.drop(with_files(await sent(desk, post), ("report.pdf", b"%PDF-1.7", "")))
    await room.read()
    [command] = await room.brought()
    assert isinstance(command, ReceiveReply)
    assert command.papers == []


async def test_attachments_of_a_refused_reply_are_forgotten(room: Room, desk: Desk, post: Post) -> None:
    kept = room.folder.drop(with_files(await sent(desk, post), ("report.pdf", b"%PDF-1.7", "")))
    await room.read()
    [command] = await room.brought()
    assert isinstance(command, ReceiveReply)
    await room.case_says("refused", "ended")
    assert await Papers(desk.database, desk.vault).content(desk.case_id, command.papers[0]) is None
    await room.read()
    assert kept.flags == ["\\Flagged"], "it still lies in the mailbox, with what is attached"


async def test_a_reply_after_the_end_is_left_for_a_person(room: Room, desk: Desk, post: Post) -> None:
    kept = room.folder.drop(mail(REPLY, letter=await sent(desk, post)))
    await room.read()
    await room.case_says("refused", "ended")
    await room.read()
    assert kept.flags == ["\\Flagged"]


async def test_what_was_erased_takes_nothing_in(room: Room, desk: Desk, post: Post) -> None:
    kept = room.folder.drop(mail(REPLY, letter=await sent(desk, post)))
    async with desk.database.write() as session:
        case = await session.get_one(Case, desk.case_id)
        case.wrapped_key = None
        session.add(case)
    await room.read()
    assert (kept.flags, await room.brought()) == (["\\Flagged"], [])


async def test_no_reminder_leaves_while_a_reply_is_unread(desk: Desk) -> None:
    task = Task(key="reply/p2.1/c", kind="read_reply", about="p2.1", role=StaffRole.COORDINATOR, opened=NOW)
    desk.journey.tasks.append(task)
    assert await desk.send(REMINDER) == "held"
    desk.journey.tasks.clear()
    assert await desk.send(REMINDER.model_copy(update={"number": 2})) == "sent"


async def test_the_log_counts_and_names_nobody(
    room: Room, desk: Desk, post: Post, capsys: pytest.CaptureFixture[str]
) -> None:
    room.folder.drop(mail(REPLY, letter=await sent(desk, post)))
    room.folder.drop(plain("eve@elsewhere.example", "Hello"))
    capsys.readouterr()
    await room.read()
    said = "".join(capsys.readouterr())
    assert "left_for_a_person" in said
    assert not [word for word in ("oakfield", "elsewhere", "Hello", "gladly") if word in said]


async def test_a_mailbox_that_cannot_be_read_says_why_in_a_code(room: Room, desk: Desk) -> None:
    mailbox = room.folder.url
    kept: Kept = room.folder.drop(plain("head@oakfield.example", "Hello"))
    for url, code in (
        (mailbox.replace("pass%2F", "fail%2F"), "sign_in_refused"),
        (mailbox.replace("INBOX", "Elsewhere"), "no_such_folder"),
        ("imap://u:p@127.0.0.1:9/INBOX", "no_connection"),
        (mailbox.replace("imap://", "imaps://"), "tls"),
    ):
        with pytest.raises(MailboxAway, match=f"^{code}$"):
            await room.read_once(Mailbox(url, patience=3))
    room.folder.breaks_after = "FETCH"
    with pytest.raises(MailboxAway, match=r"^connection_lost$"):
        await room.read()
    assert kept.flags == []


async def test_the_watch_looks_again_and_again_and_fails_where_operations_see_it(
    room: Room, desk: Desk, post: Post
) -> None:
    looks: list[int] = []

    def clock() -> Any:
        looks.append(1)
        return NOW + timedelta(minutes=len(looks))

    room.every, room.now = timedelta(milliseconds=1), clock
    room.folder.drop(mail(REPLY, letter=await sent(desk, post)))
    watched = await ActivityEnvironment().run(room.watch, Watch(minutes=5))
    assert watched.is_set
    assert room.folder.said.count("SEARCH") >= 2
    room.mailbox = Mailbox("imap://u:p@127.0.0.1:9/INBOX", patience=1)
    with pytest.raises(ApplicationError, match=r"now: no_connection$"):
        await ActivityEnvironment().run(room.watch, Watch(minutes=50))
    room.mailbox = None
    assert not (await ActivityEnvironment().run(room.watch, Watch(minutes=5))).is_set


async def test_a_letter_that_may_have_arrived_comes_back(room: Room, desk: Desk, post: Post) -> None:
    """The mail server took it and broke off, twice: only its report says that it never arrived."""
    post.hangs_up = True
    for attempt in (desk.send, desk.deliver):
        with pytest.raises(ApplicationError):
            await attempt(CONSENT)
    assert await desk.deliver(CONSENT) == "ambiguous"
    letter = (await desk.row(CONSENT)).message_id
    room.folder.drop(mail(POSTFIX, letter=letter, action="failed", status="5.1.1", part="message/rfc822"))
    assert await room.read() == {"waits": 1}
    assert [type(command) for command in await room.brought()] == [ReportBounce]
    assert (await desk.row(CONSENT)).state == "bounced"
