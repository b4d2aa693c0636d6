"""How people are reached is theirs to say: rung because they asked for it, at their times, under another address."""

from domain.languages import Language
from domain.parties import Channel, Reading
from domain.working_days import local_day
from tests.workflows.telling import ended
from tests.workflows.world import Story, World, person


async def test_somebody_asks_to_be_rung_and_is(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    asked = await story.now()
    await story.act("ask_for_call", person("p2.1"), party="p2", times=["morning"])
    [task] = [task for task in world.journey.tasks if task.kind == "call_wanted"]
    assert task.about == "p2"
    assert task.due
    assert local_day(task.due) > local_day(asked)
    assert await story.refused("ask_for_call", person("p2.1"), party="p2") == "call_is_due"
    await story.breathe()
    assert "staff_task" in world.letters(to="coordinator")
    await story.act("tick_task", task=task.key, outcome="voicemail")
    assert world.journey.call_wanted("p2")
    assert await story.refused("tick_task", task=task.key, outcome="posted") == "not_fitting"
    await story.act("tick_task", task=task.key, outcome="spoke")
    assert world.journey.call_wanted("p2") is None
    await story.act("ask_for_call", party="p2")  # a coordinator, for somebody who wrote
    await ended(story)


async def test_only_who_speaks_for_a_party_and_may_be_contacted(story: Story, world: World) -> None:
    await story.refer()
    assert await story.refused("ask_for_call", party="p2") == "not_permitted"
    await story.explained_and_permitted()
    for kind in ("ask_for_call", "say_when_to_ring"):
        assert await story.refused(kind, person("p3.1"), party="p2") == "not_yours"
    await ended(story)


async def test_who_gives_themselves_another_address_keeps_their_times_and_is_asked_there(
    story: Story, world: World
) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.act("say_when_to_ring", person("p2.1"), party="p2", times=["late_afternoon", "morning"])
    world.admits = "p2.2"
    await story.act("replace_contact", person("p2.1"), party="p2")
    await story.breathe()
    lead = world.journey.person("p2.2")
    assert lead
    assert (lead.times, lead.channel) == (["late_afternoon", "morning"], Channel.EMAIL)
    assert world.letters(to="p2.2") == ["consent_ask"]
    answer = {"party": "p2", "yes": True, "how": "link"}
    assert await story.refused("answer_consent", person("p2.1"), **answer) == "not_yours"
    assert await story.refused("replace_contact", person("p2.1"), party="p2") == "not_yours"
    await story.act("answer_consent", person("p2.2"), **answer)
    world.admits = "p2.3"
    await story.act("replace_contact", party="p2")  # by staff: another person
    other = world.journey.person("p2.3")
    assert other
    assert other.times == []
    await ended(story)


async def test_how_somebody_reads_counts_from_then_on(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    assert await story.refused("say_how_they_read", person("p3.1"), party="p2", reads="pl") == "not_yours"
    await story.act("say_how_they_read", person("p2.1"), party="p2", reads="pl", interpreter=True)
    lead = world.journey.person("p2.1")
    assert lead
    assert lead.reading == Reading(reads=Language.POLISH, interpreter=True)
    await ended(story)
