"""Somebody presses Terminate in the Temporal UI. The case is begun anew as it was filed, and goes on as if nothing had
been: nobody is asked or told twice, nobody is forgotten, and every reminder comes when it was to come."""

from datetime import time, timedelta
from typing import Any

import pytest

from domain.commands import MAILBOX
from domain.journey import BEGUN_ANEW
from domain.parties import Channel
from domain.stages import Closing, ClosingReason, Stage
from domain.working_days import add_working_days, at_local, local_day
from tests.workflows.telling import (
    LETTER,
    agrees,
    asked_for_consent,
    ended,
    joins,
    missed_visit,
    ready_to_visit,
    replaced,
    taken_over,
    visited,
)
from tests.workflows.world import COORDINATOR, GUARDIAN, MANAGER, Story, World, mediator, person
from workflows.neighbours import Delivery


def stands(world: World) -> dict[str, Any]:
    """Where the case stands, for whoever looks at its page."""
    journey = world.journey
    return {
        "stage": journey.stage,
        "asks": {ask.key: ask.model_dump() for ask in journey.asks},
        "tasks": sorted(task.key for task in journey.tasks if task.kind != BEGUN_ANEW),
        "meetings": [meeting.model_dump() for meeting in journey.meetings],
        "mediator": (journey.mediator, journey.offered_to),
        "silent": (journey.on_hold, journey.paused, journey.ending, journey.reopening),
    }


async def goes_on(story: Story) -> None:
    """It is terminated here, and stands after that as it stood before."""
    await story.breathe()
    world, before, letters, calendar = story.world, stands(story.world), story.world.counted(), {**story.world.calendar}
    known = sum(len(filing.events) for filing in world.filings)
    await story.begun_anew()
    assert stands(world) == before
    assert world.counted() == letters, "something was sent because of it"
    assert world.calendar == calendar
    lines = [event for filing in world.filings for event in filing.events]
    assert [event.what for event in lines[known:]] == [BEGUN_ANEW]
    task = world.journey.tasks[-1]
    assert (task.kind, task.role) == (BEGUN_ANEW, "manager")
    await story.act("tick_task", MANAGER, task=task.key)


async def test_a_whole_journey_terminated_in_each_of_its_sections(story: Story, world: World) -> None:
    await story.refer()
    await goes_on(story)
    await story.act("record_explaining_call", outcome="go_on", permission="not_yet")
    await goes_on(story)
    await story.act("record_permission", given=True, how="phone")
    await story.act("answer_consent", person("p2.1"), party="p2", yes=True, how="link")
    await goes_on(story)
    await story.act("answer_consent", person("p3.1"), party="p3", yes=True, how="link")
    await story.act("offer_mediator", mediator="mia")
    await goes_on(story)
    await story.act("answer_allocation", mediator("mia"), offer=1, accepts=True)
    slots = [await story.visit_booked(party, hour=9 + 2 * n) for n, party in enumerate(("p1", "p2"))]
    await goes_on(story)
    await story.until(slots[-1].start)
    await story.visit_held("p1")
    await story.visit_held("p2")
    await missed_visit(story, "p3")
    await goes_on(story)
    slot = await story.visit_booked("p3")
    await story.until(slot.start)
    await story.visit_held("p3")
    await goes_on(story)  # each is asked to sign, beside the journey
    await story.everyone_signs()
    slot = await story.joint_meeting_fixed()
    await goes_on(story)
    await story.until(slot.start)
    everyone = ["p1.1", "p2.1", "p3.1"]
    await story.act(
        "record_joint_meeting", mediator("mia"), present=everyone, outcome="partial", detail="extra_support"
    )
    await goes_on(story)
    await story.agreement_written(comments_wanted=True)
    await story.act("comment_on_agreement", person("p1.1"), party="p1", version=1, agrees=True, how="link")
    await goes_on(story)
    for party in ("p2", "p3"):
        await story.act("comment_on_agreement", person(f"{party}.1"), party=party, version=1, agrees=True, how="link")
    await goes_on(story)
    await story.act("record_action", person("p2.1"), action=1, done=True, how="link")
    await story.working_days(11)  # how was it?
    await goes_on(story)
    await story.act("record_action", person("p3.1"), action=2, done=True, how="link")
    for party in ("p1", "p2", "p3"):
        await story.act("give_feedback", person(f"{party}.1"), party=party, score=5)
    closing = await story.closing()
    assert (closing.reason, closing.outcome) == (ClosingReason.AGREEMENT_PARTIAL, "extra_support")
    numbers = [event.number for filing in world.filings for event in filing.events]
    assert numbers == list(range(1, len(numbers) + 1))
    assert world.recipients("consent_ask") == ["p2.1", "p3.1"]
    assert world.recipients("sign_ask") == everyone


