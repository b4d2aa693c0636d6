"""The morning's lists on a real mail server, and what is erased at night."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.rounds import Eraser, MorningLists
from casefile.cases import Cases
from casefile.database import Database
from casefile.enquiries import Enquiries
from casefile.policies import Policies
from casefile.tables import (
    Case,
    CommandText,
    CoverRow,
    DigestRow,
    Document,
    LetterRow,
    Mediator,
    NoteRow,
    PaperRow,
    SearchToken,
    Staff,
    TaskRow,
)
from casefile.vault import Erased, Vault
from domain.commands import Actor, StaffRole
from domain.journey import Journey, OpenAsk
from domain.parties import Party, PartyRole, Person
from domain.policy import standard
from mail import MailServer
from tests.activities.desk import Post, text_of
from tests.sample_case import CHILD, SERVICE, added, opened, sample_referral
from workflows.neighbours import DigestToSend, Retained, Round

pytestmark = pytest.mark.both_databases

MORNING = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)  # a Tuesday
DAY = timedelta(days=1)
CORA = Actor(kind="staff", id="cora", roles=[StaffRole.COORDINATOR])


class Office:
    """A case file with cases of some people, and the rounds."""

    def __init__(self, database: Database, mail_url: str) -> None:
        self.database, self.vault, self.now = database, Vault(b"v" * 32), MORNING
        self.cases = Cases(database, self.vault)
        sender = "SEN Mediation Service <mediation@service.example>"
        self.lists = MorningLists(
            database,
            Policies(database, self.vault),
            MailServer(mail_url, patience=30),
            sender,
            SERVICE,
            lambda: self.now,
        )
        self.eraser = Eraser(database, Enquiries(database, self.vault, b"s" * 32), years=6)

    async def add(self, *rows: Any) -> None:
        await added(self.database, *rows)

    async def case(self, name: str, coordinator: str = "cora", **changes: Any) -> str:
        case_id = (
            await opened(self.cases, sample_referral(), name, CORA, coordinator, standard([]), MORNING - 9 * DAY)
        ).case_id
        await self.change(case_id, **changes)
        return case_id

    async def change(self, case_id: str, **changes: Any) -> None:
        async with self.database.write() as session:
            case = await session.get_one(Case, case_id)
            for column, value in changes.items():
                setattr(case, column, value)
            session.add(case)

    async def mediator(self, **changes: Any) -> None:
        async with self.database.write() as session:
            session.add((await session.get_one(Mediator, "mia")).sqlmodel_update(changes))

    async def task(self, case_id: str, role: str = "coordinator", kind: str = "phone", **more: Any) -> None:
        await self.add(TaskRow(case_id=case_id, key=f"{kind}/1", kind=kind, role=role, opened=MORNING - DAY, **more))

    async def readers(self) -> list[str]:
        return (await self.lists.readers_of_today(Round(at=self.now))).ids

    async def send(self, reader: str = "cora") -> str:
        return (await self.lists.send_digest(DigestToSend(reader=reader, day=date(2026, 11, 24)))).state

    async def erase(self) -> Retained:
        return await ActivityEnvironment().run(self.eraser.erase_what_is_due, Round(at=self.now))

    async def all(self, table: Any, case_id: str) -> list[Any]:
        async with self.database.read() as session:
            return list(await session.exec(select(table).where(table.case_id == case_id)))


@pytest.fixture
async def office(database_url: str, post: Post) -> AsyncIterator[Office]:
    database = Database(database_url)
    office = Office(database, post.url)
    people = {"cora": ["coordinator"], "cyd": ["coordinator"], "max": ["manager"], "mia": ["mediator"]}
    for id, roles in people.items():
        address = f"{id}@service.example"
        await office.add(Staff(id=id, name=id.title(), email=address, password_hash="!", roles=roles, created=MORNING))
    yield office
    await database.close()


# In the morning


async def test_each_is_sent_their_own_list_once(office: Office, post: Post) -> None:
    hers, nobodys = await office.case("hers"), await office.case("nobodys", "")
    await office.task(hers)
    await office.task(hers, "manager", "escalated")
    assert await office.readers() == ["cora", "max"]
    await office.task(nobodys, kind="explaining_call")
    assert await office.readers() == ["cora", "cyd", "max"], "what nobody has taken is everybody's"

    assert await office.send("cora") == "sent"
    assert await office.send("cora") == "sent"
    [message] = post.messages
    assert (message["To"], message["Subject"]) == ("cora@service.example", "Your cases today: 2 to do")
    assert message["Message-ID"] == "<digest-cora-2026-11-24@service.example>"
    text = text_of(message).replace("\r\n", "\n")
    assert "- SM-2026-00001: Ring a party that is silent, since Mon 23 Nov 2026\n" in text
    assert "- SM-2026-00002: The explaining call, since" in text
    for name in (CHILD, "Ann", "Oakfield", "Sam"):
        assert name not in message.as_string()

    assert await office.send("max") == "sent"
    assert "Late: look at the case" in text_of(post.messages[-1])


async def test_managers_hear_of_what_runs_out_of_the_panel(office: Office, post: Post) -> None:
    today = MORNING.date()
    await office.add(Mediator(staff_id="mia", professional_body="CMC", registered_until=today + 61 * DAY))
    assert await office.readers() == []
    await office.mediator(registered_until=today + 60 * DAY, supervision_due=today - DAY)
    assert await office.readers() == ["max"]
    assert await office.send("max") == "sent"
    [message] = post.messages
    assert message["Subject"] == "Your cases today: 1 late, 1 about to run out"
    assert "- Panel, of a mediator: registration ends on Sat 23 Jan 2027\n" in text_of(message).replace("\r\n", "\n")
    assert "Mia" not in message.as_string()
    await office.mediator(capacity=0)
    assert await office.readers() == [], "she has no case, and takes none"
    await office.case("hers", mediator_id="mia")
    assert await office.readers() == ["max"]


async def test_who_keeps_a_case_waiting(office: Office, post: Post) -> None:
    parties = [Party(key="p2", role=PartyRole.SCHOOL, people=[Person(key="p2.1")])]
    asks = [OpenAsk(key="consent/p2", of="p2", asked=MORNING - 20 * DAY, climbed=6)]
    journey = Journey(parties=parties, asks=asks).model_dump(mode="json")
    case_id = await office.case("hers", journey=journey, version=3)
    assert await office.readers() == ["cora", "max"]
    await office.send()
    assert "consent, from the school, asked on Wed 4 Nov 2026" in text_of(post.messages[0])
    await office.change(case_id, on_hold=True)
    assert await office.readers() == [], "nobody is waited for during a hold"


async def test_nothing_on_holidays_nor_when_it_was_done_meanwhile(office: Office, post: Post) -> None:
    case_id = await office.case("hers")
    await office.task(case_id)
    office.now = datetime(2026, 12, 25, 7, 30, tzinfo=UTC)
    assert await office.readers() == []
    office.now = datetime(2026, 11, 28, 7, 30, tzinfo=UTC)  # a Saturday
    assert await office.readers() == []
    office.now = MORNING
    async with office.database.write() as session:
        task = await session.get_one(TaskRow, (case_id, "phone/1"))
        task.closed = MORNING
        session.add(task)
    assert await office.send() == "withheld"
    assert post.messages == []


async def test_a_list_whose_fate_is_unclear_goes_once_more(office: Office, post: Post) -> None:
    await office.task(await office.case("hers"))
    post.hangs_up = True
    for _ in range(2):
        with pytest.raises(ApplicationError, match="did not take the list"):
            await office.send()
    assert await office.send() == "failed"
    assert len({message["Message-ID"] for message in post.messages}) == 1
    assert len(post.messages) == 2
    async with office.database.read() as session:
        assert (await session.get_one(DigestRow, ("cora", date(2026, 11, 24)))).problem == "ambiguous"


async def test_an_address_that_does_not_exist(office: Office, post: Post) -> None:
    await office.task(await office.case("hers"))
    post.to_recipient = "550 no such mailbox"
    assert await office.send() == "bounced"


# At night


async def closed(office: Office, name: str, years: float, **more: Any) -> str:
    changes = {"stage": "closed", "closed_at": MORNING - years * 365.25 * DAY, "journey": {}, "version": 9, **more}
    case_id = await office.case(name, **changes)
    await office.add(
        CommandText(command_id=name, case_id=case_id, sealed=b"words"),
        Document(case_id=case_id, kind="agreement", version=1, sha256="", made=MORNING, sealed=b"pdf"),
        LetterRow(id=name, case_id=case_id, kind="consent_ask", to="p2.1", number=1, state="sent", queued=MORNING,
                  sealed=b"words"),
        PaperRow(key=name, case_id=case_id, command=name, media_type="application/pdf", size=1, given=MORNING,
                 sealed_text=b"words", sealed=b"pdf"),
        NoteRow(id=name, case_id=case_id, author_id="cora", private=True, written=MORNING, sealed=b"words"),
    )  # fmt: skip
    return case_id


async def test_a_case_is_erased_when_it_was_closed_for_six_years(office: Office) -> None:
    old, young = await closed(office, "old", 6.01), await closed(office, "young", 5.99)
    assert await office.erase() == Retained(cases=1, enquiries=0, kept_on_hold=0, left_for_tomorrow=False)
    with pytest.raises(Erased):
        await office.cases.load(old)
    assert await office.all(SearchToken, old) == []
    assert await office.all(CommandText, old) == []
    assert await office.all(Document, old) == []
    assert await office.all(NoteRow, old) == []
    assert [letter.sealed for letter in await office.all(LetterRow, old)] == [None]
    assert [(paper.sealed, paper.sealed_text) for paper in await office.all(PaperRow, old)] == [(None, None)]
    assert (await office.all(SearchToken, young)) != []
    assert [note.sealed for note in await office.all(NoteRow, young)] == [b"words"]
    assert [letter.sealed for letter in await office.all(LetterRow, young)] == [b"words"]
    assert (await office.erase()).cases == 0


async def test_what_is_held_open_again_or_not_seen_to_is_kept(office: Office) -> None:
    held = await closed(office, "held", 7, on_hold=True)
    await closed(office, "open again", 7, closed_at=None)
    await office.task(await closed(office, "not seen to", 7))
    assert await office.erase() == Retained(cases=0, enquiries=0, kept_on_hold=1, left_for_tomorrow=False)
    await office.change(held, on_hold=False)
    assert (await office.erase()).cases == 1
    assert not await office.eraser.erasing.erase(held, MORNING, MORNING)


async def test_a_case_that_got_a_task_meanwhile_is_not_erased(office: Office) -> None:
    case_id = await closed(office, "old", 7)
    assert await office.eraser.erasing.due(MORNING, 10) == [case_id]
    await office.task(case_id)
    assert not await office.eraser.erasing.erase(case_id, MORNING, MORNING)
    assert [letter.sealed for letter in await office.all(LetterRow, case_id)] == [b"words"]


async def test_a_held_case_is_counted_whatever_is_left_to_do_in_it(office: Office) -> None:
    await office.task(await closed(office, "held", 7, on_hold=True))
    assert (await office.erase()).kept_on_hold == 1


async def test_who_stands_in_for_a_colleague_has_their_tasks_in_the_list(office: Office, post: Post) -> None:
    case_id = await office.case("one")
    await office.task(case_id, kind="read_reply")
    today = MORNING.date()
    await office.add(CoverRow(staff_id="cora", cover_id="cyd", first=today, last=today))
    assert await office.send("cyd") == "sent"
    said = text_of(post.messages[-1])
    assert "(for Cora): Read a reply" in said
    async with office.database.write() as session:
        session.add((await session.get_one(CoverRow, "cora")).sqlmodel_update({"last": today - DAY}))
    assert "cyd" not in await office.readers()
