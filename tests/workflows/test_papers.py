"""Parties give papers: private until they release them, exchanged before everyone meets, and never twice."""

from datetime import time, timedelta

from domain.commands import MAILBOX, Slot
from domain.papers import PaperState
from domain.parties import Channel
from domain.working_days import at_local, local_day
from tests.workflows.telling import ended, given, morning_before, paper, released
from tests.workflows.world import COORDINATOR, DAY, MANAGER, Story, World, mediator, person


async def meeting_fixed(story: Story, days_ahead: int = 12) -> Slot:
    """Everyone was visited, and the joint meeting is booked."""
    await story.up_to_the_joint_meeting()
    return await story.joint_meeting_fixed(days_ahead)


async def test_papers_are_exchanged_five_working_days_before_the_meeting(story: Story, world: World) -> None:
    slot = await meeting_fixed(story)
    key, private = await released(story, "p1"), await given(story, "p2")
    assert [paper(world, one).state for one in (key, private)] == [PaperState.RELEASED, PaperState.PRIVATE]
    day = morning_before(story, slot)
    assert world.journey.exchange_at == day, "the case page says when"
    await story.until(day - timedelta(minutes=1))
    assert paper(world, key).state == PaperState.RELEASED
    await story.until(day + timedelta(minutes=1))
    assert [paper(world, one).state for one in (key, private)] == [PaperState.EXCHANGED, PaperState.PRIVATE]
    assert world.recipients("papers_to_read") == ["p2.1", "p3.1"], "never to the party's own papers alone"
    await story.until(slot.start + DAY)
    assert world.counted()["papers_to_read"] == 2, "once"
    await ended(story)


async def test_what_is_released_late_goes_after_ten_minutes_and_together(story: Story, world: World) -> None:
    slot = await meeting_fixed(story, days_ahead=4)
    first = await released(story, "p1")
    await story.until(await story.now() + timedelta(minutes=6))
    second = await released(story, "p2")
    assert paper(world, first).state == PaperState.RELEASED, "time to think better of it"
    await story.until(await story.now() + timedelta(minutes=6))
    assert paper(world, first).exchanged == paper(world, second).exchanged is not None
    assert world.recipients("papers_to_read") == ["p1.1", "p2.1", "p3.1"], "one letter each"
    await released(story, "p1")
    await story.until(await story.now() + timedelta(minutes=12))
    assert world.recipients("papers_to_read") == ["p1.1", "p2.1", "p2.1", "p3.1", "p3.1"], "only who has something new"
    await story.until(slot.start + timedelta(hours=1))
    late = await released(story, "p3")
    await story.working_days(2)
    assert paper(world, late).state == PaperState.RELEASED, "not after the meeting"
    assert len(world.recipients("papers_to_read")) == 5
    await ended(story)


async def test_a_letter_about_papers_waits_for_office_hours(story: Story, world: World) -> None:
    await meeting_fixed(story, days_ahead=4)
    await story.working_days(1)
    night = at_local(local_day(await story.now()), time(22))
    await story.until(night)
    key = await released(story)
    await story.until(night + timedelta(hours=2))
    assert paper(world, key).state == PaperState.EXCHANGED
    assert world.recipients("papers_to_read") == []
    await story.until(night + timedelta(hours=11))
    assert world.recipients("papers_to_read") == ["p2.1", "p3.1"]
    await ended(story)


async def test_a_wrong_click_is_taken_back_until_the_others_have_had_it(story: Story, world: World) -> None:
    slot = await meeting_fixed(story)
    wrong, right = await released(story), await released(story)
    assert await story.refused("release_paper", person("p1.1"), paper=right, how="link") == "released_before"
    assert await story.refused("take_back_paper", person("p2.1"), paper=wrong, how="link") == "no_such_paper"
    await story.act("take_back_paper", person("p1.1"), paper=wrong, how="link")
    assert world.erased == [wrong]
    assert await story.refused("release_paper", MANAGER, paper=wrong, how="phone") == "no_such_paper"
    await story.until(morning_before(story, slot) + timedelta(minutes=1))
    assert [paper(world, one).state for one in (wrong, right)] == [PaperState.TAKEN_BACK, PaperState.EXCHANGED]
    assert await story.refused("take_back_paper", person("p1.1"), paper=right, how="link") == "others_have_it"
    assert world.erased == [wrong]
    await ended(story)


async def test_when_all_is_taken_back_nothing_is_exchanged(story: Story, world: World) -> None:
    slot = await meeting_fixed(story)
    key = await released(story)
    await story.act("take_back_paper", COORDINATOR, paper=key, how="phone")
    assert world.journey.exchange_at is None
    await story.until(slot.start - timedelta(hours=1))
    assert world.recipients("papers_to_read") == []
    await ended(story)


async def test_a_meeting_that_moves_moves_the_exchange_and_sends_nothing_twice(story: Story, world: World) -> None:
    slot = await meeting_fixed(story)
    await released(story)
    later = await story.slot(20)
    await story.act("move_meeting", meeting="joint_meeting/1", slot=later)
    assert world.journey.exchange_at == morning_before(story, later)
    await story.until(morning_before(story, slot) + timedelta(minutes=1))
    assert world.recipients("papers_to_read") == []
    await story.until(morning_before(story, later) + timedelta(minutes=1))
    assert world.recipients("papers_to_read") == ["p2.1", "p3.1"]
    latest = await story.slot(20)
    await story.act("move_meeting", meeting="joint_meeting/1", slot=latest)
    await story.until(latest.start - DAY)
    assert world.recipients("papers_to_read") == ["p2.1", "p3.1"]
    await ended(story)


