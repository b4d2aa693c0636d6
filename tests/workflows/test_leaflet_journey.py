"""The leaflet's journey at true lengths, letters counted exactly."""

from domain.stages import ClosingReason
from tests.workflows.world import Story, World


async def test_a_full_agreement_with_one_reminder(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.act("answer_consent", party="p2", yes=True, how="letter")
    await story.working_days(4)  # the local authority is silent over one reminder
    await story.act("answer_consent", party="p3", yes=True, how="phone")
    await story.mediator_accepts()
    await story.everyone_visited()
    await story.met()
    await story.agreement_written()
    await story.breathe()
    assert world.letters(kind="agreement_copy") == ["agreement_copy"] * 3
    await story.act("record_action", action=1, done=True, how="phone")
    await story.act("record_action", action=2, done=True, how="phone")
    closing = await story.closing()
    assert closing.reason == ClosingReason.AGREEMENT_FULL
    print(world.counted())
