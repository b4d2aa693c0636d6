"""Withdrawal, pause, safeguarding hold, a changed policy, mail that is away: at any moment of the journey."""

import json
from datetime import time, timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from domain.commands import COMMANDS
from domain.journey import MeetingStatus
from domain.parties import PartyRole
from domain.policy import STANDARD_LADDERS, Do, Policy, Rung
from domain.stages import Closing, ClosingReason
from domain.working_days import add_working_days, at_local, local_day
from tests.workflows.telling import ended
from tests.workflows.world import DAY, GUARDIAN, MANAGER, Story, World, person
from workflows.doors import Accepted


async def test_withdrawal_after_the_joint_meeting_was_booked(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.joint_meeting_fixed()
    await story.breathe()
    assert "joint_meeting/1" in world.calendar
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    assert await story.closing() == Closing(reason=ClosingReason.WITHDRAWN, who="p1")
    assert "joint_meeting/1" not in world.calendar
    assert "joint_meeting/1" not in world.reserved
    assert world.letters(kind="joint_meeting_cancelled") == ["joint_meeting_cancelled"] * 4
    assert world.letters(to="p1.1")[-1] == "withdrawal_receipt"
    assert world.letters(kind="closed") == ["closed_mediator", "closed_withdrawn", "closed_withdrawn"]
    meeting = world.journey.meeting("joint_meeting/1")
    assert meeting
    assert (meeting.status, meeting.sequence) == (MeetingStatus.CANCELLED, 1)


async def test_nothing_is_accepted_after_the_end(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    world.mail_away = True  # the case ends, and still sees its letters home
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    assert await story.refused("answer_consent", party="p2", yes=True, how="phone") == "ended"
    assert await story.refused("withdraw", party="p2", how="phone") == "ended"
    world.mail_away = False
    await story.closing()
    assert world.letters(kind="closed") == ["closed_withdrawn"] * 2


async def activities_of(story: Story, name: str) -> list[str]:
    """What the activities of a name are for, as operations read it."""
    events = (await story.case.fetch_history()).events
    scheduled = [one for one in events if one.activity_task_scheduled_event_attributes.activity_type.name == name]
    return [json.loads(one.user_metadata.summary.data) for one in scheduled]


async def test_the_same_question_leaves_for_everyone_in_one_delivery(story: Story, world: World) -> None:
    await story.refer(PartyRole.SCHOOL, PartyRole.LOCAL_AUTHORITY, PartyRole.HEALTH_BODY, PartyRole.SCHOOL)
    await story.explained_and_permitted()
    await story.until(at_local(local_day(await story.now()) + DAY, time(12)))
    questions = "consent_ask to p2.1, consent_ask to p3.1, consent_ask to p4.1 and 1 more"
    assert questions in await activities_of(story, "deliver_together")
    assert world.recipients("consent_ask") == ["p2.1", "p3.1", "p4.1", "p5.1"]
    await ended(story)


async def test_one_letter_in_trouble_holds_up_none_that_leaves_with_it(story: Story, world: World) -> None:
    world.busy = ["p2.1"]
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    assert world.recipients("consent_ask") == ["p3.1"]
    await story.act("answer_consent", person("p3.1"), party="p3", yes=True, how="link")
    world.busy = []
    await story.days(1)
    assert world.recipients("consent_ask") == ["p2.1", "p3.1"]
    assert "consent_ask to p2.1" in await activities_of(story, "deliver")
    await ended(story)


async def test_all_that_wait_for_the_same_morning_have_one_timer(story: Story, world: World) -> None:
    await story.refer(PartyRole.SCHOOL, PartyRole.LOCAL_AUTHORITY, PartyRole.HEALTH_BODY, PartyRole.SCHOOL)
    await story.explained_and_permitted()
    await story.until(at_local(local_day(await story.now()) + DAY, time(12)))
    events = (await story.case.fetch_history()).events
    timers = [event for event in events if event.HasField("timer_started_event_attributes")]
    due = "remind 1 for consent/p2, remind 1 for consent/p3, remind 1 for consent/p4 and 1 more, unless answered"
    assert json.loads(timers[-1].user_metadata.summary.data) == due
    await story.act("answer_consent", person("p2.1"), party="p2", yes=True, how="link")
    await story.working_days(3)
    assert world.recipients("consent_remind") == ["p3.1", "p4.1", "p5.1"]
    await ended(story)


async def test_mail_away_for_weeks_holds_nothing_up(story: Story, world: World) -> None:
    await story.refer()
    world.mail_away = True
    await story.explained_and_permitted()
    await story.env.sleep(timedelta(minutes=30))
    assert world.tasks() == []
    await story.env.sleep(timedelta(minutes=90))
    asked = [f"waits/consent_ask/p{n}.1/1:consent:p{n}" for n in (2, 3)]
    assert sorted(world.tasks()) == [*asked, "waits/referral_received/p1.1/1:"], "after an hour somebody is told"
    await story.act("tick_task", task=asked[0])
    await story.days(21)
    assert world.queued("consent/p3") == ["consent_ask", *["consent_remind"] * 3, "staff_escalate"]
    await story.everyone_consents()
    assert world.letters(kind="consent") == []
    await story.act("withdraw", party="p2", how="phone")
    world.mail_away = False
    assert await story.closing() == Closing(reason=ClosingReason.WITHDRAWN, who="p2")
    assert world.letters(kind="consent") == ["consent_receipt"] * 2, "a stale reminder went out"
    assert world.tasks() == [], "what has left needs nobody's attention"
    assert sorted(sent.letter.to for sent in world.sent if sent.letter.kind.startswith(("closed", "withdrawal"))) == [
        "p1.1", "p2.1", "p3.1",
    ]  # fmt: skip


async def test_a_safeguarding_hold_stops_all_unprompted_messages(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.act("hold")
    await story.breathe()
    before = len(world.sent)
    assert world.letters(to="safeguarding_lead") == ["staff_task"]
    await story.days(60)
    assert len(world.sent) == before, "a letter left during the hold"
    assert world.journey.next_at is None
    assert await story.refused("hold") == "on_hold"
    assert await story.refused("release") == "not_yours"
    await story.act("release", GUARDIAN)
    await story.breathe()
    assert len(world.sent) == before, "a burst after the hold"
    assert world.tasks() == []
    await story.working_days(4)
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind"]
    await story.act("withdraw", party="p2", how="phone")
    await story.closing()


async def test_a_withdrawal_during_a_hold_is_told_after_the_release(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.joint_meeting_fixed()
    await story.act("hold")
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.days(3)
    assert world.letters(kind="joint_meeting_cancelled") == ["joint_meeting_cancelled"] * 4
    assert world.letters(kind="closed") == []
    await story.act("release", MANAGER)
    await story.closing()
    assert sorted(world.letters(kind="closed")) == ["closed_mediator", "closed_withdrawn", "closed_withdrawn"]


async def test_pause_and_resume(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.working_days(2)
    await story.act("pause")
    assert await story.refused("pause") == "paused"
    await story.days(30)
    assert world.letters(about="consent/p2") == ["consent_ask"]
    await story.act("answer_consent", person("p2.1"), party="p2", yes=True, how="link")  # an answer is always heard
    await story.breathe()
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_receipt"]
    await story.act("resume")
    assert await story.refused("resume") == "not_paused"
    await story.days(4)
    assert world.letters(about="consent/p3") == ["consent_ask", "consent_remind"], "the ladder goes on where it stood"
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()


async def test_a_new_holiday_moves_every_reminder(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    today = local_day(await story.now())
    week = [today + n * DAY for n in range(1, 8)]
    assert await story.refused("change_policy", policy=story.policy) == "not_yours"
    await story.act("change_policy", MANAGER, policy=story.policy.model_copy(update={"holidays": week}))
    await story.days(7.5)
    assert world.letters(about="consent/p2") == ["consent_ask"], "a reminder on a holiday"
    await story.days(5)
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind"]
    assert any(filing.policy == Policy(holidays=week) for filing in world.filings)
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()


async def test_of_several_rungs_that_fell_due_only_the_latest_is_climbed(story: Story, world: World) -> None:
    """As after an outage: no burst of letters, and what comes late says when it was due."""
    patient = [Rung(do=Do.ASK), Rung(do=Do.REMIND, after=20)]
    story.policy = story.policy.model_copy(update={"ladders": {**STANDARD_LADDERS, "consent": patient}})
    await story.refer()
    await story.explained_and_permitted()
    await story.working_days(7)
    usual = story.policy.model_copy(update={"ladders": STANDARD_LADDERS})
    await story.act("change_policy", MANAGER, policy=usual)  # the reminders of days 3 and 6 are due, all at once
    await story.breathe()
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind"]
    await story.working_days(2)
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind", "consent_remind"]
    asked, late, in_time = [one for filing in world.filings for one in filing.events if one.about == "consent/p2"]
    day_six = at_local(add_working_days(local_day(asked.at), 6, usual.holidays), usual.morning)
    assert late.detail["was_due"] == day_six.isoformat()
    assert [one.detail.get("was_due") for one in (asked, in_time)] == [None, None]
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()


async def test_cancel_in_the_temporal_ui_becomes_a_task_and_the_case_goes_on(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.case.cancel()
    await story.breathe()
    assert world.tasks() == ["cancel_requested"]
    assert world.journey.escalated
    await story.act("tick_task", MANAGER, task="cancel_requested")
    await story.act("answer_consent", party="p2", yes=False, how="phone")
    assert (await story.closing()).reason == ClosingReason.NOT_AGREED


async def test_an_act_copied_from_a_history_is_refused(story: Story, world: World) -> None:
    await story.refer()
    await story.act("hold")
    release = COMMANDS["release"](id="genuine", case_id="c1", actor=GUARDIAN, at=await story.now())
    with pytest.raises(WorkflowUpdateFailedError):
        await story.case.execute_update("release", release, id="another", result_type=Accepted)
    assert world.journey.on_hold
    await story.act("release", GUARDIAN)
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()


async def test_whoever_never_heard_of_the_case_is_not_told_of_its_end(story: Story, world: World) -> None:
    await story.refer()
    await story.until(at_local(local_day(await story.now()), time(21)))
    await story.explained_and_permitted()  # the invitations wait for the morning
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.closing()
    assert {sent.letter.to for sent in world.sent} == {"p1.1"}


async def test_a_mediator_who_was_asked_is_told_of_the_end(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.everyone_consents()
    await story.act("offer_mediator", mediator="mia")
    await story.breathe()
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()
    assert world.letters(to="mediator/mia") == ["acceptance_ask", "closed_mediator"]


async def test_what_a_manager_owes_is_not_ticked_by_others(story: Story, world: World) -> None:
    await story.refer()
    await story.working_days(5)
    assert await story.refused("tick_task", task="escalated/explaining_call") == "not_yours"
    await story.act("tick_task", MANAGER, task="escalated/explaining_call")
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()


async def test_a_paused_case_that_is_withdrawn_ends(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.act("pause")
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()
    assert world.letters(kind="closed_withdrawn") == ["closed_withdrawn"] * 2


async def test_a_letter_that_waited_for_the_mail_leaves_in_office_hours(story: Story, world: World) -> None:
    await story.refer()
    await story.until(at_local(local_day(await story.now()) + 4 * DAY, time(17, 30)))  # a Friday
    world.mail_away = True
    await story.explained_and_permitted()
    await story.until(at_local(local_day(await story.now()), time(23)))
    world.mail_away = False
    await story.days(3)
    assert world.letters(kind="consent_ask") == ["consent_ask"] * 2  # and none of them at night: `breaches`
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()


async def test_a_ladder_counts_from_when_the_letter_can_leave(story: Story, world: World) -> None:
    await story.refer()
    saturday = local_day(await story.now()) + 5 * DAY
    await story.until(at_local(saturday, time(12)))
    await story.explained_and_permitted()
    await story.until(at_local(saturday + 5 * DAY, time(8)))  # the letters left on Monday
    assert world.letters(kind="consent") == ["consent_ask"] * 2
    await story.until(at_local(saturday + 5 * DAY, time(12)))
    assert world.letters(kind="consent_remind") == ["consent_remind"] * 2
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()


async def test_a_meeting_of_yesterday_is_not_cancelled(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.everyone_consents()
    await story.mediator_accepts()
    slot = await story.visit_booked("p1")
    await story.until(slot.start + DAY)
    await story.act("withdraw", party="p2", how="phone")
    await story.closing()
    assert world.letters(kind="visit_cancelled") == []
    assert "visit/p1/1" in world.calendar


async def test_an_agreement_that_cannot_be_typeset_is_a_task_and_holds_up_nothing_else(
    story: Story, world: World
) -> None:
    await story.up_to_the_joint_meeting()
    await story.met()
    world.cannot_typeset = "not_typeset"
    await story.agreement_written()
    assert "document/agreement/1" in world.tasks()
    await story.act("hold")
    await story.act("release", GUARDIAN)
    await story.act("tick_task", task="document/agreement/1")
    await story.breathe()
    assert "document/agreement/1" in world.tasks(), "it failed once more"
    world.cannot_typeset = ""
    await story.act("tick_task", task="document/agreement/1")
    await story.breathe()
    assert world.letters(kind="agreement_copy") == ["agreement_copy"] * 3
    await story.act("bring_back_task", task="document/agreement/1")
    assert await story.refused("bring_back_task", task="document/agreement/1") == "no_such_task", "it is there"
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()


async def test_only_a_lead_speaks_for_a_party(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.working_days(14)
    world.admits = "p2.2"
    await story.act("decide_on_silence", MANAGER, ask="consent/p2", decision="replace_contact")
    answer = {"party": "p2", "yes": False, "how": "link"}
    assert await story.refused("answer_consent", person("p2.1"), **answer) == "not_yours"
    assert await story.refused("withdraw", person("p1.7"), party="p1", how="link") == "not_yours"
    await story.act("answer_consent", person("p2.2"), **answer)
    await story.closing()


async def test_nobody_is_invited_during_a_safeguarding_hold(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.breathe()
    half_days = world.journey.meetings[-1].half_days[:1]
    for party in ("p1", "p2", "p3"):
        await story.act("give_availability", party=party, half_days=half_days, how="phone")
    await story.act("hold")
    assert await story.refused("fix_joint_meeting", slot=await story.slot(9), venue="library") == "on_hold"
    await story.act("release", GUARDIAN)
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()


async def test_a_bounced_letter_becomes_a_task_that_a_person_ticks(story: Story, world: World) -> None:
    await story.refer()
    world.bad_addresses = ["p2.1"]
    await story.explained_and_permitted()
    await story.breathe()
    assert world.tasks() == ["letter/consent_ask/p2.1/1:consent:p2"]
    await story.act("tick_task", task="letter/consent_ask/p2.1/1:consent:p2")
    assert world.tasks() == []
    assert await story.refused("tick_task", task="letter/consent_ask/p2.1/1:consent:p2") == "no_such_task"
    await story.act("answer_consent", party="p2", yes=False, how="phone")
    await story.days(1)  # it could be undone for ten minutes
    assert world.tasks() == ["letter/closed_not_agreed/p2.1/1:"]
    await story.act("tick_task", task="letter/closed_not_agreed/p2.1/1:")
    await story.closing()


async def test_a_manager_closes(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    assert await story.refused("close_case", reason="overtaken_by_tribunal") == "not_yours"
    await story.act("close_case", MANAGER, reason="overtaken_by_tribunal")
    assert (await story.closing()).reason == ClosingReason.OVERTAKEN_BY_TRIBUNAL
    assert world.letters(kind="closed") == ["closed_by_service"] * 3


async def test_a_phone_task_is_ticked_and_the_ladder_goes_on(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.working_days(12)
    await story.act("tick_task", task="phone/consent/p2/1", outcome="voicemail")
    assert sorted(world.tasks()) == ["phone/consent/p2/1", "phone/consent/p3/1"], "a message left is no conversation"
    await story.act("tick_task", task="phone/consent/p2/1", outcome="spoke")
    assert world.tasks() == ["phone/consent/p3/1"]
    assert await story.refused("tick_task", task="consent/p2") == "no_such_task"
    await story.until(await story.now() + timedelta(days=4))
    assert "decide/consent/p2" in world.tasks()
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()
