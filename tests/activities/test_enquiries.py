"""The code for the public form on a real mail server and a real case file."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlmodel import select
from temporalio.exceptions import ApplicationError

from activities.enquiries import Codes
from casefile.database import Database
from casefile.enquiries import Enquiries, EnquiryText
from casefile.tables import EnquiryRow
from casefile.vault import Vault
from domain.codes import BETWEEN_CODES, CODE_LASTS, KEPT
from domain.enquiry import CodeToSend
from domain.languages import Language
from domain.referral import Child, PartyDetails, PersonDetails, ReferralForm
from letters.rendering import code_letter
from mail import MailServer
from tests.activities.desk import Post, text_of
from tests.sample_case import SERVICE

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 24, 22, tzinfo=UTC)  # late in the evening
ADDRESS = "ruth@family.example"
TEXT = EnquiryText(
    form=ReferralForm(
        child=Child(name="Maya Unmistakable"),
        about="The support.",
        parties=[
            PartyDetails.model_validate({"role": "parent", "people": [PersonDetails(name="Buy now", email=ADDRESS)]}),
            PartyDetails.model_validate(
                {
                    "role": "school",
                    "organisation": "Oakfield",
                    "people": [PersonDetails(name="SENCO")],
                    "reached_later": True,
                }
            ),
        ],
    ),
    email=ADDRESS,
    who="parent",
    author="p1.1",
)


class Desk:
    """An enquiry, and the activities at some time of the day."""

    def __init__(self, enquiries: Enquiries, mail_url: str) -> None:
        self.enquiries, self.now = enquiries, NOW
        sender = "SEN Mediation Service <mediation@service.example>"
        self.codes = Codes(enquiries, MailServer(mail_url), sender, SERVICE, now=lambda: self.now)

    async def asked(self, text: EnquiryText = TEXT) -> CodeToSend:
        await self.enquiries.store("e1", text, self.now)
        order = await self.enquiries.new_code("e1", self.now)
        assert order
        return order

    async def row(self) -> EnquiryRow | None:
        async with self.enquiries.database.read() as session:
            return (await session.exec(select(EnquiryRow))).first()


@pytest.fixture
async def desk(post: Post, database_url: str) -> AsyncIterator[Desk]:
    database = Database(database_url)
    yield Desk(Enquiries(database, Vault(b"v" * 32), b"s" * 32), post.url)
    await database.close()


def digits(message: EmailMessage) -> str:
    [found] = re.findall(r"^(\d{6})\r?$", text_of(message), re.MULTILINE)
    return str(found)


async def test_the_code_that_was_sent_is_the_right_one(desk: Desk, post: Post) -> None:
    order = await desk.asked()
    assert (await desk.codes.send_code(order)).state == "sent"
    [message] = post.messages
    assert message["To"] == ADDRESS
    assert message["Message-ID"] == "<enquiry-e1-1@service.example>"
    assert digits(message) not in message["Subject"]  # it shows on locked screens
    for typed in ("Maya", "Buy now", "Oakfield"):  # nobody can send a stranger words of their own
        assert typed not in message.as_string()
    assert await desk.enquiries.try_code("e1", digits(message), desk.now) == "right"
    assert (await desk.codes.send_code(order)).state == "withheld"
    assert len(post.messages) == 1


async def test_it_comes_in_the_language_in_which_the_form_was_filled_in(desk: Desk, post: Post) -> None:
    in_polish = TEXT.model_copy(deep=True)
    in_polish.form.parties[0].people[0].reads = Language.POLISH
    assert (await desk.codes.send_code(await desk.asked(in_polish))).state == "sent"
    [message] = post.messages
    assert message["Subject"] == "Kod do formularza na naszej stronie internetowej"
    above, below = re.findall(r"^(\d{6})\r?$", text_of(message), re.MULTILINE)
    assert above == below
    assert "Your code is:" in text_of(message)
    html = message.get_body(("html",))
    assert html is not None
    assert '<html lang="pl">' in html.get_content()
    for typed in ("Maya", "Buy now", "Oakfield"):
        assert typed not in message.as_string()


async def test_a_code_whose_fate_is_unclear_goes_once_more_and_is_the_same(desk: Desk, post: Post) -> None:
    order = await desk.asked()
    post.hangs_up = True
    with pytest.raises(ApplicationError, match="did not take the code"):
        await desk.codes.send_code(order)
    post.hangs_up = False
    assert (await desk.codes.send_code(order)).state == "sent"
    first, second = post.messages
    assert (digits(first), first["Message-ID"]) == (digits(second), second["Message-ID"])


async def test_an_address_that_does_not_exist(desk: Desk, post: Post) -> None:
    post.to_recipient = "550 no such mailbox"
    assert (await desk.codes.send_code(await desk.asked())).state == "bounced"
    found = await desk.enquiries.find("e1", desk.now)
    assert found
    assert found.code == "bounced"


async def test_only_the_newest_code_leaves_and_none_too_late(desk: Desk, post: Post) -> None:
    old = await desk.asked()
    assert await desk.enquiries.new_code("e1", desk.now) is None  # a button pressed twice
    desk.now += BETWEEN_CODES
    new = await desk.asked()
    assert new.number == 2
    assert (await desk.codes.send_code(old)).state == "withheld"
    await desk.enquiries.settle(old, "bounced")  # news of an older one are no news
    desk.now += CODE_LASTS
    assert (await desk.codes.send_code(new)).state == "withheld"
    assert (await desk.codes.send_code(CodeToSend(enquiry="e2", number=1))).state == "withheld"
    assert post.messages == []


async def test_old_enquiries_are_erased(desk: Desk) -> None:
    order = await desk.asked()
    desk.now += KEPT - timedelta(seconds=1)
    await desk.codes.erase_old(order)
    assert await desk.row()
    desk.now += timedelta(seconds=1)
    await desk.codes.erase_old(order)
    assert await desk.row() is None


def test_the_letter_is_short_and_says_until_when() -> None:
    letter = code_letter("012345", NOW, service=SERVICE)
    assert letter.text.startswith("Hello,\n\nYour code is:\n\n012345\n")
    assert "until 22:00" in letter.text
    assert letter.text.count(SERVICE.name) == 1
    assert "reference" not in letter.text