async def test_the_ladder_of_a_silent_school_goes_on_at_its_rung(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.working_days(4)
    await goes_on(story)
    await story.working_days(3)
    assert world.letters(to="p2.1") == ["consent_ask", "consent_remind", "consent_remind"]
    await goes_on(story)
    await story.working_days(5)
    assert world.letters(to="p2.1") == ["consent_ask"] + ["consent_remind"] * 3
    assert "phone/consent/p2/1" in world.tasks()
    numbers = [sent.letter.number for sent in world.sent if sent.letter.kind == "consent_remind"]
    assert sorted(numbers) == [1, 1, 2, 2, 3, 3]
    await ended(story)


async def test_letters_on_their_way_still_leave(story: Story, world: World) -> None:
    await story.refer(channels={"p2": Channel.POST})
    world.mail_away = True
    await story.explained_and_permitted()
    await goes_on(story)
    assert world.recipients("consent_ask") == []
    world.mail_away = False
    await story.env.sleep(3700)
    assert world.recipients("consent_ask") == ["p3.1"]
    await goes_on(story)
    assert await story.seen_to() == ["consent_ask p2.1"]
    assert story.by_hand() == []
    await story.everyone_consents()
    await story.breathe()
    assert world.journey.stage == Stage.ALLOCATION
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.breathe()
    assert await story.seen_to() == ["closed_withdrawn p2.1", "consent_receipt p2.1"]
    await story.closing()


async def test_a_hold_holds_and_a_ladder_is_moved_by_all_of_it(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.working_days(1)
    await story.act("hold", GUARDIAN)
    await story.working_days(5)
    await goes_on(story)
    await story.working_days(5)
    assert world.letters(to="p2.1") == ["consent_ask"]
    await story.act("release", MANAGER)
    await story.breathe()
    assert world.letters(to="p2.1") == ["consent_ask"], "moved by the time of silence"
    await story.working_days(3)
    assert world.letters(to="p2.1") == ["consent_ask", "consent_remind"]
    await ended(story)


async def test_an_unread_reply_holds_the_ladder_of_its_party_only(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.act("receive_reply", MAILBOX, person="p2.1")
    await goes_on(story)
    await story.working_days(4)
    assert world.letters(kind="consent_remind") == ["consent_remind"]
    assert world.recipients("consent_remind") == ["p3.1"]
    await story.act("tick_task", task=world.tasks()[0])
    await ended(story)


@pytest.mark.parametrize("undone", [False, True], ids=["takes effect", "undone"])
async def test_an_end_that_may_be_undone(story: Story, world: World, undone: bool) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.act("withdraw", COORDINATOR, party="p1", how="phone")
    await goes_on(story)
    if undone:
        await story.act("undo", COORDINATOR)
    await story.env.sleep(11 * 60)
    await story.breathe()
    assert (world.journey.closing is None) == undone
    if undone:
        await ended(story)
    else:
        assert (await story.closing()).reason == ClosingReason.WITHDRAWN


async def test_a_second_school_that_is_still_coming(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await joins(story)
    await goes_on(story)
    assert world.journey.stage == Stage.INITIAL_VISITS
    await agrees(story)
    await goes_on(story)
    assert world.recipients("party_joined") == ["p1.1", "p2.1", "p3.1"]
    await visited(story)
    assert [meeting.status for meeting in world.journey.meetings if meeting.party == "p4"] == ["held"]
    await ended(story)


async def test_a_school_that_joins_before_the_joint_meeting(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await joins(story)
    await goes_on(story)
    await agrees(story)
    await goes_on(story)
    assert {"visit_dates/p4/1", "joint_date/1"} & {ask.key for ask in world.journey.asks} == {"visit_dates/p4/1"}
    await visited(story)
    await goes_on(story)
    await ended(story)


async def test_another_mediator_is_looked_for(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed(12)
    await story.breathe()
    await replaced(story)
    await goes_on(story)
    await taken_over(story)
    assert (world.journey.mediator, world.journey.stage) == ("noor", Stage.JOINT_MEETING)
    assert world.calendar["joint_meeting/1"].slot == slot
    assert world.recipients("mediator_changed") == ["p1.1", "p2.1", "p3.1"]
    await ended(story)


async def test_a_manager_still_has_to_decide_about_a_no_show(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await missed_visit(story, "p1")
    await missed_visit(story, "p1")
    await goes_on(story)
    assert "visit_dates/p1/3" not in world.tasks(), "no third round by itself"
    await story.working_days(1)
    await goes_on(story)
    await story.act("decide_on_silence", MANAGER, ask="no_show/p1/visit/2", decision="wait")
    await story.breathe()
    assert "visit_dates/p1/3" in world.tasks()
    await ended(story)


async def test_an_end_that_nobody_was_told_of(story: Story, world: World) -> None:
    """Terminated in the very moment of its end: the closing is filed, and the letters are not."""
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.begun_anew(closing=Closing(reason=ClosingReason.WITHDRAWN, who="p1"))
    assert world.journey.stage == Stage.CLOSED
    assert world.recipients("closed_withdrawn") == ["p2.1", "p3.1"]
    assert world.recipients("withdrawal_receipt") == ["p1.1"]
    await story.act("tick_task", MANAGER, task=world.tasks()[-1])
    assert (await story.closing()).reason == ClosingReason.WITHDRAWN


async def test_an_end_whose_minutes_were_over_before_the_case_was_begun_anew(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.act("withdraw", COORDINATOR, party="p1", how="phone")
    await story.begun_anew(after=timedelta(minutes=30))
    await story.act("tick_task", MANAGER, task=world.tasks()[0])
    assert (await story.closing()).reason == ClosingReason.WITHDRAWN
    assert world.journey.stage == Stage.CLOSED
    assert world.recipients("closed_withdrawn") == ["p2.1", "p3.1"]


async def test_a_ladder_that_stands_still_for_two_reasons_is_moved_by_all_of_it(story: Story, world: World) -> None:
    """Paused, then on hold as well, then only paused: in all of it nobody is reminded."""
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.act("pause")
    await story.working_days(2)
    await story.act("hold")
    await story.working_days(1)
    await story.act("release", GUARDIAN)
    await story.begun_anew()
    await story.working_days(1)
    await story.act("resume")
    await story.breathe()
    due = add_working_days(local_day(await story.now()), 3, story.policy.holidays)
    assert world.journey.next_at == at_local(due, time(9)), "as if it had been asked for only now"
    for task in list(world.tasks()):
        await story.act("tick_task", MANAGER, task=task)
    await ended(story)


async def test_a_letter_that_may_have_arrived_comes_back_afterwards(story: Story, world: World) -> None:
    world.known["p2.1"] = [Channel.TEXT]
    await asked_for_consent(story)
    letter = next(sent.letter for sent in world.sent if sent.letter.to == "p2.1")
    world.settled[letter.key] = Delivery(state="ambiguous")
    await story.begun_anew()
    await story.act("report_bounce", MAILBOX, **LETTER)
    await story.breathe()
    went = [(sent.letter.kind, sent.channel) for sent in world.sent if sent.letter.to == "p2.1"]
    assert went == [("consent_ask", Channel.EMAIL), ("consent_ask", Channel.TEXT)]
    for task in world.tasks():
        if not task.startswith("address/"):
            await story.act("tick_task", MANAGER, task=task)
    await ended(story)
