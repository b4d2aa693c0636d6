"""The code by which somebody shows that a mailbox or a telephone is theirs, on a real mail server and a real case
file."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from sqlmodel import select
from temporalio.exceptions import ApplicationError

from activities.proofs import ProofCodes
from casefile.cases import Cases
from casefile.database import Database
from casefile.officers import mailbox_of
from casefile.proofs import Proofs, Whom
from casefile.tables import Case, ProofRow
from casefile.vault import Vault
from domain.codes import BETWEEN_CODES, CODE_LASTS, KEPT, ProofToSend
from domain.commands import Actor
from domain.languages import Language, Written
from domain.parties import Channel
from domain.policy import standard
from letters.rendering import proof_text
from mail import MailServer
from tests.activities.desk import Post
from tests.sample_case import CHILD, SERVICE, opened, sample_referral
from texts import TextProvider

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 24, 22, tzinfo=UTC)  # late in the evening
ANN = "ann@family.example"


class Texts(TextProvider):
    """Remembers what it was handed."""

    def __init__(self) -> None:
        super().__init__("http://nowhere.example")
        self.sent: list[tuple[str, str, str]] = []

    async def send(self, to: str, body: str, reference: str) -> None:
        self.sent.append((to, body, reference))


class Desk:
    """A case, and the activities at some time of the day."""

    def __init__(self, database: Database, mail_url: str) -> None:
        self.database, self.now, self.texts = database, NOW, Texts()
        self.vault = Vault(b"v" * 32)
        self.proofs = Proofs(database, self.vault, b"s" * 32)
        sender = "SEN Mediation Service <mediation@service.example>"
        self.codes = ProofCodes(self.proofs, MailServer(mail_url), self.texts, sender, SERVICE, now=lambda: self.now)
        self.case_id = ""

    async def opened(self, channel: Channel = Channel.EMAIL, reads: Written = Language.ENGLISH) -> Whom:
        form = sample_referral()
        form.parties[0].people[0].reads = reads
        form.parties[0].people[0].channel, form.parties[0].people[0].phone = channel, "07700 900123"
        actor = Actor(kind="participant", id="p1.1")
        start = await opened(Cases(self.database, self.vault), form, "refer-1", actor, "", standard([]), NOW)
        self.case_id, self.reference = start.case_id, start.reference
        return Whom.of(start.case_id, "p1.1")

    async def asked(self, whom: Whom) -> ProofToSend:
        order = await self.proofs.new_code(whom, self.now)
        assert order
        return order


@pytest.fixture
async def desk(post: Post, database_url: str) -> AsyncIterator[Desk]:
    database = Database(database_url)
    yield Desk(database, post.url)
    await database.close()


def digits(message: EmailMessage) -> str:
    [found] = re.findall(r"^(\d{6})\r?$", message.get_content(), re.MULTILINE)
    return str(found)


async def test_it_goes_to_the_address_of_its_person_and_opens_once(desk: Desk, post: Post) -> None:
    whom = await desk.opened()
    order = await desk.asked(whom)
    assert (await desk.codes.send_proof(order)).state == "sent"
    [message] = post.messages
    assert message["To"] == ANN
    assert message["Message-ID"] == f"<{order.workflow_id}@service.example>"
    assert digits(message) not in message["Subject"]  # it shows on locked screens
    assert CHILD not in message.as_string()
    assert desk.reference in message.get_content()
    assert (await desk.proofs.find(whom, desk.now)).code == "sent"
    assert await desk.proofs.try_code(whom, digits(message), desk.now) == "right"
    assert await desk.proofs.try_code(whom, digits(message), desk.now) == "used"
    assert (await desk.codes.send_proof(order)).state == "withheld"
    assert len(post.messages) == 1


async def test_by_text_message(desk: Desk, post: Post) -> None:
    whom = await desk.opened(Channel.TEXT)
    order = await desk.asked(whom)
    assert (await desk.codes.send_proof(order)).state == "sent"
    [(to, body, reference)] = desk.texts.sent
    assert (to, reference) == ("07700 900123", order.workflow_id)
    [code] = re.findall(r"\d{6}", body)
    assert await desk.proofs.try_code(whom, code, desk.now) == "right"
    assert post.messages == []


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.TEXT])
async def test_it_comes_in_the_language_of_its_reader(desk: Desk, post: Post, channel: Channel) -> None:
    order = await desk.asked(await desk.opened(channel, reads=Language.POLISH))
    assert (await desk.codes.send_proof(order)).state == "sent"
    if channel == Channel.TEXT:
        [(_, body, _)] = desk.texts.sent
        assert "Prosimy wpisać go na otwartej stronie" in body
    else:
        [message] = post.messages
        assert message["Subject"] == "Kod do strony Pana/Pani sprawy"
        above, below = re.findall(r"^(\d{6})\r?$", message.get_content(), re.MULTILINE)
        assert above == below


@pytest.mark.parametrize("channel", [Channel.POST, Channel.PHONE])
async def test_who_is_reached_by_hand_is_sent_none(desk: Desk, post: Post, channel: Channel) -> None:
    order = await desk.asked(await desk.opened(Channel.EMAIL))
    async with desk.database.write() as session:
        case = await session.get_one(Case, desk.case_id)
        people = [{"key": "p1.1", "channel": channel}]
        case.journey = {"parties": [{"key": "p1", "role": "parent", "people": people}]}
        session.add(case)
    assert (await desk.codes.send_proof(order)).state == "withheld"
    assert (post.messages, desk.texts.sent) == ([], [])


async def test_an_officers_code_names_no_case(desk: Desk, post: Post) -> None:
    await desk.opened()
    async with desk.database.write() as session:
        case = await session.get_one(Case, desk.case_id)
        people = [{"key": "p2.1"}]
        case.journey = {"parties": [{"key": "p2", "role": "school", "people": people}], "contacted": ["p2"]}
        session.add(case)
    whom = Whom.officer(mailbox_of(desk.vault, "SAM@oakfield.example"))
    assert (await desk.codes.send_proof(await desk.asked(whom))).state == "sent"
    [message] = post.messages
    assert message["To"] == "sam@oakfield.example"
    assert desk.reference not in message.as_string()
    assert await desk.proofs.try_code(whom, digits(message), desk.now) == "right"


async def test_a_mailbox_that_is_nobodys_is_asked_like_any_other_and_gets_nothing(desk: Desk, post: Post) -> None:
    whom = Whom.officer("hash-of-a-strangers-mailbox")
    assert (await desk.codes.send_proof(await desk.asked(whom))).state == "withheld"
    assert (await desk.proofs.find(whom, desk.now)).code == "on_its_way"
    assert await desk.proofs.try_code(whom, "000000", desk.now) == "wrong"
    assert post.messages == []


async def test_a_code_whose_fate_is_unclear_goes_once_more_and_is_the_same(desk: Desk, post: Post) -> None:
    order = await desk.asked(await desk.opened())
    post.hangs_up = True
    with pytest.raises(ApplicationError, match="nobody took the code"):
        await desk.codes.send_proof(order)
    post.hangs_up = False
    assert (await desk.codes.send_proof(order)).state == "sent"
    first, second = post.messages
    assert (digits(first), first["Message-ID"]) == (digits(second), second["Message-ID"])


async def test_an_address_that_does_not_exist(desk: Desk, post: Post) -> None:
    whom = await desk.opened()
    post.to_recipient = "550 no such mailbox"
    assert (await desk.codes.send_proof(await desk.asked(whom))).state == "bounced"
    assert (await desk.proofs.find(whom, desk.now)).code == "bounced"


async def test_only_the_newest_code_leaves_and_none_too_late(desk: Desk, post: Post) -> None:
    whom = await desk.opened()
    old = await desk.asked(whom)
    assert await desk.proofs.new_code(whom, desk.now) is None  # a button pressed twice
    desk.now += BETWEEN_CODES
    new = await desk.asked(whom)
    assert (await desk.codes.send_proof(old)).state == "withheld"
    await desk.proofs.settle(old, "bounced")  # news of an older one are no news
    assert (await desk.proofs.find(whom, desk.now)).code == "on_its_way"
    desk.now += CODE_LASTS
    assert (await desk.codes.send_proof(new)).state == "withheld"
    assert (await desk.codes.send_proof(ProofToSend(proof="x", number=1))).state == "withheld"
    assert post.messages == []


async def test_what_is_read_out_on_the_telephone_makes_others_void(desk: Desk, post: Post) -> None:
    whom = await desk.opened()
    order = await desk.asked(whom)
    code = await desk.proofs.told(whom, desk.now)
    assert (await desk.proofs.find(whom, desk.now)).code == "told"
    assert (await desk.codes.send_proof(order)).state == "withheld"
    assert await desk.proofs.try_code(whom, code, desk.now) == "right"


async def test_an_erased_case_sends_nothing(desk: Desk, post: Post) -> None:
    order = await desk.asked(await desk.opened())
    async with desk.database.write() as session:
        case = await session.get_one(Case, desk.case_id)
        case.wrapped_key = None
        session.add(case)
    assert (await desk.codes.send_proof(order)).state == "withheld"


async def test_yesterdays_are_erased_and_begin_anew_with_other_codes(desk: Desk) -> None:
    whom = await desk.opened()
    first = await desk.proofs.told(whom, desk.now)
    await desk.proofs.told(Whom.officer("another"), desk.now)
    desk.now += KEPT
    second = await desk.proofs.told(whom, desk.now)
    async with desk.database.read() as session:
        rows = (await session.exec(select(ProofRow))).all()
    assert [(row.key, row.code_number) for row in rows] == [(whom.key, 1)]
    assert first != second


def test_the_text_message_is_one_text_message_and_a_half() -> None:
    assert len(proof_text("012345", NOW, SERVICE)) < 230