async def test_a_hold_stops_the_exchange(story: Story, world: World) -> None:
    slot = await meeting_fixed(story)
    key = await released(story)
    await story.act("hold")
    await story.until(morning_before(story, slot) + timedelta(hours=1))
    assert paper(world, key).state == PaperState.RELEASED
    assert world.journey.exchange_at is None
    await story.act("release", MANAGER)
    await story.breathe()
    assert paper(world, key).state == PaperState.EXCHANGED
    assert world.recipients("papers_to_read") == ["p2.1", "p3.1"]
    await ended(story)


async def test_by_post_it_is_earlier_and_somebody_prints_the_copies(story: Story, world: World) -> None:
    await story.refer(channels={"p2": Channel.POST})
    await story.explained_and_permitted()
    await story.seen_to()
    await story.everyone_consents()
    await story.mediator_accepts()
    await story.everyone_visited()
    slot = await story.joint_meeting_fixed(12)
    await story.seen_to()
    await released(story)
    assert world.journey.exchange_at == morning_before(story, slot, days=7), "letters travel two days"
    await story.until(morning_before(story, slot, days=7) + timedelta(minutes=1))
    assert "post_papers/p2/1" in world.tasks()
    await story.act("tick_task", task="post_papers/p2/1")
    assert world.recipients("papers_to_read") == ["p3.1"]
    assert "papers_to_read p2.1" in await story.seen_to()
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.breathe()
    await story.seen_to()
    await story.closing()


async def test_an_infected_file_is_destroyed_and_its_sender_is_told(story: Story, world: World) -> None:
    world.scanner = "infected"
    await story.refer()
    key = await given(story)
    assert paper(world, key).state == PaperState.INFECTED
    assert world.tasks() == ["explaining_call", f"paper_infected/p1.1/{key}"]
    assert world.recipients("paper_destroyed") == ["p1.1"]
    assert await story.refused("release_paper", person("p1.1"), paper=key, how="link") == "no_such_paper"
    await story.act("tick_task", task=f"paper_infected/p1.1/{key}")
    await ended(story)


async def test_a_scanner_that_is_away_is_a_task_after_an_hour_and_nobody_opens_the_paper(
    story: Story, world: World
) -> None:
    world.scanner = "away"
    slot = await meeting_fixed(story, days_ahead=4)
    key = await released(story)
    await story.until(await story.now() + timedelta(minutes=50))
    task = f"paper_unchecked/p1.1/{key}"
    assert task not in world.tasks()
    await story.until(await story.now() + timedelta(minutes=20))
    assert task in world.tasks()
    assert not paper(world, key).can_be_opened
    assert world.journey.exchange_at is None, "and nobody is given it"
    world.scanner = "clean"
    await story.until(await story.now() + timedelta(hours=2))
    assert task not in world.tasks()
    assert paper(world, key).state == PaperState.EXCHANGED
    assert paper(world, key).exchanged < slot.start  # type: ignore[operator]
    await ended(story)


async def test_a_case_ends_although_the_scanner_is_away(story: Story, world: World) -> None:
    world.scanner = "away"
    await story.refer()
    key = await given(story)
    await ended(story)
    assert paper(world, key).state == PaperState.BEING_CHECKED


async def test_attachments_of_a_reply_are_papers_of_who_wrote(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.act("receive_reply", MAILBOX, person="p2.1", papers=["a1", "a2"])
    await story.breathe()
    assert [(one.key, one.of, one.state) for one in world.journey.papers] == [
        ("a1", "p2.1", PaperState.PRIVATE),
        ("a2", "p2.1", PaperState.PRIVATE),
    ]
    await story.act("receive_reply", MAILBOX, person="p2.1", papers=["a1"])
    assert len(world.journey.papers) == 2, "the same file is the same paper"
    for task in [task for task in world.tasks() if task.startswith("reply/")]:
        await story.act("tick_task", task=task)
    await ended(story)


async def test_who_may_give_what(story: Story, world: World) -> None:
    await story.refer()
    assert await story.refused("add_paper", COORDINATOR, party="p2", how="letter") == "not_permitted"
    assert await story.refused("add_paper", person("p1.1"), party="p2", how="link") == "not_yours"
    assert await story.refused("add_paper", mediator("stranger"), party="p1", how="letter") == "not_yours"
    world.no_files = [f"act-{story.acts + 1}"]
    assert await story.refused("add_paper", COORDINATOR, party="p1", how="letter") == "no_file"
    assert world.journey.papers == []
    await story.act("add_paper", COORDINATOR, party="p1", how="letter")
    await story.breathe()
    assert [one.of for one in world.journey.papers] == ["p1.1"], "it is the party's, whoever took it in"
    assert await story.refused("add_paper", MAILBOX, party="p1", how="email") == "not_yours"
    await ended(story)


async def test_nothing_waits_where_there_are_no_papers(story: Story, world: World) -> None:
    slot = await meeting_fixed(story)
    await given(story)
    assert world.journey.exchange_at is None
    await story.until(slot.start - DAY)
    assert not [kind for kind in world.counted() if kind.startswith("paper")]
    await ended(story)
