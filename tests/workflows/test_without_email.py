"""People who have a letterbox or a telephone, and no e-mail: nothing waits for a click."""

from datetime import timedelta

from domain.parties import Channel
from domain.stages import ClosingReason, Stage
from tests.workflows.telling import ended_by_hand
from tests.workflows.world import COORDINATOR, Story, World, local, mediator

NO_EMAIL = {"p1": Channel.PHONE, "p2": Channel.POST, "p3": Channel.POST}


async def answered_by_hand(story: Story, party: str) -> None:
    await story.act("answer_consent", COORDINATOR, party=party, yes=True, how="letter")


async def test_a_whole_journey_without_email(story: Story, world: World) -> None:
    await story.refer(channels=NO_EMAIL)
    await story.breathe()
    assert await story.seen_to() == ["referral_received p1.1"]
    await story.explained_and_permitted()
    await story.breathe()
    assert await story.seen_to() == ["consent_ask p2.1", "consent_ask p3.1"]
    for party in ("p2", "p3"):
        await answered_by_hand(story, party)
    await story.breathe()
    assert await story.seen_to() == ["consent_receipt p2.1", "consent_receipt p3.1"]
    await story.mediator_accepts()
    slots = [await story.slot(6, hour) for hour in (9, 11, 14)]
    for party, slot in zip(("p1", "p2", "p3"), slots, strict=True):
        await story.act("offer_visit_dates", mediator("mia"), party=party, slots=[slot])
        await story.act("choose_visit_date", COORDINATOR, party=party, start=slot.start, how="phone")
    await story.breathe()
    assert await story.seen_to() == ["visit_booked p1.1", "visit_booked p2.1", "visit_booked p3.1"]
    await story.until(slots[-1].start + timedelta(hours=2))
    for party in ("p1", "p2", "p3"):
        await story.visit_held(party)
    await story.breathe()
    asked = [f"{kind} p{n}.1" for kind in ("availability_ask", "sign_ask") for n in (1, 2, 3)]
    assert await story.seen_to() == asked
    for party, how in (("p1", "phone"), ("p2", "letter"), ("p3", "letter")):
        await story.act("sign_agreement_to_mediate", COORDINATOR, party=party, version=1, how=how)
    await story.breathe()
    assert await story.seen_to() == [f"sign_receipt p{n}.1" for n in (1, 2, 3)]
    half_days = world.journey.meetings[-1].half_days
    for party in ("p1", "p2", "p3"):
        await story.act("give_availability", COORDINATOR, party=party, half_days=half_days[:3], how="phone")
    slot = await story.slot(14)
    await story.act("fix_joint_meeting", slot=slot, venue="library")
    await story.breathe()
    assert await story.seen_to() == [f"joint_meeting_booked p{n}.1" for n in (1, 2, 3)]
    await story.until(slot.start + timedelta(hours=2))
    present = ["p1.1", "p2.1", "p3.1"]
    await story.act("record_joint_meeting", mediator("mia"), present=present, outcome="full")
    await story.agreement_written()
    assert await story.seen_to() == ["agreement_copy p1.1", "agreement_copy p2.1", "agreement_copy p3.1"]
    assert world.journey.stage == Stage.ACTIONS
    for number in (1, 2):
        await story.act("record_action", COORDINATOR, action=number, done=True, how="phone")
    for party in ("p1", "p2", "p3"):
        await story.act("give_feedback", COORDINATOR, party=party, score=5, how="phone")
    await story.breathe()
    assert await story.seen_to() == [f"closed_agreement_full p{n}.1" for n in (1, 2, 3)]
    assert (await story.closing()).reason == ClosingReason.AGREEMENT_FULL
    assert not [sent for sent in world.sent if sent.letter.to.startswith("p")]
    settled = [(one.letter.kind, one.state) for filing in world.filings for one in filing.settled]
    assert ("consent_ask", "sent") in settled
    assert ("joint_meeting_remind", "withheld") in settled, "rung only until the meeting was recorded"


async def test_the_post_is_given_time(story: Story, world: World) -> None:
    await story.refer(channels=NO_EMAIL)
    await story.explained_and_permitted()
    await story.breathe()
    reminder = world.journey.open_ask("consent/p2")
    assert reminder
    assert reminder.armed
    asked, due = local(reminder.asked), local(reminder.armed.at)
    assert (due.date() - asked.date()).days == 9, "3 working days, and 2 each way: from Monday to the Wednesday week"
    await ended_by_hand(story)


async def test_a_reminder_takes_the_place_of_the_letter_that_nobody_posted(story: Story, world: World) -> None:
    await story.refer(channels=NO_EMAIL)
    await story.explained_and_permitted()
    await story.days(10)
    assert story.by_hand(to="p2.1") == ["consent_remind p2.1"]
    await answered_by_hand(story, "p2")
    await story.breathe()
    assert story.by_hand(to="p2.1") == ["consent_receipt p2.1"], "an answer empties the print queue of the question"
    await ended_by_hand(story)


async def test_nobody_is_spoken_to_before_they_are(story: Story, world: World) -> None:
    await story.refer(channels=NO_EMAIL)
    await story.breathe()
    [task] = [task for task in world.journey.tasks if task.kind == "letter_by_phone"]
    await story.act("tick_task", task=task.key, outcome="no_answer")
    [task] = [task for task in world.journey.tasks if task.kind == "letter_by_phone"]
    assert task.due
    assert local(task.due).strftime("%A %H:%M") == "Tuesday 09:00"
    later = await story.now() + timedelta(hours=3)
    await story.act("tick_task", task=task.key, outcome="call_back", call_back=later)
    [task] = [task for task in world.journey.tasks if task.kind == "letter_by_phone"]
    assert task.due == later
    assert await story.refused("tick_task", task=task.key, outcome="posted") == "not_fitting"
    assert await story.refused(
        "tick_task", task=task.key, outcome="call_back", call_back=later - timedelta(days=9)
    ) == ("in_the_past")
    await story.act("tick_task", task=task.key, outcome="spoke")
    assert story.by_hand() == []
    await ended_by_hand(story)


async def test_somebody_who_wants_letters_on_paper_from_now_on(story: Story, world: World) -> None:
    await story.refer(channels={"p3": Channel.POST})
    await story.explained_and_permitted()
    await story.breathe()
    assert world.letters(to="p2.1") == ["consent_ask"]
    assert story.by_hand() == ["consent_ask p3.1"]
    for party in ("p2", "p3"):
        world.admits, world.admits_by = f"{party}.2", Channel.POST
        await story.act("replace_contact", COORDINATOR, party=party)
    await story.breathe()
    assert story.by_hand() == ["consent_ask p2.2", "consent_ask p3.2"], "what lay there for the old contact is gone"
    armed = [ask.by_post for ask in world.journey.open_asks("consent")]
    assert armed == [True, True]
    await story.seen_to()
    await ended_by_hand(story)
