"""What may happen to a case, happens to one case: parties that join, cases that are opened again, wrong clicks, missed
meetings, letters that come back, other targets, papers and signatures, one upon the other."""

from datetime import timedelta

from domain.commands import MAILBOX
from domain.journey import MeetingStatus
from domain.papers import PaperState
from domain.parties import Channel, PartyRole
from domain.policy import STANDARD_LADDERS, Do, Rung
from domain.stages import Closing, ClosingReason, Stage
from tests.workflows.telling import (
    agrees,
    ended,
    joins,
    missed_joint_meeting,
    missed_visit,
    morning_before,
    paper,
    passed,
    ready_to_visit,
    released,
    reopened,
    stage,
    visited,
)
from tests.workflows.world import DAY, GUARDIAN, MANAGER, Story, World, mediator, person

MIA = mediator("mia")


def open_asks(world: World) -> list[str]:
    return sorted(ask.key for ask in world.journey.asks)


async def withdraws(story: Story, party: str) -> None:
    """And everyone is told."""
    await story.act("withdraw", person(f"{party}.1"), party=party, how="link")
    await passed(story, 5)


async def everyone_can_come(story: Story, *parties: str) -> None:
    await story.breathe()
    half_days = story.world.journey.meetings[-1].half_days[:3]
    for party in parties:
        await story.act("give_availability", party=party, half_days=half_days, how="phone")
    await story.breathe()


# Opened again, with parties that joined


async def test_one_that_joined_late_is_not_asked_about_a_meeting_of_the_past(story: Story, world: World) -> None:
    """It joined when the date stood already; another party withdrew, and thought again."""
    await story.up_to_the_joint_meeting()
    await story.joint_meeting_fixed(days_ahead=14)
    await joins(story)
    await agrees(story)
    await visited(story)
    await withdraws(story, "p2")
    assert "p4.1" in world.recipients("closed_withdrawn")
    await reopened(story)
    assert open_asks(world) == ["consent/p2"]
    await agrees(story, "p2")
    assert stage(world) == Stage.JOINT_MEETING
    availability = [f"availability/p{n}/2" for n in (1, 2, 3, 4)]
    assert open_asks(world) == [*availability, "sign/p4"], "visited once, and asked about dates that can still be"
    assert world.counted()["party_joined"] == 3
    assert world.recipients("case_reopened") == ["mediator/mia", "p1.1", "p2.1", "p3.1", "p4.1"]
    assert world.letters(to="p4.1", kind="visit_choice_ask") == ["visit_choice_ask"]
    await ended(story)


