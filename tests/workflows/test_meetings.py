"""Initial visits, all at once, and the joint meeting: offered, chosen, booked, reminded, recorded."""

from datetime import timedelta

from domain.journey import MeetingStatus
from domain.stages import Stage
from tests.workflows.telling import ended, ready_to_visit
from tests.workflows.world import DAY, Story, World, mediator, person
from workflows.neighbours import Verdict


async def test_a_visit_is_booked_confirmed_and_reminded(story: Story, world: World) -> None:
    await ready_to_visit(story)
    slot = await story.visit_booked("p1", days_ahead=6)
    await story.breathe()
    assert world.calendar["visit/p1/1"].resources == ["mediator/mia"]
    assert world.letters(about="visit/p1/1") == ["visit_booked"] * 2
    assert await story.refused("record_visit", mediator("mia"), party="p1", held=True) == "too_early"
    await story.until(slot.start + timedelta(hours=3))
    assert world.letters(about="visit/p1/1") == ["visit_booked"] * 2 + ["visit_remind"] * 4 + ["staff_task"]
    reminded = sorted({sent.at.date() for sent in world.sent if sent.letter.kind == "visit_remind"})
    assert all(at < slot.start.date() for at in reminded)
    assert len(reminded) == 2
    assert await story.refused("record_visit", mediator("mia"), party="p1", held=True) == "explain_first"
    await story.visit_held("p1")
    assert "visit/p1/1" not in world.tasks()
    await ended(story)


async def test_none_suits_and_a_no_show_lead_to_another_round(story: Story, world: World) -> None:
    await ready_to_visit(story)
    slot = await story.slot(3)
    await story.act("offer_visit_dates", mediator("mia"), party="p2", slots=[slot])
    other = slot.start + DAY
    assert (
        await story.refused("choose_visit_date", person("p2.1"), party="p2", start=other, how="link") == "not_offered"
    )
    await story.act("choose_visit_date", person("p2.1"), party="p2", start=None, how="link")
    await story.breathe()
    assert "visit_dates/p2/2" in world.tasks()
    slot = await story.visit_booked("p2")
    await story.until(slot.start + timedelta(hours=2))
    await story.act("record_visit", mediator("mia"), party="p2", held=False)
    await story.breathe()
    visit = world.journey.meeting("visit/p2/2")
    assert visit
    assert visit.status == MeetingStatus.NO_SHOW
    assert "visit_dates/p2/3" in world.tasks()
    await ended(story)


async def test_other_dates_are_told_to_the_party(story: Story, world: World) -> None:
    await ready_to_visit(story)
    first, second = await story.slot(3), await story.slot(5)
    await story.act("offer_visit_dates", mediator("mia"), party="p2", slots=[first])
    await story.act("offer_visit_dates", mediator("mia"), party="p2", slots=[second])
    await story.breathe()
    assert world.letters(about="visit_choice/p2/1") == ["visit_choice_ask"] * 2
    assert await story.refused("choose_visit_date", party="p2", start=first.start, how="phone") == "not_offered"
    await story.act("choose_visit_date", party="p2", start=second.start, how="phone")
    await ended(story)


async def test_a_taken_time_is_refused_and_nothing_is_half_done(story: Story, world: World) -> None:
    await ready_to_visit(story)
    world.verdicts["visit/p1/1"] = Verdict(refusal="taken", about="mediator/mia")
    slot = await story.slot(3)
    await story.act("offer_visit_dates", mediator("mia"), party="p1", slots=[slot])
    assert await story.refused("choose_visit_date", party="p1", start=slot.start, how="phone") == "taken"
    assert world.journey.open_asks("visit_choice", "p1")
    assert world.calendar == {}
    assert world.letters(about="visit/p1/1") == []
    await ended(story)


async def test_the_joint_meeting_waits_for_every_visit(story: Story, world: World) -> None:
    await ready_to_visit(story)
    slots = [await story.visit_booked(party, hour=9 + 2 * n) for n, party in enumerate(("p1", "p2"))]
    await story.until(slots[-1].start + timedelta(hours=2))
    for party in ("p1", "p2"):
        await story.visit_held(party)
    assert world.journey.stage == Stage.INITIAL_VISITS
    await ended(story)


async def test_a_joint_meeting_at_a_neutral_venue(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.breathe()
    half_day = world.journey.meetings[-1].half_days[0]
    refusal = await story.refused("give_availability", party="p1", half_days=["1999-01-01/am"], how="phone")
    assert refusal == "not_offered"
    world.verdicts["joint_meeting/1"] = Verdict(refusal="venue_not_neutral", about="venue/school_hall")
    for party in ("p1", "p2", "p3"):
        await story.act("give_availability", party=party, half_days=[half_day], how="phone")
    slot = await story.slot(9)
    assert await story.refused("fix_joint_meeting", slot=slot, venue="school_hall") == "venue_not_neutral"
    world.verdicts.clear()
    await story.act("fix_joint_meeting", slot=slot, venue="library")
    await story.breathe()
    assert world.calendar["joint_meeting/1"].resources == ["mediator/mia", "venue/library"]
    assert world.recipients("joint_meeting_booked") == [
        "mediator/mia", "p1.1", "p2.1", "p3.1",
    ]  # fmt: skip
    refusal = await story.refused("record_joint_meeting", mediator("mia"), present=[], outcome="full")
    assert refusal == "too_early"
    await story.until(slot.start + timedelta(hours=2))
    assert world.letters(to="p1.1", about="joint_meeting/1") == ["joint_meeting_booked"] + ["joint_meeting_remind"] * 3
    for present, expected in (([], "nobody_came"), (["p9.9"], "no_such_person")):
        refusal = await story.refused("record_joint_meeting", mediator("mia"), present=present, outcome="full")
        assert refusal == expected
    await ended(story)
