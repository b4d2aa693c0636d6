"""The case is allocated to a member of the panel: offered, accepted or declined; silence passes to the next."""

from domain.stages import Stage
from tests.workflows.telling import ended
from tests.workflows.world import MANAGER, Story, World, mediator
from workflows.neighbours import Verdict


async def ready(story: Story) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.everyone_consents()


async def test_unsuitable_mediators_are_refused(story: Story, world: World) -> None:
    await ready(story)
    world.verdicts = {name: Verdict(refusal=name) for name in ("registration_out_of_date", "conflict_of_interest")}
    for name in world.verdicts:
        assert await story.refused("offer_mediator", mediator=name) == name
    assert world.letters(kind="acceptance") == []
    await story.act("offer_mediator", mediator="mia")
    assert await story.refused("offer_mediator", mediator="noor") == "mediator_asked"
    await ended(story)


async def test_a_decline_passes_to_the_next_and_a_conflict_is_kept(story: Story, world: World) -> None:
    await ready(story)
    await story.act("offer_mediator", mediator="mia")
    assert await story.refused("answer_allocation", mediator("noor"), offer=1, accepts=True) == "not_yours"
    await story.act("answer_allocation", mediator("mia"), offer=1, accepts=False, conflict=True)
    await story.breathe()
    assert world.conflicts == ["mia"]
    assert world.journey.offered_to == "noor"
    assert await story.refused("answer_allocation", mediator("noor"), offer=1, accepts=True) == "superseded"
    await story.act("answer_allocation", mediator("noor"), offer=2, accepts=True)
    assert (world.journey.mediator, world.journey.stage) == ("noor", Stage.INITIAL_VISITS)
    await ended(story)


async def test_silence_passes_to_the_next_and_alerts_after_three(story: Story, world: World) -> None:
    await ready(story)
    await story.act("offer_mediator", mediator="mia")
    await story.working_days(2)
    assert world.journey.offered_to == "noor"
    assert await story.refused("answer_allocation", mediator("mia"), offer=1, accepts=True) == "not_yours"
    await story.working_days(2)
    assert not world.journey.escalated
    await story.working_days(2)
    assert world.tasks() == ["escalated/allocation"]
    assert world.recipients("acceptance_ask") == [f"mediator/{name}" for name in ("mia", "noor", "olu", "pat")]
    await story.working_days(2)  # nobody is left: a coordinator has to find one
    assert "mediator_choice/5" in world.tasks()
    assert await story.refused("offer_mediator", mediator="mia") == "already_tried"
    await story.act("tick_task", MANAGER, task="escalated/allocation")
    await story.act("offer_mediator", mediator="quinn")
    await story.act("answer_allocation", mediator("quinn"), offer=5, accepts=True)
    assert world.journey.mediator == "quinn"
    await ended(story)
