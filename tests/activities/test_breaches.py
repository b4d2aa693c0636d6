"""A letter reached somebody who should not have it: what its links open then, and what still leaves."""

import re

import pytest

from activities.records import Records
from casefile.breaches import Breaches
from domain.breaches import Breach
from domain.journey import BadAddress, Filing
from domain.parties import Channel
from tests.activities.desk import CONSENT, NOW, Desk, Post, text_of
from workflows.neighbours import LetterGone

pytestmark = pytest.mark.both_databases
LINK = re.compile(r"https://mediation\.example/l/(\S+)")


def records(desk: Desk) -> Records:
    return Records(desk.database, desk.vault, desk.links, lambda: desk.time)


def token_in(post: Post) -> str:
    found = LINK.search(text_of(post.messages[-1]))
    assert found
    return found[1]


async def test_the_link_in_it_opens_nothing_and_the_next_letter_has_another(desk: Desk, post: Post) -> None:
    await desk.send(CONSENT)
    first = token_in(post)
    before = await desk.links.find(first)
    gone = await records(desk).withdraw_links(LetterGone(case_id=desk.case_id, letter=CONSENT))
    assert (gone.refusal, gone.channel) == ("", "email")
    assert await desk.links.find(first) is None
    await desk.send(CONSENT.model_copy(update={"kind": "consent_remind"}))
    second = token_in(post)
    assert second != first
    assert await desk.links.find(second) == before, "the same page, for whoever has the new letter"


async def test_the_code_on_paper_opens_nothing_either(desk: Desk, post: Post) -> None:
    await desk.send(CONSENT)
    async with desk.database.write() as session:
        code = await desk.links.code_for(session, desk.case_id, "p2.1", "consent/p2")
    assert await desk.links.token_of_code(code)
    await records(desk).withdraw_links(LetterGone(case_id=desk.case_id, letter=CONSENT))
    assert await desk.links.token_of_code(code) is None
    async with desk.database.write() as session:
        another = await desk.links.code_for(session, desk.case_id, "p2.1", "consent/p2")
    token = await desk.links.token_of_code(another)
    assert another != code
    assert token
    assert await desk.links.find(token)


async def test_somebody_elses_links_go_on(desk: Desk, post: Post) -> None:
    await desk.send(CONSENT)
    async with desk.database.write() as session:
        parents = await desk.links.token_for(session, desk.case_id, "p1.1", "case", NOW)
    await records(desk).withdraw_links(LetterGone(case_id=desk.case_id, letter=CONSENT))
    assert await desk.links.find(parents)


async def test_what_never_left_reached_nobody(desk: Desk) -> None:
    gone = await records(desk).withdraw_links(LetterGone(case_id=desk.case_id, letter=CONSENT))
    assert gone.refusal == "not_sent"
    await desk.file(CONSENT)
    assert (await records(desk).withdraw_links(LetterGone(case_id=desk.case_id, letter=CONSENT))).refusal == "not_sent"


async def test_nothing_leaves_for_an_address_where_somebody_else_reads(desk: Desk, post: Post) -> None:
    desk.journey.bad_addresses = [BadAddress(person="p2.1", channel=Channel.EMAIL, since=NOW, wrong=True)]
    assert await desk.send(CONSENT) == "failed"
    assert (await desk.row(CONSENT)).problem == "wrong_address"
    assert post.messages == []


async def test_an_officer_of_a_wrong_mailbox_sees_no_case(desk: Desk) -> None:
    from casefile.officers import Officers

    officers = Officers(desk.database, desk.vault)
    mailbox = officers.mailbox("head@oakfield.example")
    assert [one.person for one in await officers.cases(mailbox)] == ["p2.1"]
    desk.journey.bad_addresses = [BadAddress(person="p2.1", channel=Channel.EMAIL, since=NOW, wrong=True)]
    await desk.file()
    assert await officers.cases(mailbox) == []


async def test_it_stands_in_the_list_until_and_after_it_is_decided(desk: Desk) -> None:
    breaches = Breaches(desk.database)
    assert await breaches.list(0, 9) == ([], 0)
    breach = Breach(
        key="b1", kind_of_letter="consent_ask", about="consent/p2", to="p2.1", number=1, channel=Channel.EMAIL,
        noticed=NOW, reported_by="s1",
    )  # fmt: skip
    desk.journey.breaches = [breach, breach.model_copy(update={"key": "b2", "decided": NOW})]
    await records(desk).file(Filing(case_id=desk.case_id, version=1, journey=desk.journey))
    [first, second], total = await breaches.list(0, 9)
    assert (first.id, first.reference, first.decided) == ("b1", "SM-2026-00001", None)
    assert (second.id, second.decided, total) == ("b2", NOW, 2)
    desk.journey.breaches[0].decided = NOW
    await records(desk).file(Filing(case_id=desk.case_id, version=2, journey=desk.journey))
    assert all(line.decided for line in (await breaches.list(0, 9))[0])
