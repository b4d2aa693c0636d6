"""People answer letters by e-mail: a person reads it, and until then nobody of that party is reminded."""

from datetime import timedelta

import pytest

from domain.commands import MAILBOX
from domain.stages import ClosingReason
from tests.workflows.telling import CAME_BACK, LETTER, asked_for_consent, withdrawn
from tests.workflows.world import COORDINATOR, MANAGER, Story, World, person


async def test_a_reply_holds_the_ladder_of_its_party_until_it_is_read(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.working_days(4)
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind"]
    await story.act("receive_reply", MAILBOX, person="p2.1")
    assert world.tasks() == ["reply/p2.1/act-2"]
    before = world.journey.open_ask("consent/p2")
    assert before
    assert before.armed is None
    await story.working_days(14)  # the school's whole ladder would lie behind it
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind"], "they have written"
    assert world.letters(about="consent/p3", kind="consent") == ["consent_ask"] + 3 * ["consent_remind"], (
        "the others are"
    )
    assert not [key for key in world.tasks() if "consent/p2" in key]
    read = await story.now()
    await story.act("tick_task", task="reply/p2.1/act-2")
    after = world.journey.open_ask("consent/p2")
    assert after
    assert after.armed
    assert (after.climbed, after.armed.number) == (before.climbed, 2), "it goes on where it stood"
    assert after.armed.at > read, "not with a burst of what was due meanwhile"
    await story.working_days(2)
    assert world.letters(about="consent/p2") == ["consent_ask"] + 2 * ["consent_remind"]
    await story.act("answer_consent", COORDINATOR, party="p2", yes=False, how="email")
    assert (await story.closing()).reason == ClosingReason.NOT_AGREED


async def test_a_reply_that_was_ticked_off_unread_holds_the_ladder_again(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.act("receive_reply", MAILBOX, person="p2.1")
    await story.act("tick_task", task="reply/p2.1/act-2")
    await story.act("bring_back_task", task="reply/p2.1/act-2")
    await story.working_days(6)
    assert world.letters(about="consent/p2") == ["consent_ask"]
    assert await story.refused("bring_back_task", task="reply/p2.1/act-2") == "no_such_task", "it is there already"
    await story.act("tick_task", task="reply/p2.1/act-2")
    await story.working_days(6)
    assert world.letters(about="consent/p2") != ["consent_ask"]
    await withdrawn(story)


async def test_a_call_that_was_not_made_is_to_be_made(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.working_days(12)
    call = "phone/consent/p2/1"
    await story.act("tick_task", task=call, outcome="spoke")
    assert call not in world.tasks()
    await story.act("bring_back_task", task=call)
    assert call in world.tasks()
    await story.act("tick_task", task=call, outcome="spoke")
    await story.act("answer_consent", COORDINATOR, party="p2", yes=True, how="phone")
    assert await story.refused("bring_back_task", task=call) == "no_such_task", "they have answered"
    await withdrawn(story)


async def test_every_reply_is_read_before_the_ladder_goes_on(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.act("receive_reply", MAILBOX, person="p2.1")
    await story.act("receive_reply", MAILBOX, person="p2.1")
    await story.act("tick_task", task="reply/p2.1/act-2")
    await story.working_days(8)
    assert world.letters(about="consent/p2") == ["consent_ask"]
    await story.act("tick_task", task="reply/p2.1/act-3")
    await story.working_days(4)
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind"]
    await withdrawn(story)
    await story.closing()


async def test_a_pause_and_an_unread_reply_move_a_ladder_once(story: Story, world: World) -> None:
    """Two weeks of both at the same time, overlapping by one: three weeks in all, not four."""
    await asked_for_consent(story)
    asked = world.journey.asks[0].asked
    await story.act("receive_reply", MAILBOX, person="p2.1")
    held = await story.now()
    await story.days(7)
    await story.act("pause")
    await story.days(7)
    await story.act("tick_task", task="reply/p2.1/act-2")
    await story.days(7)
    await story.act("resume")
    stood = await story.now() - held
    moved = {ask.key: ask.asked - asked for ask in world.journey.asks}
    assert abs(moved["consent/p2"] - stood) < timedelta(minutes=1)
    assert abs(moved["consent/p3"] - timedelta(days=14)) < timedelta(minutes=1)
    await withdrawn(story)
    await story.closing()


async def test_what_is_asked_while_a_reply_is_unread_waits_too(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.act("receive_reply", MAILBOX, person="p1.1")
    await story.everyone_consents()
    await story.mediator_accepts()
    slots = [await story.slot(5)]
    await story.act("offer_visit_dates", COORDINATOR, party="p1", slots=slots)
    await story.working_days(1)
    assert world.letters(about="visit_choice/p1/1") == []
    await story.act("tick_task", task="reply/p1.1/act-2")
    await story.breathe()
    assert world.letters(about="visit_choice/p1/1") == ["visit_choice_ask"]
    await withdrawn(story)
    await story.closing()


async def test_a_reminder_that_is_on_its_way_waits_for_the_reading(story: Story, world: World) -> None:
    """It was queued while mail was away, and then the school wrote."""
    await asked_for_consent(story)
    world.mail_away = True
    await story.working_days(3)
    assert world.queued("consent/p2") == ["consent_ask", "consent_remind"]
    await story.act("receive_reply", MAILBOX, person="p2.1")
    world.mail_away = False
    await story.working_days(2)
    assert world.letters(about="consent/p2") == ["consent_ask"]
    assert world.letters(about="consent/p3") == ["consent_ask", "consent_remind"]
    assert len(world.held) == 1, "it is looked at again after the reading, and not every minute"
    await story.act("tick_task", task="reply/p2.1/act-2")
    await story.until(await story.now() + timedelta(minutes=2))  # it is looked at again after a minute
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind"]
    await withdrawn(story)
    await story.closing()


async def test_an_out_of_office_note_holds_nothing(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.act("note_automatic_reply", MAILBOX, person="p2.1")
    assert world.tasks() == []
    noted = [event.about for filing in world.filings for event in filing.events if event.what == "note_automatic_reply"]
    assert noted == ["p2.1"]
    await story.working_days(4)
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind"]
    assert "consent/p2" not in world.journey.facts, "it is no answer"
    await withdrawn(story)
    await story.closing()


async def test_a_letter_that_comes_back_later_is_one_task(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.act("report_bounce", MAILBOX, **LETTER)
    await story.act("report_bounce", MAILBOX, **LETTER)
    assert world.tasks() == [CAME_BACK]
    await story.act("tick_task", task=CAME_BACK)
    assert world.tasks() == []
    await withdrawn(story)
    await story.closing()


async def test_a_reply_after_the_end_is_refused_and_an_unread_one_is_still_read(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.act("receive_reply", MAILBOX, person="p2.1")
    await withdrawn(story)
    await story.breathe()
    assert await story.refused("receive_reply", MAILBOX, person="p3.1") == "ended"
    assert await story.refused("note_automatic_reply", MAILBOX, person="p3.1") == "ended"
    await story.act("report_bounce", MAILBOX, **{**LETTER, "kind_of_letter": "closed_withdrawn", "about": ""})
    assert sorted(world.tasks()) == ["letter/closed_withdrawn/p2.1/1:", "reply/p2.1/act-2"]
    for task in world.tasks():
        await story.act("tick_task", task=task)
    assert (await story.closing()).reason == ClosingReason.WITHDRAWN


@pytest.mark.parametrize("kind", ["receive_reply", "note_automatic_reply"])
async def test_only_the_mailbox_brings_mail_and_it_does_nothing_else(story: Story, world: World, kind: str) -> None:
    await asked_for_consent(story)
    assert await story.refused(kind, MANAGER, person="p2.1") == "not_yours"
    assert await story.refused(kind, person("p2.1"), person="p2.1") == "not_yours"
    assert await story.refused(kind, MAILBOX, person="p9.1") == "no_such_person"
    assert await story.refused("answer_consent", MAILBOX, party="p2", yes=True, how="email") == "not_yours"
    assert await story.refused("close_case", MAILBOX, reason="conceded") == "not_yours"
    await withdrawn(story)
    await story.closing()
