"""Somebody else speaks for a party, or a supporter comes along: at any time."""

from datetime import timedelta

from tests.workflows.telling import ended, ready_to_visit
from tests.workflows.world import DAY, MANAGER, Story, World, mediator, person


async def test_a_new_contact_is_asked_anew_and_the_old_one_no_more(story: Story, world: World) -> None:
    await story.refer()
    world.bad_addresses = ["p2.1"]
    await story.explained_and_permitted()
    await story.working_days(4)
    assert world.journey.tasks
    world.admits = "p2.2"
    await story.act("replace_contact", party="p2")
    await story.breathe()
    assert world.tasks() == [], "letters that came back are replaced by new ones"
    assert world.letters(to="p2.2") == ["consent_ask"]
    assert world.letters(to="p3.1") == ["consent_ask", "consent_remind"], "the others hear nothing of it"
    answer = {"party": "p2", "yes": True, "how": "link"}
    assert await story.refused("answer_consent", person("p2.1"), **answer) == "not_yours"
    await story.working_days(3)
    assert world.letters(to="p2.2") == ["consent_ask", "consent_remind"]
    await story.act("answer_consent", person("p2.2"), **answer)
    await ended(story)


async def test_a_contact_that_was_replaced_by_mistake_is_put_back(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    for key in ("p2.2", "p2.3"):  # p2.3 is the first person again
        world.admits = key
        await story.act("replace_contact", party="p2")
        await story.breathe()
    assert await story.refused("replace_contact", party="p2") == "name_missing"
    await story.working_days(3)
    assert world.letters(to="p2.1") == world.letters(to="p2.2") == ["consent_ask"]
    assert world.letters(to="p2.3") == ["consent_ask", "consent_remind"]
    await ended(story)


async def test_a_new_contact_is_invited_to_what_is_booked(story: Story, world: World) -> None:
    await ready_to_visit(story)
    slot = await story.visit_booked("p1", days_ahead=8)
    await story.breathe()
    world.admits = "p1.2"
    await story.act("replace_contact", party="p1")
    await story.until(slot.start + timedelta(hours=2))
    assert world.letters(to="p1.2", about="visit/p1/1") == ["visit_booked", *["visit_remind"] * 2]
    assert world.letters(to="p1.1", about="visit/p1/1") == ["visit_booked"]
    assert world.recipients("visit_booked") == ["mediator/mia", "p1.1", "p1.2"]
    await ended(story)


async def test_a_new_contact_of_whom_nothing_is_asked_hears_that_they_are_it(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.everyone_consents()
    world.admits = "p3.2"
    await story.act("replace_contact", party="p3")
    await story.breathe()
    assert world.letters(to="p3.2") == ["contact_changed"]
    await ended(story)


async def test_nobody_is_written_to_before_permission(story: Story, world: World) -> None:
    await story.refer()
    world.admits = "p2.2"
    await story.act("replace_contact", party="p2")
    await story.days(1)
    assert world.letters(to="p2.2") == []
    await story.explained_and_permitted()
    await story.breathe()
    assert world.letters(to="p2.2") == ["consent_ask"]
    assert world.letters(to="p2.1") == []
    await ended(story)


async def test_a_supporter_is_invited_to_what_is_booked_and_never_chased(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed()
    world.admits = "p1.2"
    await story.act("add_supporter", mediator("mia"), party="p1")
    world.admits = "p1.2"  # the same person again: the case file knows them
    await story.act("add_supporter", party="p1")
    await story.breathe()
    assert world.recipients("joint_meeting_booked") == ["mediator/mia", "p1.1", "p1.2", "p2.1", "p3.1"]
    assert await story.refused("add_supporter", mediator("noor"), party="p1") == "not_yours"
    assert await story.refused("add_supporter", party="p1") == "name_missing"
    await story.until(slot.start + DAY)
    assert world.letters(to="p1.2") == ["joint_meeting_booked", *["joint_meeting_remind"] * 3]
    await story.act("record_joint_meeting", mediator("mia"), present=["p1.1", "p1.2"], outcome="full")
    assert await story.refused("add_supporter", party="p1") == "has_met"
    await ended(story)


async def test_an_address_that_is_hidden_stays_so_for_whoever_joins_them(story: Story, world: World) -> None:
    await story.refer()
    await story.act("hide_address", person="p1.1", hidden=True)
    assert await story.refused("hide_address", person="p1.1", hidden=True) == "as_before"
    assert await story.refused("hide_address", person="p1.9", hidden=True) == "no_such_person"
    assert await story.refused("hide_address", mediator("mia"), person="p1.1", hidden=False) == "not_yours"
    world.admits = "p1.2"
    await story.act("replace_contact", party="p1")  # the same person under another address
    world.admits = "p2.2"
    await story.act("replace_contact", party="p2")
    await story.breathe()
    people = {person.key: person.hidden for party in world.journey.parties for person in party.people}
    assert people == {"p1.1": True, "p1.2": True, "p2.1": False, "p2.2": False, "p3.1": False}
    await story.act("hide_address", person="p1.2", hidden=False)
    await story.begun_anew()
    known = world.journey.person("p1.1")
    assert known is not None
    assert known.hidden
    await story.act("tick_task", MANAGER, task=next(one for one in world.tasks() if one.startswith("begun_anew")))
    await ended(story)