async def test_the_others_hear_of_one_that_agrees_after_the_case_was_opened_again(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await joins(story)
    await withdraws(story, "p4")  # it will not even be asked
    await reopened(story)
    assert open_asks(world) == ["consent/p4"]
    assert world.letters(to="p4.1", kind="consent") == ["consent_ask", "consent_ask"]
    await agrees(story)
    assert world.recipients("party_joined") == ["p1.1", "p2.1", "p3.1"]
    assert stage(world) == Stage.INITIAL_VISITS
    await visited(story)
    assert stage(world) == Stage.JOINT_MEETING
    assert "availability/p4/2" in open_asks(world)
    await ended(story)


async def test_who_joins_a_case_that_was_opened_again_is_not_asked_about_the_past(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.joint_meeting_fixed()
    await withdraws(story, "p2")
    await reopened(story)
    await joins(story)
    await agrees(story)
    assert stage(world) == Stage.CONSENT
    await agrees(story, "p2")
    await visited(story)
    assert open_asks(world) == sorted(["sign/p4", *(f"availability/p{n}/2" for n in (1, 2, 3, 4))])
    assert world.recipients("party_joined") == ["p1.1", "p3.1"], "the school takes part only since"
    await ended(story)


async def test_a_visit_that_was_left_off_is_not_looked_for_when_the_case_is_opened_again(
    story: Story, world: World
) -> None:
    """Everyone has met, and an agreement is being carried out when somebody withdraws."""
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed(days_ahead=8)
    await joins(story)
    await agrees(story)
    await story.until(slot.start + timedelta(hours=2))
    present = ["p1.1", "p2.1", "p3.1"]
    await story.act("record_joint_meeting", MIA, present=present, outcome="full")
    await story.agreement_written()
    assert stage(world) == Stage.ACTIONS
    await withdraws(story, "p2")
    await reopened(story)
    await agrees(story, "p2")
    assert stage(world) == Stage.ACTIONS
    assert not [key for key in open_asks(world) if key.startswith(("visit", "sign", "availability"))]
    assert world.recipients("agreement_copy") == present, "nobody gets another one"
    assert world.letters(kind="sign_ask", to="p4.1") == []
    for action in (1, 2):
        await story.act("record_action", MIA, action=action, done=True, how="phone")
    assert (await story.closing()).reason == ClosingReason.AGREEMENT_FULL


# Opened again, after missed meetings


async def test_opened_again_after_a_second_missed_visit(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await missed_visit(story, "p1")
    await missed_visit(story, "p1")
    await story.working_days(1)
    await story.act("decide_on_silence", MANAGER, ask="no_show/p1/visit/2", decision="close")
    await passed(story, 16)
    assert world.journey.closing == Closing(reason=ClosingReason.NOT_CONTACTABLE, who="p1")
    await reopened(story)
    assert stage(world) == Stage.INITIAL_VISITS
    assert "visit_dates/p1/3" in world.tasks()
    assert not [task for task in world.tasks() if task.startswith(("phone/", "decide/"))]
    assert world.recipients("visit_missed") == ["p1.1", "p1.1"], "one for each that was missed"
    await story.working_days(2)
    assert not [task for task in world.tasks() if "no_show" in task]
    await ended(story)


async def test_a_missed_joint_meeting_is_not_followed_up_again_after_a_withdrawal(story: Story, world: World) -> None:
    """It was missed long ago; since then the school has withdrawn, and come back."""
    await story.up_to_the_joint_meeting()
    await missed_joint_meeting(story, "p3")
    await story.act("tick_task", task="phone/no_show/p3/joint_meeting/1/1")
    await withdraws(story, "p2")
    await reopened(story)
    await agrees(story, "p2")
    assert [key for key in open_asks(world) if not key.startswith("availability")] == []
    assert not [task for task in world.tasks() if "no_show" in task]
    assert world.recipients("joint_meeting_missed") == ["p3.1"]
    assert world.queued("joint_meeting/1").count("joint_meeting_not_held") == 2
    await ended(story)


# Opened again, with signatures and papers


async def test_signatures_stand_and_papers_go_before_the_new_meeting(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await story.only_visited()
    await story.signs("p1")
    key = await released(story, "p1")
    world.scanner = "away"
    unchecked = await released(story, "p3")
    await story.joint_meeting_fixed(days_ahead=14)
    await withdraws(story, "p2")
    await reopened(story)
    await agrees(story, "p2")
    assert [one.party for one in world.journey.signatures] == ["p1"]
    assert [key for key in open_asks(world) if key.startswith("sign")] == ["sign/p2", "sign/p3"]
    assert world.letters(kind="sign_ask", to="p1.1") == ["sign_ask"]
    await everyone_can_come(story, "p1", "p2", "p3")
    slot = await story.slot(12)
    await story.act("fix_joint_meeting", slot=slot, venue="library")
    world.scanner = "clean"
    await story.until(morning_before(story, slot) + timedelta(minutes=1))
    assert [paper(world, one).state for one in (key, unchecked)] == [PaperState.EXCHANGED] * 2
    assert world.recipients("papers_to_read") == ["p1.1", "p2.1", "p3.1"]
    assert not [task for task in world.journey.tasks if task.kind == "paper_unchecked"]
    await ended(story)


async def test_a_letter_that_was_posted_before_the_end_comes_back_after_it(story: Story, world: World) -> None:
    world.known["p3.1"] = [Channel.PHONE]
    await story.refer(channels={"p3": Channel.POST})
    await story.explained_and_permitted()
    await story.breathe()
    await story.seen_to()
    await story.act("withdraw", person("p2.1"), party="p2", how="link")
    await story.breathe()
    await story.seen_to()
    await reopened(story)
    returned = {"kind_of_letter": "consent_ask", "about": "consent/p3", "to": "p3.1", "number": 1}
    await story.act("report_returned_letter", **returned)  # type: ignore[arg-type]
    await story.breathe()
    assert world.journey.bad_channels("p3.1") == [Channel.POST]
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.breathe()
    await story.seen_to()
    for task in world.tasks():
        await story.act("tick_task", task=task)
    await story.closing()


# Wrong clicks


async def test_a_consent_is_taken_back_while_another_party_comes_in(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.act("answer_consent", person("p3.1"), party="p3", yes=True, how="link")
    await joins(story)
    await story.act("answer_consent", party="p2", yes=True, how="phone")
    await story.breathe()
    await story.act("correct_record", record="consent/p2", answer="not_yet")
    await agrees(story)
    assert (stage(world), open_asks(world)) == (Stage.CONSENT, ["consent/p2"])
    await story.act("correct_record", record="consent/p4", answer="not_yet")
    await agrees(story, "p2")
    assert (stage(world), open_asks(world)) == (Stage.CONSENT, ["consent/p4"])
    await agrees(story)
    assert stage(world) == Stage.ALLOCATION
    assert len([key for key in world.tasks() if key.startswith("mediator_choice")]) == 1
    assert world.recipients("party_joined").count("p3.1") == 1
    assert world.recipients("correction") == ["p2.1", "p4.1"]
    await ended(story)


async def test_a_yes_is_taken_back_during_a_hold_and_they_are_introduced_once(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await joins(story)
    await story.act("hold")
    await agrees(story)
    await story.act("correct_record", record="consent/p4", answer="not_yet")
    await story.everyone_consents()
    await story.act("release", GUARDIAN)
    await story.breathe()
    assert world.letters(kind="party_joined") == [], "they have not agreed"
    await agrees(story)
    assert world.recipients("party_joined") == ["p1.1", "p2.1", "p3.1"]
    assert stage(world) == Stage.ALLOCATION
    await ended(story)


async def test_the_answer_of_one_that_was_taken_out_is_no_record(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await joins(story)
    await story.act("remove_party", party="p4")
    for answer in ("not_yet", "no"):
        assert await story.refused("correct_record", record="consent/p4", answer=answer) == "gone_on"
    await story.everyone_consents()
    await story.breathe()
    assert stage(world) == Stage.ALLOCATION
    await ended(story)


async def test_a_visit_to_be_held_again_is_left_off_when_everyone_has_met(story: Story, world: World) -> None:
    """Otherwise the case would wait for it for ever."""
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed()
    await story.act("correct_record", MIA, record="visit/p3/1", answer="no_show")
    await story.breathe()
    assert "visit_dates/p3/2" in world.tasks()
    await story.until(slot.start + timedelta(hours=2))
    await story.act("record_joint_meeting", MIA, present=["p1.1", "p2.1", "p3.1"], outcome="full")
    await story.agreement_written()
    assert not [key for key in [*world.tasks(), *open_asks(world)] if key.startswith("visit")]
    for action in (1, 2):
        await story.act("record_action", MIA, action=action, done=True, how="phone")
    assert (await story.closing()).reason == ClosingReason.AGREEMENT_FULL


async def test_no_agreement_is_undone_then_full_with_signatures_and_amended(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await story.only_visited()
    world.admits = "p1.2"
    await story.act("add_supporter", party="p1")
    slot = await story.joint_meeting_fixed()
    await story.until(slot.start + timedelta(hours=2))
    present = ["p1.1", "p2.1", "p3.1"]
    signed = {"signed_in_room": ["p1", "p2", "p3"]}
    before = world.journey.model_dump()
    await story.act("record_joint_meeting", MIA, present=present, outcome="none", **signed)
    assert world.journey.signatures == [], "nothing is recorded before it takes effect"
    await passed(story, 8)
    await story.act("undo", MIA)
    assert world.journey.model_dump() == before
    await story.act("record_joint_meeting", MIA, present=present, outcome="full", **signed)
    await passed(story, 11)
    assert stage(world) == Stage.AGREEMENT
    assert world.recipients("sign_receipt") == present
    await story.act("remove_person", person="p1.2")
    await story.agreement_written()
    assert world.recipients("agreement_copy") == present, "the supporter was not there"
    terms = [{"owner": "p2", "by": slot.start.date() + 40 * DAY}, {"owner": "p3", "by": slot.start.date() + 41 * DAY}]
    await story.act("amend_agreement", MIA, version=1, terms=terms, outcome="partial")
    await story.breathe()
    assert world.recipients("agreement_copy") == sorted(present * 2)
    await ended(story)


async def test_no_agreement_was_a_mistake_that_is_seen_a_day_later(story: Story, world: World) -> None:
    """The case is opened again, and the record is put right."""
    await story.up_to_the_joint_meeting()
    await story.met("none")
    await passed(story, 16)
    await story.woken()
    await story.act("reopen_case", MANAGER)
    await passed(story, 11)
    assert stage(world) == Stage.JOINT_MEETING
    await story.act("correct_record", MIA, record="joint_meeting/1", answer="full")
    await story.breathe()
    assert stage(world) == Stage.AGREEMENT
    await story.agreement_written()
    assert world.recipients("agreement_copy") == ["p1.1", "p2.1", "p3.1"]
    await ended(story)


async def test_a_record_is_not_corrected_past_one_that_has_not_agreed_or_signed(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.met("another")
    await joins(story)
    held = {"record": "joint_meeting/1", "answer": "full"}
    assert await story.refused("correct_record", MIA, **held) == "not_agreed_yet"
    await story.act("remove_party", party="p4")
    await story.act("take_back_signature", MIA, party="p2")
    assert await story.refused("correct_record", MIA, **held) == "not_signed"
    await story.signs("p2")
    await story.act("correct_record", MIA, **held)
    await story.breathe()
    assert stage(world) == Stage.AGREEMENT
    await ended(story)


async def test_who_was_there_and_no_longer_comes_stays_in_the_record(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    world.admits, world.admits_by = "p1.2", Channel.POST
    await story.act("add_supporter", party="p1")
    present = ["p1.1", "p1.2", "p2.1"]
    slot = await story.joint_meeting_fixed()
    await story.breathe()
    await story.seen_to()
    await story.until(slot.start + timedelta(hours=2))
    await story.act("record_joint_meeting", MIA, present=present, outcome="full")
    await story.act("remove_person", person="p1.2")
    await story.act("correct_record", MIA, record="joint_meeting/1", answer="full", present=[*present, "p3.1"])
    await story.agreement_written()
    assert story.by_hand(to="p1.2") == ["agreement_copy p1.2"], "it is posted to them"
    await story.seen_to()
    await ended(story)


# Papers of who joined, and of who was taken out


async def test_papers_of_one_that_was_taken_out_go_to_nobody(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed(days_ahead=12)
    await joins(story)
    key = await released(story, "p4")
    world.bad_addresses.append("p4.1")
    world.known["p4.1"] = [Channel.TEXT]
    bounce = {"kind_of_letter": "consent_ask", "about": "consent/p4", "to": "p4.1", "number": 1}
    await story.act("report_bounce", MAILBOX, **bounce)
    assert "address/p4.1/email" in world.tasks()
    await story.act("remove_party", party="p4")
    await story.until(slot.start - timedelta(hours=1))
    assert paper(world, key).state == PaperState.RELEASED
    assert world.recipients("papers_to_read") == []
    assert world.journey.exchange_at is None
    assert "address/p4.1/email" not in world.tasks(), "nobody need find out their address"
    assert world.letters(to="p4.1", kind="joint") == []
    await ended(story)


async def test_one_that_joins_reads_the_papers_when_it_has_agreed(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed(days_ahead=9)
    key = await released(story, "p1")
    await joins(story)
    await story.until(morning_before(story, slot) + timedelta(minutes=1))
    assert paper(world, key).state == PaperState.EXCHANGED
    assert world.recipients("papers_to_read") == ["p2.1", "p3.1"], "they have not agreed to keep them private"
    assert paper(world, key).kept_from == ["p4"], "whoever let the others have it did not think of them"
    await released(story, "p2")
    await story.until(await story.now() + timedelta(minutes=11))
    assert world.recipients("papers_to_read") == ["p1.1", "p2.1", "p3.1", "p3.1"]
    await agrees(story)
    assert world.recipients("papers_to_read") == ["p1.1", "p2.1", "p3.1", "p3.1", "p4.1"]
    await ended(story)


# Letters that come back, other targets, another contact


async def test_a_bounce_other_targets_and_another_contact(story: Story, world: World) -> None:
    """In the midst of the question for dates and of the question for a signature."""
    world.known["p2.1"] = [Channel.POST]
    await ready_to_visit(story)
    await story.only_visited()
    await story.working_days(2)
    assert world.letters(to="p2.1", kind="availability") == ["availability_ask", "availability_remind"]
    bounce = {"about": "availability/p2/1", "to": "p2.1", "number": 1}
    await story.act("report_bounce", MAILBOX, kind_of_letter="availability_remind", **bounce)
    await story.breathe()
    assert story.by_hand(to="p2.1") == ["availability_remind p2.1"], "the signature is asked for by the next reminder"
    asks = {ask.key: ask for ask in world.journey.asks}
    assert [asks[key].by_post for key in ("availability/p2/1", "sign/p2")] == [True, True]
    await story.seen_to()
    chased = [Rung(do=Do.ASK), Rung(do=Do.REMIND, after=1), *STANDARD_LADDERS["availability"][3:]]
    policy = story.policy.model_copy(
        update={"name": "faster", "ladders": {**story.policy.ladders, "availability": chased}}
    )
    before = world.counted()
    await story.act("change_policy", MANAGER, policy=policy)
    await story.breathe()
    assert world.counted() == before, "nothing leaves because the targets have changed"
    assert story.by_hand(to="p2.1") == []
    world.admits = "p2.2"
    await story.act("replace_contact", party="p2")
    await story.breathe()
    assert sorted(world.letters(to="p2.2")) == ["availability_ask", "sign_ask"]
    assert not [task for task in world.tasks() if task.startswith("address/")]
    assert [ask.by_post for ask in world.journey.asks if ask.of == "p2"] == [False, False]
    await story.working_days(2)
    assert world.letters(to="p2.2", kind="availability") == ["availability_ask", "availability_remind"]
    assert story.by_hand(to="p2.1") == []
    await ended(story)


# Another mediator, a pause, a hold


async def test_another_mediator_while_they_sign_and_a_visit_is_booked(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await story.only_visited()
    await story.joint_meeting_fixed(days_ahead=14)
    await joins(story)
    await agrees(story)
    await story.visit_booked("p4", days_ahead=6)
    await story.act("replace_mediator", mediator="mia", why="unavailable")
    await story.act("offer_mediator", mediator="noor")
    await story.breathe()
    await story.act("answer_allocation", mediator("noor"), offer=2, accepts=True)
    await story.breathe()
    visit = world.journey.meeting("visit/p4/1")
    assert visit
    assert visit.status == MeetingStatus.BOOKED
    assert world.calendar["visit/p4/1"].resources == ["mediator/noor"]
    assert world.letters(kind="visit_booked", to="p4.1") == ["visit_booked"]
    assert sorted(world.letters(to="mediator/noor", kind="visit_booked")) == ["visit_booked"]
    assert visit.slot
    await story.until(visit.slot.start + timedelta(hours=2))
    await story.visit_held("p4", "noor")
    await story.everyone_signs()
    await story.breathe()
    assert world.journey.unsigned == []
    assert world.counted()["sign_ask"] == 4
    await ended(story)


async def test_paused_and_held_while_papers_are_due_letters_bounce_and_a_party_joins(
    story: Story, world: World
) -> None:
    await story.up_to_the_joint_meeting()
    world.known["p2.1"] = [Channel.TEXT]
    slot = await story.joint_meeting_fixed(days_ahead=12)
    key = await released(story, "p1")
    await story.act("pause")
    await story.act("hold")
    await joins(story)
    notice = {"kind_of_letter": "joint_meeting_booked", "about": "joint_meeting/1", "to": "p2.1", "number": 1}
    await story.act("report_bounce", MAILBOX, **notice)
    await story.act("correct_record", MIA, record="visit/p3/1", answer="no_show")
    await agrees(story)
    before = len(world.sent)
    await story.until(morning_before(story, slot, 4) + timedelta(hours=2))
    assert len(world.sent) == before, "nothing leaves unprompted"
    assert paper(world, key).state == PaperState.RELEASED
    await story.act("release", GUARDIAN)
    await story.breathe()
    assert world.recipients("papers_to_read") == [], "it is still paused"
    assert world.letters(to="p4.1") == ["consent_receipt", "joint_meeting_booked"], "it agreed before it was asked"
    await story.act("resume")
    await passed(story, 2)
    assert world.recipients("papers_to_read") == ["p2.1", "p3.1"], "it was released before the other party joined"
    assert world.recipients("visit_missed") == ["p3.1"]
    assert world.recipients("party_joined") == ["p1.1", "p2.1", "p3.1"]
    await ended(story)


# Duplicates


async def test_a_duplicate_undone_then_closed_and_opened_again_with_a_party_that_joined(
    story: Story, world: World
) -> None:
    await ready_to_visit(story)
    await joins(story, PartyRole.HEALTH_BODY)
    await story.act("link_cases", other="SM-2026-00007", link="duplicate")
    await passed(story, 5)
    await story.act("undo")
    assert (world.linked, stage(world)) == ([], Stage.INITIAL_VISITS)
    await story.act("link_cases", other="SM-2026-00007", link="duplicate")
    await passed(story, 16)
    assert world.recipients("closed_by_service") == ["p1.1", "p2.1", "p3.1", "p4.1"]
    await story.woken()
    assert await story.refused("reopen_case") == "goes_on_elsewhere"
    await story.act("unlink_cases", other="SM-2026-00007")
    await reopened(story)
    assert stage(world) == Stage.CONSENT, "the health body has not agreed"
    await agrees(story)
    assert stage(world) == Stage.INITIAL_VISITS
    assert sorted(key for key in world.tasks() if key.startswith("visit_dates")) == [
        f"visit_dates/p{n}/1" for n in (1, 2, 3, 4)
    ]
    await ended(story)
