"""Another party joins a running case: a second school, the other parent, a health body; and who was added by mistake is
taken out again."""

import asyncio
from datetime import timedelta
from typing import Any

from domain.journey import MeetingStatus
from domain.parties import Channel, PartyRole
from domain.stages import Closing, ClosingReason, Stage
from tests.workflows.telling import agrees, ended, ended_by_hand, joins, ready_to_visit, stage, visited
from tests.workflows.world import DAY, GUARDIAN, MANAGER, Story, World, mediator, person
from workflows.neighbours import Verdict


async def test_a_second_school_before_the_permission_is_contacted_with_the_others(story: Story, world: World) -> None:
    await story.refer()
    await joins(story, permitted=False)  # the referrer is asked about all of them
    await story.days(1)
    assert world.letters(to="p4.1") == []
    assert world.journey.contacted == ["p1"]
    await story.explained_and_permitted()
    await story.breathe()
    assert world.recipients("consent_ask") == ["p2.1", "p3.1", "p4.1"]
    await story.everyone_consents()
    assert stage(world) == Stage.CONSENT
    await agrees(story)
    assert stage(world) == Stage.ALLOCATION
    assert world.letters(kind="party_joined") == []
    await ended(story)


async def test_during_consent_they_are_asked_with_the_others_and_waited_for(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    world.admits = "p4.1"
    assert await story.refused("add_party", role="school") == "ask_the_referrer"
    assert await story.refused("add_party", mediator("mia"), role="school", permitted=True) == "not_yours"
    await joins(story)
    await story.everyone_consents()
    await story.working_days(4)
    assert world.letters(to="p4.1") == ["consent_ask", "consent_remind"]
    assert stage(world) == Stage.CONSENT
    await agrees(story)
    assert stage(world) == Stage.ALLOCATION
    assert world.letters(to="p4.1")[-1] == "consent_receipt"
    assert world.recipients("party_joined") == ["p1.1", "p2.1", "p3.1"]
    await ended(story)


async def test_who_joins_while_a_mediator_is_found_is_waited_for_before_the_visits(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.everyone_consents()
    await joins(story, PartyRole.HEALTH_BODY)
    await story.mediator_accepts()
    await story.breathe()
    assert (stage(world), world.journey.mediator) == (Stage.ALLOCATION, "mia")
    assert world.letters(to="p4.1") == ["consent_ask"]
    await agrees(story)
    assert stage(world) == Stage.INITIAL_VISITS
    assert "visit_dates/p4/1" in world.tasks()
    await ended(story)


async def test_the_joint_meeting_is_not_arranged_before_they_are_visited_too(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await joins(story)
    await story.everyone_visited()
    await story.breathe()
    assert stage(world) == Stage.INITIAL_VISITS
    await agrees(story)
    await visited(story)
    assert stage(world) == Stage.JOINT_MEETING
    assert world.recipients("availability_ask") == ["p1.1", "p2.1", "p3.1", "p4.1"]
    await ended(story)


async def test_dates_are_gathered_from_them_too(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.breathe()
    await joins(story)
    half_days = world.journey.meetings[-1].half_days[:3]
    for party in ("p1", "p2", "p3"):
        await story.act("give_availability", party=party, half_days=half_days, how="phone")
    await story.breathe()
    assert world.journey.open_ask("joint_date/1") is None
    await agrees(story)
    await visited(story)
    assert world.letters(to="p4.1", kind="availability") == ["availability_ask"]
    await story.act("give_availability", person("p4.1"), party="p4", half_days=half_days, how="link")
    await story.breathe()
    assert world.journey.open_ask("joint_date/1")
    await story.act("fix_joint_meeting", slot=await story.slot(6), venue="library")
    await story.breathe()
    assert world.recipients("joint_meeting_booked") == ["mediator/mia", "p1.1", "p2.1", "p3.1", "p4.1"]
    await ended(story)


async def test_a_second_school_after_the_joint_meeting_was_booked(story: Story, world: World) -> None:
    """To the end: its own visit, the meeting that stays booked, the copy, its action and how it was."""
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed(days_ahead=12)
    await story.breathe()
    await joins(story)
    assert world.letters(to="p4.1") == ["consent_ask"]
    assert "p4.1" not in world.journey.meetings[-1].invited
    await agrees(story)
    assert world.letters(to="p4.1") == ["consent_ask", "consent_receipt", "joint_meeting_booked"]
    assert world.recipients("joint_meeting_booked") == ["mediator/mia", "p1.1", "p2.1", "p3.1", "p4.1"]
    assert world.recipients("party_joined") == ["p1.1", "p2.1", "p3.1"]
    await visited(story)
    assert stage(world) == Stage.JOINT_MEETING
    await story.until(slot.start + timedelta(hours=2))
    assert world.letters(to="p4.1", kind="joint_meeting_remind") == ["joint_meeting_remind"] * 3
    assert world.letters(to="p4.1", kind="sign")[0] == "sign_ask", "after its own visit, as the others were"
    await story.signs("p4")
    present = ["p1.1", "p2.1", "p3.1", "p4.1"]
    await story.act("record_joint_meeting", mediator("mia"), present=present, outcome="full")
    by = slot.start.date() + 21 * DAY
    terms = [{"owner": "p4", "by": by}]
    await story.act("write_agreement", mediator("mia"), terms=terms, comments_wanted=True)
    await story.breathe()
    assert world.recipients("comments_ask") == present
    for party in ("p1", "p2", "p3", "p4"):
        answer = {"party": party, "version": 1, "agrees": True, "how": "link"}
        await story.act("comment_on_agreement", person(f"{party}.1"), **answer)
    await story.breathe()
    assert world.recipients("agreement_copy") == present
    await story.act("record_action", person("p4.1"), action=1, done=True, how="link")
    await story.working_days(11)
    assert world.recipients("feedback_ask") == present
    for party in ("p1", "p2", "p3", "p4"):
        await story.act("give_feedback", person(f"{party}.1"), party=party, score=4)
    assert (await story.closing()).reason == ClosingReason.AGREEMENT_FULL
    assert world.recipients("closed_agreement_full") == present


async def test_a_move_or_a_supporter_does_not_invite_who_has_not_agreed(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.joint_meeting_fixed(days_ahead=12)
    await joins(story)
    world.admits = "p1.2"
    await story.act("add_supporter", party="p1")
    slot = await story.slot(14)
    await story.act("move_meeting", mediator("mia"), meeting="joint_meeting/1", slot=slot)
    await story.breathe()
    assert world.letters(to="p4.1") == ["consent_ask"]
    assert world.recipients("joint_meeting_moved") == ["mediator/mia", "p1.1", "p1.2", "p2.1", "p3.1"]
    await agrees(story)
    assert world.letters(to="p4.1")[-1] == "joint_meeting_booked"
    await ended(story)


async def test_the_other_parent_by_post_misses_the_visit_and_comes_to_the_meeting(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed(days_ahead=9)
    world.admits_by = Channel.POST
    await joins(story, PartyRole.PARENT)
    assert story.by_hand(to="p4.1") == ["consent_ask p4.1"]
    assert [ask.by_post for ask in world.journey.open_asks("consent")] == [True]
    await story.seen_to()
    await story.act("answer_consent", party="p4", yes=True, how="letter")
    await story.breathe()
    assert story.by_hand() == ["consent_receipt p4.1", "joint_meeting_booked p4.1"]
    await story.seen_to()
    late = await story.slot(15)  # after the joint meeting: no sooner date suits
    await story.act("offer_visit_dates", mediator("mia"), party="p4", slots=[late])
    await story.act("choose_visit_date", party="p4", start=late.start, how="phone")
    await story.until(slot.start + timedelta(hours=3))
    await story.seen_to()
    present = ["p1.1", "p2.1", "p3.1", "p4.1"]
    met: dict[str, Any] = {"present": present, "outcome": "full"}
    assert await story.refused("record_joint_meeting", mediator("mia"), **met) == "not_signed", "asked or not"
    await story.act("record_joint_meeting", mediator("mia"), signed_in_room=["p4"], **met)
    await story.breathe()
    assert stage(world) == Stage.AGREEMENT
    visit = world.journey.meeting("visit/p4/1")
    assert visit
    assert visit.status == MeetingStatus.CANCELLED
    assert story.by_hand() == ["sign_receipt p4.1", "visit_cancelled p4.1"]
    assert [task.key for task in world.journey.tasks if "visit_dates" in task.key] == []
    await story.seen_to()
    await ended_by_hand(story)


async def test_nobody_meets_without_their_agreement(story: Story, world: World) -> None:
    """The others met as it was booked, and the one who joined has not answered: it is no end of this mediation."""
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed(days_ahead=8)
    await joins(story)
    await story.until(slot.start + timedelta(hours=2))
    assert world.letters(to="p4.1") == ["consent_ask", "consent_remind", "consent_remind"]
    world.admits = "p5.1"
    assert await story.refused("add_party", role="school", permitted=True) == "record_it_first"
    record = {"present": ["p1.1", "p2.1", "p3.1"]}
    for outcome in ("full", "partial", "none"):
        refusal = await story.refused("record_joint_meeting", mediator("mia"), outcome=outcome, **record)
        assert refusal == "not_agreed_yet"
    await story.act("record_joint_meeting", mediator("mia"), outcome="another", **record)
    await story.breathe()
    half_days = world.journey.meetings[-1].half_days[:3]
    for party in ("p1", "p2", "p3"):
        await story.act("give_availability", party=party, half_days=half_days, how="phone")
    await story.breathe()
    assert world.journey.open_ask("joint_date/2") is None
    assert world.letters(to="p4.1", kind="availability") == []
    await agrees(story)
    await visited(story)
    await story.act("give_availability", party="p4", half_days=[], how="phone")
    await story.breathe()
    assert world.journey.open_ask("joint_date/2")
    await ended(story)


async def test_a_date_fixed_without_them_ends_the_question_when_they_can_come(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.breathe()
    half_days = world.journey.meetings[-1].half_days[:3]
    for party in ("p1", "p2", "p3"):
        await story.act("give_availability", party=party, half_days=half_days, how="phone")
    await story.breathe()
    await joins(story)
    await agrees(story)
    await visited(story)
    assert world.journey.open_ask("availability/p4/1")
    slot = await story.slot(6)
    await story.act("fix_joint_meeting", slot=slot, venue="library")
    await story.breathe()
    assert world.journey.open_ask("availability/p4/1") is None
    assert "p4.1" in world.recipients("joint_meeting_booked")
    await story.until(slot.start + timedelta(hours=2))
    assert "availability_remind" not in world.letters(to="p4.1")
    await ended(story)


async def test_their_no_ends_the_case_as_anybodys_does(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.joint_meeting_fixed(days_ahead=12)
    await joins(story)
    await agrees(story, yes=False)
    assert await story.closing() == Closing(reason=ClosingReason.NOT_AGREED, who="p4")
    assert world.recipients("joint_meeting_cancelled") == ["mediator/mia", "p1.1", "p2.1", "p3.1"]
    assert world.recipients("closed_not_agreed") == ["p1.1", "p2.1", "p3.1", "p4.1"]


async def test_silent_to_the_end_a_manager_decides(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await joins(story)
    await story.working_days(14)
    assert world.letters(to="p4.1") == ["consent_ask", *["consent_remind"] * 3]
    assert {"phone/consent/p4/1", "decide/consent/p4"} <= set(world.tasks())
    await story.act("decide_on_silence", MANAGER, ask="consent/p4", decision="close")
    assert await story.closing() == Closing(reason=ClosingReason.NOT_CONTACTABLE, who="p4")
    assert world.journey.asks == []


async def test_one_added_by_mistake_is_told_and_the_case_goes_on(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await joins(story)
    await story.working_days(4)
    assert world.letters(to="p4.1") == ["consent_ask", "consent_remind"]
    assert await story.refused("remove_party", party="p2") == "has_answered"
    assert await story.refused("remove_party", party="p1") == "cannot_do_without"
    assert await story.refused("remove_party", mediator("mia"), party="p4") == "not_yours"
    await story.act("remove_party", party="p4")
    await story.breathe()
    assert world.letters(to="p4.1") == ["consent_ask", "consent_remind", "no_longer_part"]
    assert await story.refused("answer_consent", person("p4.1"), party="p4", yes=False, how="link") == "not_yours"
    assert await story.refused("remove_party", party="p4") == "no_such_party"
    await story.everyone_visited()
    await story.breathe()
    assert stage(world) == Stage.JOINT_MEETING
    assert world.recipients("availability_ask") == ["p1.1", "p2.1", "p3.1"]
    assert world.letters(kind="party_joined") == [], "the others have heard nothing of it"
    await story.working_days(5)
    assert world.letters(to="p4.1")[-1] == "no_longer_part"
    world.admits = "p5.1"
    await joins(story)
    assert [party.key for party in world.journey.parties] == ["p1", "p2", "p3", "p5"]
    await ended(story)
    assert "p4.1" not in world.recipients("closed_withdrawn")


async def test_the_last_one_waited_for_is_taken_out(story: Story, world: World) -> None:
    """Also a party of the referral: the wrong school was named."""
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.act("answer_consent", person("p3.1"), party="p3", yes=True, how="link")
    await story.act("remove_party", party="p2")
    await story.breathe()
    assert stage(world) == Stage.ALLOCATION
    assert world.letters(to="p2.1") == ["consent_ask", "no_longer_part"]
    assert await story.refused("remove_party", party="p3") == "cannot_do_without"
    await ended(story)


async def test_one_to_whom_nothing_has_gone_hears_nothing(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await story.until((await story.now()).replace(hour=20))
    await joins(story)  # in the evening: the letter waits for the morning
    await story.act("remove_party", party="p4")
    await story.days(2)
    assert world.letters(to="p4.1") == []
    assert "p4" in world.journey.left
    await ended(story)


async def test_a_withdrawal_while_they_are_asked(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.joint_meeting_fixed(days_ahead=12)
    await joins(story)
    await story.act("withdraw", person("p2.1"), party="p2", how="link")
    assert await story.closing() == Closing(reason=ClosingReason.WITHDRAWN, who="p2")
    assert world.recipients("closed_withdrawn") == ["p1.1", "p3.1", "p4.1"]
    assert world.journey.asks == []


async def test_a_case_that_ends_while_they_are_admitted_never_had_them(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.act("withdraw", party="p1", how="phone")
    world.file_away, world.admits = True, "p4.1"
    refusal = asyncio.create_task(story.refused("add_party", role="school", permitted=True))
    await story.until(await story.now() + timedelta(minutes=11))
    world.file_away = False
    assert await refusal == "ended"
    await story.closing()
    assert world.journey.left == ["p4", "p4.1"], "the case file has them, and shows them to nobody"
    assert world.letters(to="p4.1") == []


async def test_whoever_joined_may_leave_before_they_have_agreed(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await joins(story)
    await story.act("withdraw", person("p4.1"), party="p4", how="link")
    assert await story.closing() == Closing(reason=ClosingReason.WITHDRAWN, who="p4")
    assert world.letters(to="p4.1") == ["consent_ask", "withdrawal_receipt"]


async def test_a_paused_case_asks_them_when_it_is_resumed(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await story.act("pause")
    await joins(story)
    await story.days(10)
    assert world.letters(to="p4.1") == []
    await story.act("resume")
    await story.breathe()
    assert world.letters(to="p4.1") == ["consent_ask"]
    await ended(story)


async def test_on_a_safeguarding_hold_nobody_is_invited(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.joint_meeting_fixed(days_ahead=14)
    await joins(story)
    await story.act("hold")
    await agrees(story)
    await story.days(2)
    assert world.letters(to="p4.1") == ["consent_ask", "consent_receipt"]
    assert world.letters(kind="party_joined") == []
    await story.act("release", GUARDIAN)
    await story.breathe()
    assert "joint_meeting_booked" in world.letters(to="p4.1")
    await ended(story)


async def test_another_mediator_while_they_are_visited(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.joint_meeting_fixed(days_ahead=14)
    await joins(story)
    await agrees(story)
    await story.act("replace_mediator", mediator="mia", why="unavailable")
    await story.act("offer_mediator", mediator="noor")
    await story.breathe()
    await story.act("answer_allocation", mediator("noor"), offer=2, accepts=True)
    await story.breathe()
    assert world.letters(to="mediator/noor", about="visit_dates/p4/1") == ["staff_task"]
    assert world.recipients("mediator_changed") == ["p1.1", "p2.1", "p3.1", "p4.1"]
    await ended(story)


async def test_what_the_case_file_has_against_them_changes_nothing(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    before = world.journey
    for refusal in ("conflict_with_them", "their_venue", "already_a_party", "address_taken"):
        world.verdicts["party"] = Verdict(refusal=refusal)
        assert await story.refused("add_party", role="school", permitted=True) == refusal
    world.verdicts.clear()
    assert await story.refused("add_party", role="school", permitted=True) == "name_missing"
    assert world.journey.parties == before.parties
    await story.met()
    assert await story.refused("add_party", role="school", permitted=True) == "too_late_to_join"
    await ended(story)


# People who come along


async def test_a_supporter_by_text_is_invited_and_no_longer_comes(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed(days_ahead=9)
    world.admits, world.admits_by = "p1.2", Channel.TEXT
    await story.act("add_supporter", party="p1")
    await story.breathe()
    assert world.letters(to="p1.2") == ["joint_meeting_booked"]
    [supporter] = [one for one in world.journey.parties[0].people if one.key == "p1.2"]
    assert supporter.channel == Channel.TEXT
    assert await story.refused("remove_person", person="p1.1") == "speaks_for_them"
    assert await story.refused("remove_person", person="p1.9") == "no_such_person"
    await story.act("remove_person", mediator("mia"), person="p1.2")
    await story.breathe()
    assert world.letters(to="p1.2") == ["joint_meeting_booked", "no_longer_part"]
    assert world.calendar["joint_meeting/1"].slot == slot, "the meeting takes place"
    assert world.letters(kind="joint_meeting_cancelled") == []
    await story.until(slot.start + timedelta(hours=1))
    assert world.letters(to="p1.2") == ["joint_meeting_booked", "no_longer_part"]
    await ended(story)


async def test_an_invitation_that_nobody_has_posted_yet_is_not_posted_any_more(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.joint_meeting_fixed(days_ahead=9)
    world.admits, world.admits_by = "p1.2", Channel.POST
    await story.act("add_supporter", party="p1")
    await story.breathe()
    assert story.by_hand() == ["joint_meeting_booked p1.2"]
    await story.act("remove_person", person="p1.2")
    await story.breathe()
    assert story.by_hand() == ["no_longer_part p1.2"]
    await story.seen_to()
    await ended(story)
