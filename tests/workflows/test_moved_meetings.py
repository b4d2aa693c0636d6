"""A booked visit or joint meeting is moved or cancelled: one entry in calendars, reminders of the new date only."""

from datetime import datetime, timedelta
from typing import Any

from domain.commands import Slot
from domain.journey import MeetingStatus
from tests.workflows.telling import ended, ready_to_visit
from tests.workflows.world import DAY, GUARDIAN, Story, World, mediator, person
from workflows.neighbours import Verdict


async def visit_of_p1(story: Story, days_ahead: int = 8) -> Slot:
    await ready_to_visit(story)
    slot = await story.visit_booked("p1", days_ahead=days_ahead)
    await story.breathe()
    return slot


def reminded(world: World, about: str, to: str) -> list[datetime]:
    return [
        sent.at
        for sent in world.sent
        if sent.letter.kind.endswith("_remind") and sent.letter.about == about and sent.letter.to == to
    ]


async def test_a_moved_visit_is_told_once_and_reminded_of_the_new_date_only(story: Story, world: World) -> None:
    old = await visit_of_p1(story)
    new = await story.slot(14)
    await story.act("move_meeting", meeting="visit/p1/1", slot=new)
    await story.breathe()
    visit = world.journey.meeting("visit/p1/1")
    assert visit
    assert (visit.slot, visit.former, visit.sequence, visit.status) == (new, [old], 1, MeetingStatus.BOOKED)
    for kept in (world.calendar["visit/p1/1"], world.reserved["visit/p1/1"]):
        assert (kept.slot, kept.sequence, kept.resources) == (new, 1, ["mediator/mia"])
    assert world.recipients("visit_moved") == ["mediator/mia", "p1.1"]
    await story.until(old.start + DAY)
    assert reminded(world, "visit/p1/1", "p1.1") == [], "a reminder of the date that no longer holds"
    assert world.tasks().count("visit/p1/1") == 0
    await story.until(new.start + timedelta(hours=2))
    assert [(new.start.date() - at.date()).days <= 4 for at in reminded(world, "visit/p1/1", "p1.1")] == [True, True]
    assert world.letters(about="visit/p1/1", to="p1.1") == ["visit_booked", "visit_moved", *["visit_remind"] * 2]
    await story.visit_held("p1")
    await ended(story)


async def test_a_move_after_a_reminder_has_left(story: Story, world: World) -> None:
    old = await visit_of_p1(story)
    await story.until(old.start - timedelta(hours=24))  # the second reminder of two has left
    assert len(reminded(world, "visit/p1/1", "p1.1")) == 2
    new = await story.slot(6)
    await story.act("move_meeting", meeting="visit/p1/1", slot=new)
    await story.until(new.start + timedelta(hours=2))
    assert len(reminded(world, "visit/p1/1", "p1.1")) == 4
    assert "visit/p1/1" in world.tasks()
    await ended(story)


async def test_a_wrong_move_is_moved_back(story: Story, world: World) -> None:
    old = await visit_of_p1(story)
    await story.act("move_meeting", meeting="visit/p1/1", slot=await story.slot(20))
    await story.act("move_meeting", meeting="visit/p1/1", slot=old)
    await story.breathe()
    visit = world.journey.meeting("visit/p1/1")
    assert visit
    assert (visit.slot, visit.sequence) == (old, 2)
    assert world.calendar["visit/p1/1"].sequence == 2
    assert world.letters(about="visit/p1/1", to="p1.1") in (
        ["visit_booked", "visit_moved"],  # the first of two moves in one breath is overtaken
        ["visit_booked", "visit_moved", "visit_moved"],
    )
    await story.until(old.start + timedelta(hours=1))
    assert len(reminded(world, "visit/p1/1", "p1.1")) == 2
    assert await story.refused("move_meeting", meeting="visit/p1/1", slot=await story.slot(3)) == "has_begun"
    await ended(story)


async def test_what_was_written_about_the_old_date_does_not_leave(story: Story, world: World) -> None:
    """Mail is away when the invitation and a reminder leave; the meeting is moved meanwhile."""
    await ready_to_visit(story)
    world.mail_away = True
    old = await story.visit_booked("p1", days_ahead=5)
    await story.until(old.start - timedelta(hours=24))
    await story.act("move_meeting", meeting="visit/p1/1", slot=await story.slot(6))
    world.mail_away = False
    await story.days(1.5)
    assert world.letters(about="visit/p1/1", to="p1.1") == ["visit_moved"]
    await ended(story)


