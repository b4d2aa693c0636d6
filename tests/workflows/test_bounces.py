"""A letter comes back: the address is marked, the letter goes by another channel, a person finds the right address."""

from datetime import timedelta
from typing import Any

from domain.commands import MAILBOX
from domain.journey import Letter
from domain.parties import Channel
from domain.stages import ClosingReason
from tests.workflows.telling import CAME_BACK, LETTER, asked_for_consent, withdrawn
from tests.workflows.world import COORDINATOR, Story, World, mediator, person

EMAIL, TEXT, POST, PHONE = Channel.EMAIL, Channel.TEXT, Channel.POST, Channel.PHONE


def went(world: World, to: str) -> list[tuple[str, Channel]]:
    return [(sent.letter.kind, sent.channel) for sent in world.sent if sent.letter.to == to]


def channel_of(world: World, key: str) -> Channel:
    found = world.journey.person(key)
    assert found
    return found.channel


async def test_in_mid_ladder_the_question_goes_by_text_message_and_is_answered(story: Story, world: World) -> None:
    world.known["p2.1"] = [TEXT, PHONE]
    await asked_for_consent(story)
    await story.working_days(3)
    await story.working_days(1)
    world.bad_addresses.append("p2.1")  # the mailbox is full of years, and now it is closed
    reminder = {**LETTER, "kind_of_letter": "consent_remind"}
    await story.act("report_bounce", MAILBOX, **reminder)
    await story.breathe()
    assert went(world, "p2.1") == [("consent_ask", EMAIL), ("consent_remind", EMAIL), ("consent_remind", TEXT)]
    assert world.tasks() == ["address/p2.1/email"]
    ask = world.journey.open_ask("consent/p2")
    assert ask
    assert ask.armed
    assert ask.armed.number == 2, "the ladder goes on where it stood"
    await story.working_days(5)
    assert len(went(world, "p2.1")) == 3, "and they have the whole time again"
    await story.working_days(2)
    assert went(world, "p2.1")[3:] == [("consent_remind", TEXT)]
    await story.act("answer_consent", person("p2.1"), party="p2", yes=True, how="link")
    await story.breathe()
    assert went(world, "p2.1")[4:] == [("consent_receipt", TEXT)]
    assert "address/p2.1/email" in world.tasks(), "it stays until somebody has the right address"
    await withdrawn(story)
    await story.closing()


async def test_the_same_letter_comes_back_once_whoever_says_so(story: Story, world: World) -> None:
    world.bad_addresses.append("p2.1")
    world.known["p2.1"] = [TEXT]
    await asked_for_consent(story)
    assert went(world, "p2.1") == [("consent_ask", TEXT)], "the mail server said so at once"
    for _ in range(2):
        await story.act("report_bounce", MAILBOX, **LETTER)
    await story.breathe()
    assert went(world, "p2.1") == [("consent_ask", TEXT)]
    assert world.tasks() == ["address/p2.1/email"]
    await story.act("tick_task", task="address/p2.1/email")
    await story.act("report_bounce", MAILBOX, **LETTER)
    assert world.tasks() == []
    assert [bad.channel for bad in world.journey.bad_addresses] == [EMAIL]
    await withdrawn(story)
    await story.closing()


async def test_everything_comes_back_and_a_coordinator_rings(story: Story, world: World) -> None:
    world.bad_addresses.append("p2.1")
    world.bad_numbers.append("p2.1")
    world.known["p2.1"] = [TEXT, POST, PHONE]
    await asked_for_consent(story)
    ask = world.journey.open_ask("consent/p2")
    assert ask
    assert ask.by_post, "the post is given its days"
    assert story.by_hand() == ["consent_ask p2.1"]
    [task] = [task for task in world.journey.tasks if task.kind == "letter_by_post"]
    letter = Letter.of_key(task.key.partition("/")[2])
    assert letter
    named: dict[str, Any] = {
        "kind_of_letter": letter.kind,
        "about": letter.about,
        "to": letter.to,
        "number": letter.number,
    }
    assert await story.refused("report_returned_letter", **named) == "not_posted"
    await story.seen_to()
    await story.working_days(5)
    for _ in range(2):
        await story.act("report_returned_letter", **named)
    await story.breathe()
    assert channel_of(world, "p2.1") == PHONE
    assert [task.kind for task in world.journey.tasks if task.key.startswith("phone/")] == ["letter_by_phone"]
    assert [key for key in world.tasks() if key.startswith("address/")] == [
        f"address/p2.1/{channel}" for channel in ("email", "text", "post")
    ]
    settled = [one.state for filing in world.filings for one in filing.settled if one.letter.key == letter.key]
    assert settled[:2] == ["sent", "bounced"], "it was not given"
    await withdrawn(story)
    await story.breathe()
    await story.seen_to()
    await story.closing()


async def test_nothing_else_is_known_and_a_person_finds_out(story: Story, world: World) -> None:
    world.bad_addresses.append("p2.1")
    await asked_for_consent(story)
    assert world.tasks() == [CAME_BACK]
    assert world.journey.bad_channels("p2.1") == [EMAIL]
    assert channel_of(world, "p2.1") == EMAIL
    await withdrawn(story)
    await story.breathe()
    for task in world.tasks():
        await story.act("tick_task", task=task)
    await story.closing()


