"""The desk at which letters are written: a real mail server and a real case file."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.correspondence import Letters
from casefile import letters as remembered
from casefile.cases import Cases, view
from casefile.commands import Commands
from casefile.database import Database
from casefile.letters import LetterView, letter_id
from casefile.links import Links
from casefile.tables import Case, Document, LetterRow, Participant, Staff
from casefile.vault import Vault
from domain.commands import Actor, AnswerConsent, How, Slot, Term
from domain.journey import Agreement, Journey, Letter, Meeting, MeetingStatus, OpenAsk
from domain.parties import Channel, party_of
from domain.policy import Policy
from mail import MailServer
from tests.sample_case import SERVICE, opened, sample_referral
from texts import TextProvider
from workflows.neighbours import LettersToDeliver, LetterToDeliver

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
SLOT = Slot(start=NOW + timedelta(days=9), minutes=90)
CONSENT = Letter(kind="consent_ask", about="consent/p2", to="p2.1", while_asked="consent/p2")
BOOKED = Letter(kind="visit_booked", about="visit/p1/1", to="p1.1", reply=True)


class Post:
    """A mail server in this process. Its answers can be set."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.to_recipient = self.to_data = "250 OK"
        self.refuses = ""  # an address
        self.hangs_up = False
        self.url = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address == self.refuses:
            return "550 nobody of that name"
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.to_data.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.messages.append(message)
            self.recipients += envelope.rcpt_tos
        if self.hangs_up:
            server.transport.abort()
        return self.to_data


class Desk:
    """A case in the case file, with the activity that sends its letters."""

    def __init__(self, database: Database, post: Post) -> None:
        self.database, self.post, self.vault = database, post, Vault(b"v" * 32)
        self.links = Links(database, b"l" * 32)
        self.time = self.asked_at = NOW  # attempts may come later than the asking
        mail = MailServer(post.url, patience=30)
        sender = "SEN Mediation Service <mediation@service.example>"
        self.texts = TextProvider("http://127.0.0.1:9/messages", patience=3)
        self.letters = Letters(
            database, self.vault, self.links, mail, self.texts, sender, SERVICE, now=lambda: self.time
        )
        self.journey = Journey(parties=[])

    async def open(self, school: str = "Sam Head", school_email: str = "head@oakfield.example") -> None:
        async with self.database.write() as session:
            for key, roles in {"s1": ["coordinator"], "m1": ["mediator"], "b1": ["manager"]}.items():
                session.add(
                    Staff(
                        id=key,
                        name=f"Staff {key}",
                        email=f"{key}@service.example",
                        password_hash="!",
                        roles=roles,
                        created=NOW,
                    )
                )
        form = sample_referral(school, school_email)
        actor = Actor(kind="staff", id="s1")
        start = await opened(Cases(self.database, self.vault), form, "refer-1", actor, "s1", Policy(), NOW)
        self.case_id = start.case_id
        self.journey = Journey(
            parties=start.parties,
            contacted=["p1", "p2"],
            mediator="m1",
            asks=[OpenAsk(key="consent/p2", of="p2", asked=NOW)],
            meetings=[Meeting(key="visit/p1/1", party="p1", status=MeetingStatus.BOOKED, slot=SLOT)],
            agreement=Agreement(
                version=1,
                command="w1",
                terms=[Term(owner="p2", by=NOW.date())],
                meeting="joint_meeting/1",
                written=NOW,
            ),
        )
        await self.file()

    async def file(self, *letters: Letter) -> None:
        """What activities/records.py does with a filing."""
        async with self.database.write() as session:
            case = await session.get_one(Case, self.case_id)
            case.journey, case.mediator_id = self.journey.model_dump(mode="json"), "m1"
            session.add(case)
            for letter in letters:
                row_id = letter_id(self.case_id, letter)
                session.add(LetterRow(id=row_id, case_id=self.case_id, queued=self.time, **letter.model_dump()))

    async def answers(self, person: str, how: How = How.LINK) -> None:
        """The person has answered through their link, or staff have written down what they said."""
        theirs = Actor(kind="participant", id=person) if how == How.LINK else Actor(kind="staff", id="s1")
        consent = AnswerConsent(
            id=f"yes-{person}", case_id=self.case_id, actor=theirs, at=NOW, party=party_of(person), yes=True, how=how
        )
        await Commands(self.database, self.vault).store(consent)

    def hours_pass(self, count: int) -> None:
        self.time += timedelta(hours=count)

    async def deliver(self, letter: Letter, *, told: bool = False) -> str:
        temporal = ActivityEnvironment()
        temporal.info = replace(temporal.info, scheduled_time=self.asked_at)
        order = LetterToDeliver(case_id=self.case_id, letter=letter, told=told)
        return (await temporal.run(self.letters.deliver, order)).state

    async def deliver_together(self, *letters: Letter) -> list[str]:
        order = LettersToDeliver(case_id=self.case_id, letters=list(letters))
        found = await ActivityEnvironment().run(self.letters.deliver_together, order)
        return [delivery.state for delivery in found.of]

    async def send(self, letter: Letter) -> str:
        await self.file(letter)
        return await self.deliver(letter)

    async def reach(self, person: str, channel: Channel, **where: str) -> None:
        """They are reached in this way, and no other."""
        known = self.journey.person(person)
        assert known
        known.channel = channel
        await self.tell(person, email=where.pop("email", ""), channel=channel, **where)

    async def tell(self, person: str, **details: str) -> None:
        """What the case file knows of them is different now."""
        async with self.database.write() as session:
            case = await session.get_one(Case, self.case_id)
            key = self.vault.case_key(case.id, case.wrapped_key)
            before = (await view(session, case, key)).person(person).details
            told = before.model_copy(update=details)
            row = await session.get_one(Participant, (case.id, person))
            row.channel, row.sealed = told.channel, key.seal(told, f"participant/{case.id}/{person}")
            session.add(row)

    async def agreement_made(self) -> bytes:
        pdf = b"%PDF-1.7 \x00\xff"
        async with self.database.write() as session:
            case = await session.get_one(Case, self.case_id)
            place = f"document/{case.id}/agreement/1"
            sealed = self.vault.case_key(case.id, case.wrapped_key).seal_bytes(pdf, place)
            row = Document(case_id=case.id, kind="agreement", version=1, sha256="0" * 64, made=NOW, sealed=sealed)
            session.add(row)
        return pdf

    async def on_hold(self) -> None:
        async with self.database.write() as session:
            case = await session.get_one(Case, self.case_id)
            case.on_hold = True
            session.add(case)

    async def kept(self) -> LetterView:
        [letter] = await remembered.Letters(self.database, self.vault).of_case(self.case_id)
        return letter

    async def row(self, letter: Letter) -> LetterRow:
        async with self.database.read() as session:
            return await session.get_one(LetterRow, letter_id(self.case_id, letter))


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