async def test_moves_that_are_refused_change_nothing(story: Story, world: World) -> None:
    old = await visit_of_p1(story)
    move: dict[str, Any] = {"meeting": "visit/p1/1", "slot": await story.slot(9)}
    past = Slot(start=old.start - 40 * DAY, minutes=60)
    assert await story.refused("move_meeting", meeting="visit/p1/1", slot=past) == "in_the_past"
    assert await story.refused("move_meeting", meeting="visit/p1/1", slot=old) == "nothing_new"
    assert await story.refused("move_meeting", meeting="visit/p1/7", slot=old) == "no_such_meeting"
    assert await story.refused("move_meeting", person("p1.1"), **move) == "not_yours"
    assert await story.refused("move_meeting", mediator("noor"), **move) == "not_yours"
    world.verdicts["visit/p1/1"] = Verdict(refusal="taken", about="mediator/mia")
    assert await story.refused("move_meeting", **move) == "taken"
    await story.act("hold")
    assert await story.refused("move_meeting", **move) == "on_hold"
    await story.act("release", GUARDIAN)
    await story.breathe()
    visit = world.journey.meeting("visit/p1/1")
    assert visit
    assert (visit.slot, visit.sequence, visit.former) == (old, 0, [])
    assert world.reserved["visit/p1/1"].slot == world.calendar["visit/p1/1"].slot == old
    assert world.letters(kind="visit_moved") == []
    await ended(story)


async def test_a_cancelled_visit_leads_to_new_dates(story: Story, world: World) -> None:
    await visit_of_p1(story)
    await story.act("cancel_meeting", mediator("mia"), meeting="visit/p1/1")
    assert await story.refused("cancel_meeting", meeting="visit/p1/1") == "cancelled_before"
    assert await story.refused("move_meeting", meeting="visit/p1/1", slot=await story.slot(9)) == "cancelled_before"
    await story.breathe()
    assert "visit/p1/1" not in world.calendar
    assert "visit/p1/1" not in world.reserved
    assert world.recipients("visit_cancelled") == ["mediator/mia", "p1.1"]
    assert "visit_dates/p1/2" in world.tasks()
    slot = await story.visit_booked("p1")
    await story.until(slot.start + timedelta(hours=2))
    assert world.letters(kind="visit_remind", about="visit/p1/1") == []
    await story.visit_held("p1")
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()
    assert world.recipients("visit_cancelled") == ["mediator/mia", "p1.1"], "told twice"


async def test_the_joint_meeting_moves_to_another_venue_at_the_same_time(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed()
    await story.breathe()
    elsewhere: dict[str, Any] = {"meeting": "joint_meeting/1", "slot": slot, "where": "elsewhere"}
    await story.act("move_meeting", **elsewhere, venue="town_hall")
    await story.breathe()
    assert world.calendar["joint_meeting/1"].resources == ["mediator/mia", "venue/town_hall"]
    assert world.reserved["joint_meeting/1"].resources == ["mediator/mia", "venue/town_hall"]
    await story.act("move_meeting", **elsewhere, online=True)
    await story.breathe()
    assert world.calendar["joint_meeting/1"].resources == ["mediator/mia"]
    assert world.calendar["joint_meeting/1"].online
    meeting = world.journey.meeting("joint_meeting/1")
    assert meeting
    assert (meeting.venue, meeting.online, meeting.sequence, meeting.slot) == ("", True, 2, slot)
    assert world.recipients("joint_meeting_moved") == sorted(["mediator/mia", "p1.1", "p2.1", "p3.1"] * 2)
    await story.until(slot.start + timedelta(hours=2))
    assert len(reminded(world, "joint_meeting/1", "p2.1")) == 3
    await ended(story)


async def test_a_cancelled_joint_meeting_leads_to_another_round(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.joint_meeting_fixed()
    await story.act("cancel_meeting", meeting="joint_meeting/1")
    assert await story.refused("cancel_meeting", meeting="joint_meeting/1") == "cancelled_before"
    await story.breathe()
    assert "joint_meeting/1" not in world.reserved
    assert world.recipients("joint_meeting_cancelled") == ["mediator/mia", "p1.1", "p2.1", "p3.1"]
    assert world.letters(about="availability/p2/2") == ["availability_ask"]
    slot = await story.joint_meeting_fixed()
    assert world.calendar.keys() >= {"joint_meeting/2"}
    await story.until(slot.start + timedelta(hours=2))
    assert world.letters(kind="joint_meeting_remind", about="joint_meeting/1") == []
    await story.act("record_joint_meeting", mediator("mia"), present=["p1.1"], outcome="none")
    await story.closing()
