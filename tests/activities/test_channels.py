"""Letters to people who are reached by text message, by post or by telephone."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvicorn
from temporalio.exceptions import ApplicationError

from activities.records import Records
from casefile.post import PrintQueue
from domain.journey import BadAddress, Filing, Letter, Settled
from domain.parties import Channel
from letters.rendering import LINK, purpose_of
from stack.text_sink import sink
from tests.activities.desk import BOOKED, CONSENT, Desk, Post
from texts import TextProvider
from workflows.neighbours import ChannelQuestion, LetterToDeliver


@pytest.fixture
async def texts(tmp_path: Path, free_ports: Callable[[int], list[int]]) -> AsyncIterator[tuple[str, Path]]:
    """A provider of text messages that answers over HTTP: its address, and where it keeps what it took."""
    [port], folder = free_ports(1), tmp_path / "texts"
    folder.mkdir()
    server = uvicorn.Server(uvicorn.Config(sink(folder), host="127.0.0.1", port=port, log_config=None))
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}/messages", folder
    server.should_exit = True
    await running


def kept(folder: Path) -> list[dict[str, str]]:
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


async def test_a_text_message_says_what_it_is_about_and_where(desk: Desk, post: Post, texts: tuple[str, Path]) -> None:
    url, folder = texts
    desk.letters.texts = TextProvider(url)
    await desk.reach("p2.1", Channel.TEXT, phone="07700 900123")
    assert await desk.send(CONSENT) == "sent"
    assert await desk.deliver(CONSENT) == "sent"
    [message] = kept(folder)
    assert message["to"] == "07700 900123"
    assert message["body"].startswith("SEN Mediation Service: Would you take part in mediation? (SM-2026-00001).")
    assert "https://mediation.example/l/" in message["body"]
    assert "01632 960 100" in message["body"]
    assert "Quill" not in message["body"]
    assert post.messages == []
    row = await desk.row(CONSENT)
    assert (row.state, row.channel) == ("sent", "text")


async def test_no_provider_and_it_goes_later(desk: Desk, texts: tuple[str, Path]) -> None:
    await desk.reach("p2.1", Channel.TEXT, phone="07700 900123")
    with pytest.raises(ApplicationError) as raised:
        await desk.send(CONSENT)
    assert not raised.value.non_retryable
    assert (await desk.row(CONSENT)).state == "queued"
    desk.letters.texts = TextProvider(texts[0])
    assert await desk.deliver(CONSENT) == "sent"


async def test_a_number_that_is_missing_or_refused_is_a_task(desk: Desk, texts: tuple[str, Path]) -> None:
    desk.letters.texts = TextProvider(texts[0])
    await desk.reach("p2.1", Channel.TEXT, phone="")
    assert await desk.send(CONSENT) == "failed"
    assert (await desk.row(CONSENT)).problem == "no_address"
    await desk.reach("p2.1", Channel.TEXT, phone="nobody's")
    other = CONSENT.model_copy(update={"number": 2})
    assert await desk.send(other) == "bounced"
    assert (await desk.row(other)).problem == "422"


async def test_by_post_it_waits_in_the_print_queue(desk: Desk, post: Post) -> None:
    await desk.reach("p2.1", Channel.POST, address="1 School Lane\nExampleton\nEX1 2AB")
    assert [await desk.send(CONSENT), await desk.deliver(CONSENT)] == ["by_hand", "by_hand"]
    assert post.messages == []
    queue = PrintQueue(desk.database, desk.vault, desk.links)
    [waiting] = await queue.waiting()
    assert waiting.address == ["Sam Head", "Oakfield School", "1 School Lane", "Exampleton", "EX1 2AB"]
    assert LINK in waiting.words.text
    assert waiting.task == "post/consent_ask/p2.1/1:consent:p2"
    printed = await queue.to_print(waiting, purpose_of(waiting.letter), desk.time)
    assert await desk.links.token_of_code(f" {printed.code.lower()} ") == printed.token
    assert await desk.links.token_of_code(printed.code[:-1]) is None
    link = await desk.links.find(printed.token)
    assert link
    assert (link.person, link.purpose) == ("p2.1", "consent/p2")


async def test_what_is_enclosed_goes_by_mail_or_post(desk: Desk, post: Post) -> None:
    copy = Letter(kind="agreement_copy", about="agreement/1", to="p2.1")
    await desk.agreement_made()
    await desk.answers("p2.1")
    await desk.reach("p2.1", Channel.PHONE, phone="01632 960231", address="1 School Lane\nEX1 2AB")
    assert await desk.send(copy) == "by_hand"
    assert (await desk.row(copy)).channel == "post"
    [waiting] = await PrintQueue(desk.database, desk.vault, desk.links).waiting()
    printed = await PrintQueue(desk.database, desk.vault, desk.links).to_print(waiting, "case", desk.time)
    assert [pdf[:5] for pdf in printed.enclosed] == [b"%PDF-"]
    await desk.reach("p2.1", Channel.PHONE, phone="01632 960231", email="head@oakfield.example")
    other = copy.model_copy(update={"number": 2})
    assert await desk.send(other) == "sent"
    assert post.recipients == ["head@oakfield.example"]


async def test_letters_that_come_back_go_by_another_channel(desk: Desk, post: Post, texts: tuple[str, Path]) -> None:
    """As the case does it: the mark and the new channel stand in its journey, and their details stay what they were."""
    url, folder = texts
    desk.letters.texts = TextProvider(url)
    records = Records(desk.database, desk.vault, desk.links, now=lambda: desk.time)
    post.to_recipient = "550 no such user"
    await desk.file(CONSENT)
    bounced = await desk.letters.deliver(LetterToDeliver(case_id=desk.case_id, letter=CONSENT))
    assert (bounced.state, bounced.channel) == ("bounced", Channel.EMAIL)
    await desk.tell("p2.1", phone="07700 900123", address="1 School Lane")
    question = ChannelQuestion(case_id=desk.case_id, person="p2.1", not_by=[bounced.channel])
    assert (await records.another_channel(question)).channel == Channel.TEXT
    both = question.model_copy(update={"not_by": [Channel.EMAIL, Channel.TEXT]})
    assert (await records.another_channel(both)).channel == Channel.POST
    person = desk.journey.person("p2.1")
    assert person
    person.channel = Channel.TEXT
    desk.journey.bad_addresses.append(BadAddress(person="p2.1", channel=Channel.EMAIL, since=desk.time))
    once_more = CONSENT.once_more()
    assert await desk.send(once_more) == "sent"
    [message] = kept(folder)
    assert "Would you take part" in message["body"]
    assert [(await desk.row(one)).state for one in (CONSENT, once_more)] == ["bounced", "sent"], "it was not given"
    await desk.agreement_made()
    copy = Letter(kind="agreement_copy", about="agreement/1", to="p2.1")
    assert await desk.send(copy) == "by_hand"
    assert (await desk.row(copy)).channel == "post", "what is enclosed does not go to the bad address either"


async def test_nothing_is_known_but_the_address_that_is_bad(desk: Desk) -> None:
    records = Records(desk.database, desk.vault, desk.links, now=lambda: desk.time)
    question = ChannelQuestion(case_id=desk.case_id, person="p2.1", not_by=[Channel.EMAIL])
    assert (await records.another_channel(question)).channel is None


async def test_a_returned_letter_was_not_given(desk: Desk) -> None:
    records = Records(desk.database, desk.vault, desk.links, now=lambda: desk.time)
    await desk.reach("p2.1", Channel.POST, address="1 School Lane")
    await desk.send(CONSENT)
    for version, state in enumerate(("sent", "bounced", "sent"), 1):
        settled = [Settled(letter=CONSENT, state=state)]  # type: ignore[arg-type]
        filing = Filing(case_id=desk.case_id, version=version, journey=desk.journey, settled=settled)
        await records.file(filing)
    assert (await desk.row(CONSENT)).state == "bounced"


async def test_on_hold_the_print_queue_shows_only_what_leaves_at_any_time(desk: Desk) -> None:
    await desk.reach("p1.1", Channel.POST, address="2 Home Street")
    await desk.reach("p2.1", Channel.POST, address="1 School Lane")
    await desk.send(CONSENT)
    await desk.send(BOOKED)
    await desk.on_hold()
    waiting = await PrintQueue(desk.database, desk.vault, desk.links).waiting()
    assert [letter.letter.kind for letter in waiting] == ["visit_booked"]
