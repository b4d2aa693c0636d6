"""Somebody does not come: nobody is blamed, another date is looked for, and the second time a person decides."""

from datetime import timedelta

from domain.journey import MeetingStatus
from domain.stages import ClosingReason
from tests.workflows.telling import ended, missed_joint_meeting, missed_visit, ready_to_visit
from tests.workflows.world import MANAGER, Story, World, mediator


async def test_a_family_that_missed_its_visit_is_offered_new_dates(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await missed_visit(story, "p1")
    assert world.recipients("visit_missed") == ["p1.1"], "one letter, to nobody else"
    assert "visit_dates/p1/2" in world.tasks()
    assert not [task for task in world.tasks() if task.startswith("phone/")], "nobody rings a family for one no-show"
    slot = await story.visit_booked("p1")
    await story.until(slot.start + timedelta(hours=2))
    await story.visit_held("p1")
    assert [meeting.status for meeting in world.journey.meetings if meeting.party == "p1"] == [
        MeetingStatus.NO_SHOW,
        MeetingStatus.HELD,
    ]
    await ended(story)


async def test_the_office_of_a_school_that_missed_its_visit_is_rung(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await missed_visit(story, "p2")
    assert world.recipients("visit_missed") == ["p2.1"]
    assert {"visit_dates/p2/2", "phone/no_show/p2/visit/1/1"} <= set(world.tasks())
    await story.visit_booked("p2")
    await story.breathe()
    assert "phone/no_show/p2/visit/1/1" not in world.tasks(), "a new date is there"
    await ended(story)


async def test_after_a_second_no_show_the_manager_decides_for_one_more_date(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await missed_visit(story, "p1")
    await missed_visit(story, "p1")
    assert "visit_dates/p1/3" not in world.tasks(), "no third round by itself"
    assert "phone/no_show/p1/visit/2/1" in world.tasks(), "a coordinator rings them first"
    wanted = {"ask": "no_show/p1/visit/2", "decision": "wait"}
    assert await story.refused("decide_on_silence", MANAGER, **wanted) == "not_asked"
    await story.working_days(1)
    assert "decide/no_show/p1/visit/2" in world.tasks()
    await story.act("decide_on_silence", MANAGER, **wanted)
    await story.breathe()
    assert not [task for task in world.tasks() if "no_show" in task]
    assert "visit_dates/p1/3" in world.tasks()
    await missed_visit(story, "p1")
    await story.working_days(1)
    assert "decide/no_show/p1/visit/3" in world.tasks(), "and decides again"
    await story.act("decide_on_silence", MANAGER, ask="no_show/p1/visit/3", decision="close")
    closing = await story.closing()
    assert (closing.reason, closing.who) == (ClosingReason.NOT_CONTACTABLE, "p1")
    assert world.letters(kind="visit_missed") == ["visit_missed"] * 3


async def test_somebody_else_of_the_school_comes_instead(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await missed_visit(story, "p2")
    await missed_visit(story, "p2")
    await story.working_days(1)
    world.admits = "p2.2"
    await story.act("decide_on_silence", MANAGER, ask="no_show/p2/visit/2", decision="replace_contact")
    await story.breathe()
    assert "visit_dates/p2/3" in world.tasks()
    assert world.letters(to="p2.2") == ["contact_changed"]
    slot = await story.slot(3)
    await story.act("offer_visit_dates", mediator("mia"), party="p2", slots=[slot])
    await story.breathe()
    assert world.letters(to="p2.2") == ["contact_changed", "visit_choice_ask"]
    await ended(story)


async def test_how_many_no_shows_is_the_policys(story: Story, world: World) -> None:
    story.policy = story.policy.model_copy(update={"no_shows_before_decision": 1})
    await ready_to_visit(story)
    await missed_visit(story, "p3")
    assert "visit_dates/p3/2" not in world.tasks()
    assert "phone/no_show/p3/visit/1/1" in world.tasks()
    await ended(story)


async def test_a_joint_meeting_that_could_not_be_held_is_arranged_anew(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await missed_joint_meeting(story, "p3")
    meeting = world.journey.meeting("joint_meeting/1")
    assert meeting
    assert (meeting.status, meeting.absent, meeting.present) == (MeetingStatus.NO_SHOW, ["p3"], ["p1.1", "p2.1"])
    assert world.recipients("joint_meeting_missed") == ["p3.1"]
    assert world.recipients("joint_meeting_not_held") == ["p1.1", "p2.1"]
    assert [ask.key for ask in world.journey.open_asks("availability")] == [f"availability/p{n}/2" for n in (1, 2, 3)]
    assert world.journey.mediator == "mia"
    assert "phone/no_show/p3/joint_meeting/1/1" in world.tasks()
    await story.met()
    assert "phone/no_show/p3/joint_meeting/1/1" not in world.tasks()
    assert world.journey.meetings[-1].outcome == "full"
    await ended(story)


async def test_after_a_second_missed_joint_meeting_nobody_is_asked_before_the_manager_decides(
    story: Story, world: World
) -> None:
    await story.up_to_the_joint_meeting()
    await missed_joint_meeting(story, "p2", "p3")
    await missed_joint_meeting(story, "p2")
    assert world.journey.open_asks("availability") == []
    assert sorted(task for task in world.tasks() if task.startswith("phone/")) == ["phone/no_show/p2/joint_meeting/2/1"]
    await story.working_days(1)
    await story.act("decide_on_silence", MANAGER, ask="no_show/p2/joint_meeting/2", decision="wait")
    await story.breathe()
    assert len(world.journey.open_asks("availability")) == 3
    await ended(story)


async def test_who_was_absent_has_to_be_said(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed()
    await story.until(slot.start + timedelta(hours=2))
    record = {"kind": "record_joint_meeting", "by": mediator("mia"), "outcome": "no_show"}
    assert await story.refused(**record, present=["p1.1"], absent=[]) == "nobody_absent"  # type: ignore[arg-type]
    assert await story.refused(**record, present=["p1.1"], absent=["p9"]) == "no_such_party"  # type: ignore[arg-type]
    assert await story.refused(**record, present=["p3.1"], absent=["p3"]) == "came_and_absent"  # type: ignore[arg-type]
    assert world.journey.open_asks("joint_meeting")
    await ended(story)


async def test_a_no_show_recorded_at_night_is_told_in_the_morning(story: Story, world: World) -> None:
    """So that a wrong click can be put right before."""
    await ready_to_visit(story)
    slot = await story.visit_booked("p1")
    await story.until(slot.start + timedelta(hours=12))
    await story.act("record_visit", mediator("mia"), party="p1", held=False)
    await story.breathe()
    assert world.letters(kind="visit_missed") == []
    await story.working_days(1)
    assert world.letters(kind="visit_missed") == ["visit_missed"]
    await ended(story)
