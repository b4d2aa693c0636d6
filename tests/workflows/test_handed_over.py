"""A case is handed to another coordinator."""

from tests.workflows.world import Story, World, mediator, person
from workflows.neighbours import Verdict


async def test_a_case_is_handed_over_and_back(story: Story, world: World) -> None:
    await story.refer()
    await story.breathe()
    before = world.letters()
    world.verdicts["nobody"] = Verdict(refusal="unknown_coordinator")
    assert await story.refused("reassign", coordinator="nobody") == "unknown_coordinator"
    assert await story.refused("reassign", mediator("mia"), coordinator="ida") == "not_yours"
    assert world.coordinator == "cora"
    await story.act("reassign", coordinator="ida")
    assert world.coordinator == "ida"
    await story.act("reassign", coordinator="cora")  # it was the wrong case
    assert world.coordinator == "cora"
    await story.breathe()
    assert world.letters() == before, "a hand-over writes to nobody outside the service"
    await story.explained_and_permitted()
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.closing()
