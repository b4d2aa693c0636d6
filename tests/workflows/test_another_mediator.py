"""The mediator is ill, leaves, or a party objects: another of the panel takes the case over."""

from datetime import timedelta

from domain.commands import Slot
from domain.journey import MeetingStatus
from domain.stages import Stage
from tests.workflows.telling import ended, ready_to_visit, replaced, taken_over
from tests.workflows.world import MANAGER, Story, World, mediator, person
from workflows.neighbours import Verdict


async def joint_meeting(story: Story, days_ahead: int = 12) -> Slot:
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed(days_ahead)
    await story.breathe()
    return slot


async def test_a_meeting_with_time_before_it_is_kept_for_the_new_mediator(story: Story, world: World) -> None:
    slot = await joint_meeting(story)
    await replaced(story)
    assert world.journey.mediator == ""
    assert world.calendar["joint_meeting/1"].resources == ["venue/library"]
    assert world.reserved["joint_meeting/1"].resources == ["venue/library"], "the old mediator's time is not free"
    assert "mediator_choice/2" in world.tasks()
    assert await story.refused("replace_mediator", mediator="mia", why="objection") == "no_mediator"
    assert await story.refused("record_joint_meeting", mediator("mia"), present=[], outcome="none") == "not_yours"
    await taken_over(story)
    assert (world.journey.mediator, world.journey.stage) == ("noor", Stage.JOINT_MEETING)
    for kept in (world.calendar["joint_meeting/1"], world.reserved["joint_meeting/1"]):
        assert (kept.slot, kept.resources) == (slot, ["mediator/noor", "venue/library"])
    assert world.recipients("mediator_changed") == ["p1.1", "p2.1", "p3.1"]
    assert world.recipients("joint_meeting_booked") == ["mediator/mia", "mediator/noor", "p1.1", "p2.1", "p3.1"]
    assert world.letters(kind="joint_meeting_cancelled") == []
    assert world.letters(to="mediator/mia")[-1] == "mediator_released"
    assert await story.refused("replace_mediator", mediator="mia", why="objection") == "superseded"
    await story.until(slot.start + timedelta(hours=2))
    assert (
        world.letters(to="p2.1", about="joint_meeting/1", kind="joint_meeting_remind") == ["joint_meeting_remind"] * 3
    )
    assert "joint_meeting_remind" not in world.letters(to="mediator/mia")
    assert world.letters(to="mediator/noor")[-4:] == [*["joint_meeting_remind"] * 3, "staff_task"]
    present = ["p1.1", "p2.1", "p3.1"]
    await story.act("record_joint_meeting", mediator("noor"), present=present, outcome="none")
    await story.closing()
    assert world.recipients("closed_mediator") == ["mediator/noor"]


async def test_a_new_mediator_who_is_elsewhere_at_that_time_means_a_new_date(story: Story, world: World) -> None:
    await joint_meeting(story)
    await replaced(story)
    await story.act("offer_mediator", mediator="noor")
    world.verdicts["joint_meeting/1"] = Verdict(refusal="taken", about="mediator/noor")
    await story.act("answer_allocation", mediator("noor"), offer=2, accepts=True)
    await story.breathe()
    world.verdicts.clear()
    assert world.recipients("joint_meeting_cancelled") == ["mediator/noor", "p1.1", "p2.1", "p3.1"]
    assert "joint_meeting/1" not in world.reserved
    assert world.letters(about="availability/p3/2") == ["availability_ask"]
    await ended(story)


async def test_nobody_has_taken_over_when_the_first_reminder_is_due(story: Story, world: World) -> None:
    slot = await joint_meeting(story)
    await replaced(story)
    await story.until(slot.start - timedelta(days=4))
    meeting = world.journey.meeting("joint_meeting/1")
    assert meeting
    assert meeting.status == MeetingStatus.CANCELLED
    assert world.recipients("joint_meeting_cancelled") == ["p1.1", "p2.1", "p3.1"]
    assert world.letters(kind="joint_meeting_remind") == []
    assert world.calendar.get("joint_meeting/1") is None
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()
    assert world.journey.asks == []


async def test_visits_that_come_too_soon_are_cancelled_and_offered_dates_are_taken_back(
    story: Story, world: World
) -> None:
    await ready_to_visit(story)
    soon = await story.visit_booked("p1", days_ahead=2)
    later = await story.visit_booked("p2", days_ahead=9)
    offered = await story.slot(5, 15)
    await story.act("offer_visit_dates", mediator("mia"), party="p3", slots=[offered])
    await story.breathe()
    await replaced(story, "objection")
    assert "visit/p1/1" not in world.calendar
    assert "visit/p2/1" not in world.calendar, "it stands in no calendar until somebody has taken over"
    assert world.recipients("visit_cancelled") == ["p1.1"]
    assert (
        await story.refused("choose_visit_date", person("p3.1"), party="p3", start=offered.start, how="link")
        == "not_asked"
    )
    assert await story.refused("offer_mediator", mediator="mia") == "already_tried"
    await taken_over(story)
    assert world.calendar["visit/p2/1"].slot == later
    assert {"visit_dates/p1/2", "visit_dates/p3/2"} <= set(world.tasks())
    assert world.letters(to="mediator/noor", about="visit_dates/p3/2") == ["staff_task"]
    await story.until(soon.start + timedelta(hours=3))
    assert world.letters(about="visit/p1/1", kind="visit_remind") == []
    dates = {"party": "p1", "slots": [await story.slot(4, 16)]}
    await story.act("offer_visit_dates", mediator("noor"), **dates)
    assert await story.refused("offer_visit_dates", mediator("mia"), **dates) == "not_yours"
    await ended(story)


async def test_a_wrong_click_is_put_right_without_a_word_to_the_parties(story: Story, world: World) -> None:
    slot = await joint_meeting(story)
    await replaced(story)
    await taken_over(story, "mia")
    assert world.journey.mediator == "mia"
    assert world.calendar["joint_meeting/1"].resources == ["mediator/mia", "venue/library"]
    assert world.letters(kind="mediator_changed") == []
    assert world.letters(to="p1.1", kind="joint_meeting") == ["joint_meeting_booked"]
    await story.until(slot.start + timedelta(hours=2))
    assert len(world.letters(to="p1.1", kind="joint_meeting_remind")) == 3
    await ended(story)


async def test_a_visit_held_but_not_recorded_passes_to_the_new_mediator(story: Story, world: World) -> None:
    await ready_to_visit(story)
    slot = await story.visit_booked("p1")
    await story.until(slot.start + timedelta(hours=3))
    await replaced(story, "conflict")
    assert world.conflicts == ["mia"]
    assert world.letters(kind="visit_cancelled") == []
    await taken_over(story)
    assert "visit/p1/1" in world.tasks()
    assert world.letters(to="mediator/noor", about="visit/p1/1") == ["staff_task"]
    await story.visit_held("p1", "noor")
    await ended(story)


async def test_a_case_without_a_mediator_can_end(story: Story, world: World) -> None:
    await joint_meeting(story)
    await replaced(story)
    await story.act("offer_mediator", mediator="noor")
    await story.breathe()
    await story.act("close_case", MANAGER, reason="conceded")
    await story.closing()
    assert world.recipients("closed_mediator") == ["mediator/noor"]
    assert world.recipients("joint_meeting_cancelled") == ["p1.1", "p2.1", "p3.1"]
    assert world.reserved.get("joint_meeting/1") is None
