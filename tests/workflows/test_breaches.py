"""A letter reached somebody who should not have it: what ends at once, what goes where, and who decides by when."""

from datetime import timedelta
from typing import Any

from domain.journey import BadAddress, Task
from domain.parties import Channel
from tests.workflows.telling import LETTER, asked_for_consent, ended
from tests.workflows.world import COORDINATOR, GUARDIAN, MANAGER, Story, World, mediator


async def astray(story: Story, **fields: Any) -> str:
    """The key of the breach that was reported."""
    await story.act("report_wrong_address", **{**LETTER, "noticed": await story.now(), **fields})
    await story.breathe()
    return f"act-{story.acts}"


def the_task(world: World, key: str) -> Task:
    task = world.journey.task(f"breach/{key}")
    assert task is not None
    return task


async def test_the_links_end_and_the_question_goes_another_way(story: Story, world: World) -> None:
    world.known = {"p2.1": [Channel.EMAIL, Channel.POST]}
    await asked_for_consent(story)
    key = await astray(story)
    assert world.withdrawn == ["p2.1"]
    assert story.by_hand(to="p2.1") == ["consent_ask p2.1"]
    assert world.journey.wrong_channels("p2.1") == [Channel.EMAIL]
    assert (the_task(world, key).role, the_task(world, key).kind) == ("manager", "breach")
    assert "address/p2.1/email" in world.tasks()
    assert "staff_task" in world.letters(to="manager")
    await story.act("decide_on_breach", MANAGER, breach=key, tell_ico=False, tell_people=True)
    await ended_with_post(story)


async def test_without_another_way_nothing_goes_until_the_address_is_right(story: Story, world: World) -> None:
    await asked_for_consent(story)
    key = await astray(story)
    assert "address/p2.1/email" in world.tasks()
    refused = await story.refused("write_message", to=["p2.1"])
    assert refused == "reaches_another"
    world.admits = "p2.2"
    await story.act("replace_contact", party="p2")
    await story.breathe()
    assert world.letters(kind="consent_ask", to="p2.2") == ["consent_ask"], "the right person is asked, by a new letter"
    assert "address/p2.1/email" not in world.tasks()
    assert f"breach/{key}" in world.tasks(), "that is still to be decided"
    await story.act("decide_on_breach", GUARDIAN, breach=key, tell_ico=True, tell_people=True)
    await story.breathe()
    assert f"breach/{key}" not in world.tasks()
    [breach] = world.journey.breaches
    assert (breach.tell_ico, breach.tell_people, breach.decided_by) == (True, True, "gina")
    await ended(story)


async def test_the_hours_count_by_the_clock_from_when_it_was_noticed(story: Story, world: World) -> None:
    await asked_for_consent(story)
    noticed = await story.now() - timedelta(hours=5)
    key = await astray(story, noticed=noticed)
    assert the_task(world, key).due == noticed + timedelta(hours=72)
    await story.act("decide_on_breach", MANAGER, breach=key, tell_ico=False, tell_people=False)
    await ended(story)


async def test_the_case_has_ended_when_it_is_noticed(story: Story, world: World) -> None:
    """And ends again when it is decided, not before."""
    await asked_for_consent(story)
    await ended(story)
    await story.woken()
    key = await astray(story)
    assert world.withdrawn == ["p2.1"]
    assert world.journey.bad_addresses == [
        BadAddress(person="p2.1", channel=Channel.EMAIL, since=world.journey.bad_addresses[0].since, wrong=True)
    ]
    assert world.tasks() == [f"breach/{key}"], "nobody is written to any more, so no address is looked for"
    await story.act("decide_on_breach", MANAGER, breach=key, tell_ico=False, tell_people=False)
    await story.closing()


async def test_a_case_begun_anew_knows_it(story: Story, world: World) -> None:
    await asked_for_consent(story)
    key = await astray(story)
    await story.begun_anew()
    assert world.journey.wrong_channels("p2.1") == [Channel.EMAIL]
    assert the_task(world, key).role == "manager"
    await story.act("decide_on_breach", MANAGER, breach=key, tell_ico=False, tell_people=False)
    again = next(task for task in world.tasks() if task.startswith("begun_anew"))
    await story.act("tick_task", MANAGER, task=again)
    await ended(story)


async def test_what_cannot_be_reported_or_decided(story: Story, world: World) -> None:
    await asked_for_consent(story)
    now = await story.now()
    report: dict[str, Any] = {**LETTER, "noticed": now}
    assert await story.refused("report_wrong_address", **{**report, "to": "p9.1"}) == "no_such_person"
    assert await story.refused("report_wrong_address", **{**report, "number": 7}) == "not_sent"
    later = now + timedelta(hours=1)
    assert await story.refused("report_wrong_address", **{**report, "noticed": later}) == "lies_ahead"
    assert await story.refused("report_wrong_address", mediator("mia"), **report) == "not_yours"
    key = await astray(story)
    assert await story.refused("report_wrong_address", **report) == "reported_before"
    decision: dict[str, Any] = {"breach": key, "tell_ico": False, "tell_people": False}
    assert await story.refused("decide_on_breach", COORDINATOR, **decision) == "not_yours"
    assert await story.refused("decide_on_breach", MANAGER, **{**decision, "breach": "none"}) == "no_such_breach"
    assert await story.refused("tick_task", MANAGER, task=f"breach/{key}") == "answer_instead"
    await story.act("decide_on_breach", MANAGER, **decision)
    await ended(story)


async def ended_with_post(story: Story) -> None:
    await story.act("withdraw", party="p1", how="phone")
    await story.env.sleep(timedelta(minutes=11))
    await story.seen_to()
    await story.closing()