async def test_the_notice_of_a_meeting_goes_again_at_once(story: Story, world: World) -> None:
    """A notice that came back was not given; so it leaves at any hour."""
    await story.up_to_the_joint_meeting()
    world.known["p1.1"] = [TEXT]
    slot = await story.joint_meeting_fixed(days_ahead=12)
    await story.breathe()
    notice = {"kind_of_letter": "joint_meeting_booked", "about": "joint_meeting/1", "to": "p1.1", "number": 1}
    await story.until((await story.now()).replace(hour=23, minute=0))
    await story.act("report_bounce", MAILBOX, **notice)
    await story.breathe()
    assert went(world, "p1.1")[-2:] == [("joint_meeting_booked", EMAIL), ("joint_meeting_booked", TEXT)]
    await story.until(slot.start + timedelta(hours=2))
    assert went(world, "p1.1")[-1] == ("joint_meeting_remind", TEXT)
    await withdrawn(story)
    await story.closing()


async def test_a_notice_that_the_post_would_bring_too_late_is_a_persons(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    world.known["p1.1"] = [POST]
    await story.breathe()
    half_days = world.journey.meetings[-1].half_days
    for party in ("p1", "p2", "p3"):
        await story.act("give_availability", COORDINATOR, party=party, half_days=half_days[:3], how="phone")
    world.bad_addresses.append("p1.1")
    await story.act("fix_joint_meeting", slot=await story.slot(1), venue="library")
    await story.breathe()
    assert "letter/joint_meeting_booked/p1.1/1:joint_meeting:1" in world.tasks()
    assert "joint_meeting_booked p1.1" not in story.by_hand()
    await withdrawn(story)
    await story.breathe()
    for task in world.tasks():
        outcome = "posted" if task.startswith("post/") else "done"
        await story.act("tick_task", task=task, outcome=outcome)
    await story.closing()


async def test_the_right_address_clears_the_mark(story: Story, world: World) -> None:
    """And a late report about the old address changes nothing for the new one."""
    world.known["p2.1"] = [POST]
    await asked_for_consent(story)
    await story.act("report_bounce", MAILBOX, **LETTER)
    await story.breathe()
    assert story.by_hand() == ["consent_ask p2.1"]
    world.admits = "p2.2"
    await story.act("replace_contact", COORDINATOR, party="p2")
    await story.breathe()
    assert world.tasks() == []
    assert world.journey.bad_channels("p2.2") == []
    assert channel_of(world, "p2.2") == EMAIL
    before = went(world, "p2.2")
    assert before == [("consent_ask", EMAIL)]
    await story.act("report_bounce", MAILBOX, **{**LETTER, "kind_of_letter": "consent_remind"})
    await story.breathe()
    assert (went(world, "p2.2"), world.tasks(), channel_of(world, "p2.2")) == (before, [], EMAIL)
    armed = world.journey.open_ask("consent/p2")
    assert armed
    assert not armed.by_post
    await withdrawn(story)
    await story.closing()


async def test_the_contact_was_replaced_before_the_letter_came_back(story: Story, world: World) -> None:
    world.known["p2.1"] = [TEXT]
    await asked_for_consent(story)
    world.admits = "p2.2"
    await story.act("replace_contact", COORDINATOR, party="p2")
    await story.breathe()
    await story.act("report_bounce", MAILBOX, **LETTER)
    await story.breathe()
    assert world.journey.bad_addresses == []
    assert world.tasks() == []
    assert went(world, "p2.1") == [("consent_ask", EMAIL)], "nobody writes to them any more"
    assert went(world, "p2.2") == [("consent_ask", EMAIL)]
    await withdrawn(story)
    await story.closing()


async def test_what_is_answered_does_not_go_again(story: Story, world: World) -> None:
    world.known["p2.1"] = [TEXT]
    await asked_for_consent(story)
    await story.act("answer_consent", COORDINATOR, party="p2", yes=True, how="phone")
    await story.breathe()
    before = went(world, "p2.1")
    await story.act("report_bounce", MAILBOX, **LETTER)
    await story.breathe()
    assert went(world, "p2.1") == before, "but what comes next goes by text message"
    assert channel_of(world, "p2.1") == TEXT
    await withdrawn(story)
    await story.closing()


async def test_after_the_end_it_is_only_a_task(story: Story, world: World) -> None:
    world.known["p2.1"] = [TEXT]
    await asked_for_consent(story)
    world.bad_addresses += ["p2.1", "mediator/mia"]
    await withdrawn(story)
    await story.breathe()
    assert world.tasks() == ["letter/closed_withdrawn/p2.1/1:"]
    assert world.journey.bad_addresses == []
    await story.act("tick_task", task="letter/closed_withdrawn/p2.1/1:")
    assert (await story.closing()).reason == ClosingReason.WITHDRAWN


async def test_a_mediators_address_is_only_a_task(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.everyone_consents()
    world.bad_addresses.append("mediator/mia")
    await story.act("offer_mediator", mediator="mia")
    await story.breathe()
    assert world.tasks() == ["letter/acceptance_ask/mediator/mia/1:acceptance:1"]
    world.bad_addresses.clear()
    await story.act("answer_allocation", mediator("mia"), offer=1, accepts=True)
    await withdrawn(story)
    await story.closing()
