"""Regret: an end that staff entered takes effect after ten minutes, and can be undone until then."""

from domain.stages import Closing, ClosingReason
from tests.workflows.telling import passed
from tests.workflows.world import MANAGER, Story, World, person


async def with_a_joint_meeting(story: Story) -> None:
    await story.up_to_the_joint_meeting()
    await story.joint_meeting_fixed()
    await story.breathe()


async def test_a_close_that_was_undone_leaves_everything_as_it_was(story: Story, world: World) -> None:
    await with_a_joint_meeting(story)
    before, sent = world.journey.model_dump(), len(world.sent)
    await story.act("close_case", MANAGER, reason="conceded")
    assert world.journey.ending
    assert world.journey.closing is None
    assert world.journey.next_at is None
    assert await story.refused("close_case", MANAGER, reason="conceded") == "ending"
    assert await story.refused("withdraw", party="p1", how="phone") == "ending"
    await passed(story, 8)
    await story.act("undo")
    assert world.journey.model_dump() == before
    assert await story.refused("undo") == "nothing_to_undo"
    await passed(story, 30)
    assert world.journey.model_dump() == before
    assert len(world.sent) == sent, "something was said of an end that did not come"
    assert "joint_meeting/1" in world.calendar
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.closing()


async def test_a_withdrawal_entered_by_staff_takes_effect_after_ten_minutes(story: Story, world: World) -> None:
    await with_a_joint_meeting(story)
    sent = len(world.sent)
    await story.act("withdraw", party="p2", how="phone")
    await passed(story, 9)
    assert len(world.sent) == sent
    assert "joint_meeting/1" in world.calendar
    assert await story.closing() == Closing(reason=ClosingReason.WITHDRAWN, who="p2")
    assert world.letters(kind="joint_meeting_cancelled") == ["joint_meeting_cancelled"] * 4
    assert world.recipients("withdrawal_receipt") == ["p2.1"]
    assert world.journey.ending is None


async def test_a_party_leaves_at_once_even_while_staff_may_undo(story: Story, world: World) -> None:
    await with_a_joint_meeting(story)
    await story.act("close_case", MANAGER, reason="conceded")
    await story.act("withdraw", person("p3.1"), party="p3", how="link")
    assert world.journey.closing == Closing(reason=ClosingReason.WITHDRAWN, who="p3")
    assert await story.refused("undo") == "ended"
    assert await story.closing() == Closing(reason=ClosingReason.WITHDRAWN, who="p3")


async def test_what_is_answered_in_the_ten_minutes_counts_after_the_undo(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.act("withdraw", party="p3", how="phone")
    await story.act("answer_consent", person("p2.1"), party="p2", yes=True, how="link")
    await passed(story, 5)
    assert world.letters(kind="consent_receipt") == []
    await story.act("undo")
    await passed(story, 2)
    assert world.letters(kind="consent_receipt") == ["consent_receipt"]
    await story.working_days(3)
    assert world.letters(about="consent/p3") == ["consent_ask", "consent_remind"]
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.closing()


async def test_without_minutes_to_regret_it_ends_at_once(story: Story, world: World) -> None:
    story.policy = story.policy.model_copy(update={"minutes_to_regret": 0})
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.act("close_case", MANAGER, reason="conceded")
    assert world.journey.closing
    await story.closing()
