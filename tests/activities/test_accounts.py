"""The link to a new password on a real mail server and a real case file."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.accounts import AccountLetters
from casefile.database import Database
from casefile.password_resets import PasswordResets
from casefile.staff import StaffAccounts
from domain.accounts import LINK_LASTS
from domain.commands import StaffRole
from letters.rendering import password_letter
from mail import MailServer
from tests.activities.desk import Post
from tests.api.fakes import QUICK_HASHER
from tests.sample_case import SERVICE

pytestmark = pytest.mark.both_databases
NOW = datetime(2026, 11, 24, 22, tzinfo=UTC)  # late in the evening
ADDRESS = "jo@service.example"


class Desk:
    """An account, and the activity at some time of the day."""

    def __init__(self, database: Database, mail_url: str) -> None:
        self.accounts, self.now = StaffAccounts(database, QUICK_HASHER), NOW
        self.resets = PasswordResets(database, b"s" * 32)
        sender = "SEN Mediation Service <mediation@service.example>"
        self.letters = AccountLetters(self.resets, MailServer(mail_url), sender, SERVICE, now=lambda: self.now)


@pytest.fixture
async def desk(post: Post, database_url: str) -> AsyncIterator[Desk]:
    database = Database(database_url)
    desk = Desk(database, post.url)
    await desk.accounts.create("Jo Coordinator", ADDRESS, [StaffRole.COORDINATOR], NOW)
    yield desk
    await database.close()


async def test_the_link_in_the_letter_is_the_right_one_and_leaves_once(desk: Desk, post: Post) -> None:
    order = await desk.resets.ask(ADDRESS, NOW)
    assert (await desk.letters.send_password_link(order)).state == "sent"
    assert (await desk.letters.send_password_link(order)).state == "withheld"
    [message] = post.messages
    assert message["To"] == ADDRESS
    [token] = re.findall(r"/sign-in/new-password/(\S+)", message.get_content())
    assert len(token) == 43  # 256 bits
    holder = await desk.resets.holder(token, NOW)
    assert holder
    assert holder.email == ADDRESS


async def test_nothing_is_sent_to_nobody_or_too_late(desk: Desk, post: Post) -> None:
    nobody = await desk.resets.ask("nobody@service.example", NOW)
    late = await desk.resets.ask(ADDRESS, NOW)
    assert (await desk.letters.send_password_link(nobody)).state == "withheld"
    desk.now = NOW + LINK_LASTS
    assert (await desk.letters.send_password_link(late)).state == "withheld"
    assert post.messages == []


async def test_with_mail_away_it_is_tried_again_with_the_same_link(desk: Desk) -> None:
    order = await desk.resets.ask(ADDRESS, NOW)
    desk.letters.mail = MailServer("smtp://127.0.0.1:9")
    with pytest.raises(ApplicationError, match="did not take the link"):
        await desk.letters.send_password_link(order)
    before = await desk.resets.to_send(order, NOW)
    after = await desk.resets.to_send(order, NOW + timedelta(minutes=1))
    assert before
    assert before == after


def test_the_letter_is_short_and_says_when_the_link_is_over() -> None:
    letter = password_letter("Jo Coordinator", "TOKEN", NOW, service=SERVICE)
    assert letter.subject == "Your link to a new password"
    assert "/sign-in/new-password/TOKEN\n" in letter.text
    assert "good until 22:00" in letter.text
    for sentence in re.split(r"[.:?]\s", letter.text):
        assert len(sentence.split()) <= 25, sentence
