"""Wrong clicks: what was recorded wrongly is corrected with a reason, at whatever moment it is seen; the history stays,
nothing is sent twice, and whoever was misled is told (docs/decisions/0003-corrections.md)."""

from datetime import timedelta
from typing import Any

from domain.journey import Event, MeetingStatus
from domain.parties import Channel, PartyRole
from domain.stages import Closing, ClosingReason, Stage
from tests.workflows.telling import ended, ready_to_visit, stage
from tests.workflows.world import COORDINATOR, DAY, MANAGER, Story, World, mediator, person
from workflows.neighbours import Verdict

MIA = mediator("mia")
MINUTES_TO_REGRET = timedelta(minutes=11)


def corrections(world: World) -> list[Event]:
    return [event for filing in world.filings for event in filing.events if event.what == "correct_record"]


async def in_the_actions(story: Story, **met: Any) -> None:
    await story.up_to_the_joint_meeting()
    await story.met(**met)
    await story.agreement_written()
    assert stage(story.world) == Stage.ACTIONS


# Consent


async def test_consent_that_was_entered_for_the_wrong_school(story: Story, world: World) -> None:
    """Of two schools, the second one rang, and the first was ticked."""
    await story.refer(PartyRole.SCHOOL, PartyRole.SCHOOL)
    await story.explained_and_permitted()
    await story.working_days(4)
    assert world.letters(to="p2.1") == ["consent_ask", "consent_remind"]
    await story.act("answer_consent", party="p2", yes=True, how="phone")
    await story.breathe()
    await story.act("correct_record", record="consent/p2", answer="not_yet")
    await story.act("answer_consent", party="p3", yes=True, how="phone")
    await story.breathe()
    assert stage(world) == Stage.CONSENT, "the first school has not agreed"
    assert world.letters(to="p2.1")[2:] == ["consent_receipt", "correction"]
    assert [ask.key for ask in world.journey.asks] == ["consent/p2"]
    await story.working_days(3)
    assert world.letters(to="p2.1").count("consent_ask") == 1, "asked again from the first reminder"
    assert world.letters(to="p2.1").count("consent_remind") == 2
    await story.act("answer_consent", person("p2.1"), party="p2", yes=True, how="link")
    await story.breathe()
    assert stage(world) == Stage.ALLOCATION
    assert world.letters(to="p2.1")[-1] == "consent_receipt", "their own yes has its own receipt"
    assert corrections(world)[0].detail == {"was": "yes", "answer": "not_yet"}
    await ended(story)


async def test_a_yes_that_was_a_no_ends_the_case_at_any_stage_unless_undone(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.joint_meeting_fixed()
    await story.breathe()
    before, sent = world.journey.model_dump(), len(world.sent)
    await story.act("correct_record", record="consent/p3", answer="no")
    assert await story.refused("correct_record", record="consent/p2", answer="no") == "ending"
    await story.act("undo")
    assert world.journey.model_dump() == before
    assert len(world.sent) == sent, "nobody hears of what was undone"
    await story.act("correct_record", record="consent/p3", answer="no")
    assert await story.closing() == Closing(reason=ClosingReason.NOT_AGREED, who="p3")
    assert world.letters(kind="joint_meeting_cancelled") == ["joint_meeting_cancelled"] * 4
    assert world.recipients("closed_not_agreed") == ["p1.1", "p2.1", "p3.1"]


async def test_an_answer_cannot_be_taken_back_after_its_step(story: Story, world: World) -> None:
    await ready_to_visit(story)
    for record in ("consent/p2", "permission"):
        assert await story.refused("correct_record", record=record, answer="not_yet") == "gone_on"
    for record, code in (
        ("explaining_call", "gone_on"),
        ("acceptance/1", "replace_instead"),
        ("feedback/p1", "not_recorded"),
        ("consent/p1", "not_recorded"),
        ("nonsense", "not_recorded"),
    ):
        assert await story.refused("correct_record", record=record, answer="no") == code
    assert await story.refused("correct_record", record="consent/p2", answer="yes") == "as_before"
    assert await story.refused("correct_record", record="consent/p2", answer="perhaps") == "cannot_become"
    assert await story.refused("correct_record", MIA, record="consent/p2", answer="no") == "not_yours"
    assert world.letters(kind="correction") == []
    await ended(story)


async def test_what_came_by_post_before_it_was_asked_is_taken_back_silently(story: Story, world: World) -> None:
    await story.refer()
    await story.act("answer_consent", party="p2", yes=False, how="letter")
    await story.act("correct_record", record="consent/p2", answer="yes")
    await story.act("correct_record", record="consent/p2", answer="not_yet", seen=1)
    await story.explained_and_permitted()
    await story.breathe()
    assert world.letters(to="p2.1") == ["consent_ask"]
    await ended(story)


async def test_two_coordinators_correct_the_same_record(story: Story, world: World) -> None:
    """The second one's page still showed the first answer."""
    await story.refer()
    await story.explained_and_permitted()
    await story.act("answer_consent", party="p2", yes=True, how="phone")
    await story.act("correct_record", record="consent/p2", answer="not_yet")
    assert await story.refused("correct_record", MANAGER, record="consent/p2", answer="no") == "corrected_meanwhile"
    assert len(corrections(world)) == 1
    await story.breathe()
    assert world.letters(kind="correction") == ["correction"]
    await ended(story)


async def test_an_explaining_call_that_was_recorded_in_the_wrong_case(story: Story, world: World) -> None:
    await story.refer()
    await story.act("record_explaining_call", outcome="go_on")
    await story.breathe()
    await story.act("correct_record", record="explaining_call", answer="not_yet")
    await story.breathe()
    assert "explaining_call" in world.tasks()
    await story.act("record_permission", person("p1.1"), given=True, how="link")
    await story.breathe()
    assert world.letters(kind="consent_ask") == [], "nothing was explained yet"
    await story.act("record_explaining_call", outcome="go_on")
    await story.breathe()
    assert world.letters(kind="consent_ask") == ["consent_ask"] * 2
    await ended(story)


# The ten minutes, for every answer by which staff end a case


async def test_a_no_that_staff_enter_can_be_undone(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    before = world.journey.model_dump()
    await story.act("answer_consent", party="p2", yes=False, how="phone")
    assert await story.refused("answer_consent", party="p3", yes=False, how="phone") == "ending"
    await story.act("undo")
    assert world.journey.model_dump() == before
    await story.act("answer_consent", party="p2", yes=False, how="phone")
    await story.act("answer_consent", person("p2.1"), party="p2", yes=True, how="link")  # their own word counts
    await story.breathe()
    assert world.journey.ending is None
    await story.env.sleep(MINUTES_TO_REGRET)
    assert world.journey.closing is None
    await ended(story)


async def test_no_agreement_that_was_recorded_by_mistake_can_be_undone(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed()
    await story.until(slot.start + timedelta(hours=2))
    await story.act("record_joint_meeting", MIA, present=["p1.1"], outcome="none")
    await story.act("undo", MIA)
    meeting = world.journey.meeting("joint_meeting/1")
    assert meeting
    assert (meeting.status, meeting.present) == (MeetingStatus.BOOKED, [])
    await story.act("record_joint_meeting", MIA, present=["p1.1", "p2.1"], outcome="full")
    await story.env.sleep(MINUTES_TO_REGRET)
    assert stage(world) == Stage.AGREEMENT
    await ended(story)


# Visits


async def test_a_visit_recorded_as_held_to_which_nobody_came(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.breathe()
    asked = world.letters(kind="availability_ask")
    await story.act("correct_record", MIA, record="visit/p3/1", answer="no_show")
    await story.breathe()
    assert "visit_dates/p3/2" in world.tasks()
    assert world.letters(to="p3.1")[-1] == "visit_missed", "what a no-show is told"
    assert world.letters(kind="correction") == []
    slot = await story.visit_booked("p3", days_ahead=2)
    await story.until(slot.start + timedelta(hours=2))
    await story.act("record_visit", MIA, party="p3", held=True, confidentiality_explained=True)
    await story.breathe()
    assert [meeting.status for meeting in world.journey.meetings if meeting.party == "p3"] == ["no_show", "held"]
    assert world.letters(kind="availability_ask") == asked, "the joint meeting was arranged meanwhile"
    assert await story.refused("correct_record", MIA, record="visit/p3/1", answer="held", seen=1) == "gone_on"
    await ended(story)


async def test_the_joint_meeting_waits_for_a_visit_that_was_not_held_after_all(story: Story, world: World) -> None:
    await ready_to_visit(story)
    slot = await story.visit_booked("p1")
    await story.until(slot.start + timedelta(hours=2))
    await story.visit_held("p1")
    await story.act("correct_record", MIA, record="visit/p1/1", answer="no_show")
    for party in ("p2", "p3"):
        slot = await story.visit_booked(party)
        await story.until(slot.start + timedelta(hours=2))
        await story.act("record_visit", MIA, party=party, held=True, confidentiality_explained=True)
    await story.breathe()
    assert stage(world) == Stage.INITIAL_VISITS
    slot = await story.visit_booked("p1")
    await story.until(slot.start + timedelta(hours=2))
    await story.visit_held("p1")
    await story.breathe()
    assert stage(world) == Stage.JOINT_MEETING
    await ended(story)


async def test_a_visit_that_was_held_although_a_no_show_was_recorded(story: Story, world: World) -> None:
    await ready_to_visit(story)
    for party, what in (("p1", "offered"), ("p2", "booked"), ("p3", "nothing")):
        slot = await story.visit_booked(party)
        await story.until(slot.start + timedelta(hours=2))
        await story.act("record_visit", MIA, party=party, held=False)
        if what != "nothing":
            again = await story.slot(5)
            await story.act("offer_visit_dates", MIA, party=party, slots=[again])
            await story.breathe()
        if what == "booked":
            await story.act("choose_visit_date", person("p2.1"), party=party, start=again.start, how="link")
        await story.act("correct_record", MIA, record=f"visit/{party}/1", answer="held")
    await story.breathe()
    assert stage(world) == Stage.JOINT_MEETING
    assert world.recipients("visit_missed") == world.recipients("correction") == ["p1.1", "p2.1", "p3.1"]
    assert world.recipients("visit_cancelled") == ["mediator/mia", "p2.1"]
    about_visits = [
        task for task in world.journey.tasks if not task.about.startswith("sign/")
    ]  # who has not signed is rung
    assert not [task for task in about_visits if task.kind == "phone" or task.kind.startswith("visit")]
    assert not [ask for ask in world.journey.asks if ask.kind.startswith("visit")]
    assert list(world.calendar) == [f"visit/{party}/1" for party in ("p1", "p2", "p3")]
    await ended(story)


async def test_a_visit_whose_other_date_has_begun_is_recorded_there(story: Story, world: World) -> None:
    await ready_to_visit(story)
    for _ in range(2):
        slot = await story.visit_booked("p1")
        await story.until(slot.start + timedelta(hours=2))
        if not world.journey.facts.get("visit/p1/1"):
            await story.act("record_visit", MIA, party="p1", held=False)
    assert await story.refused("correct_record", MIA, record="visit/p1/1", answer="held") == "has_begun"
    await ended(story)


async def test_an_outcome_is_corrected_only_when_all_who_came_have_signed(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.act("take_back_signature", MIA, party="p2")
    await story.met("another")
    full: dict[str, Any] = {"record": "joint_meeting/1", "answer": "full"}
    assert await story.refused("correct_record", MIA, **full) == "not_signed"
    await story.act("sign_agreement_to_mediate", MIA, party="p2", version=1, how="in_person")
    await story.act("correct_record", MIA, **full)
    await ended(story)


# The joint meeting and its agreement


async def test_full_instead_of_partial_before_the_agreement_is_issued(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.met(outcome="full", present=["p1.1", "p2.1"])
    changed = {"record": "joint_meeting/1", "answer": "partial", "present": ["p1.1", "p2.1", "p3.1"]}
    assert await story.refused("correct_record", MIA, **{**changed, "present": ["p9.9"]}) == "no_such_person"
    assert await story.refused("correct_record", MIA, **{**changed, "present": []}) == "nobody_came"
    await story.act("correct_record", MIA, **changed)
    assert corrections(world)[0].detail == {"was": "full", "answer": "partial", "added": "p3.1"}
    assert await story.refused("correct_record", MIA, **changed, seen=1) == "as_before"
    await story.agreement_written()
    assert world.recipients("agreement_copy") == ["p1.1", "p2.1", "p3.1"]
    for action in (1, 2):
        await story.act("record_action", action=action, done=True, how="phone")
    assert await story.closing() == Closing(reason=ClosingReason.AGREEMENT_PARTIAL)


async def test_somebody_who_was_there_was_forgotten_and_gets_a_copy(story: Story, world: World) -> None:
    await in_the_actions(story, present=["p1.1", "p2.1"])
    joint = {"record": "joint_meeting/1", "answer": "full"}
    code = await story.refused("correct_record", MIA, **{**joint, "answer": "partial"})
    assert code == "cannot_become"
    await story.act("correct_record", MIA, **joint, present=["p2.1", "p3.1"])
    await story.act("correct_record", MIA, **joint, present=["p1.1", "p2.1", "p3.1"], seen=1)
    await story.days(1)
    assert world.recipients("agreement_copy") == ["p1.1", "p2.1", "p3.1"]
    await ended(story)


async def test_another_meeting_was_ticked_and_there_was_an_agreement(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.met(outcome="another")
    await story.days(1)
    half_days = world.journey.meetings[-1].half_days
    answer = {"party": "p2", "half_days": half_days[:2], "how": "link"}
    await story.act("give_availability", person("p2.1"), **answer)
    await story.act("correct_record", MIA, record="joint_meeting/1", answer="full")
    await story.breathe()
    assert stage(world) == Stage.AGREEMENT
    assert world.recipients("correction") == ["p1.1", "p2.1", "p3.1"]
    assert await story.refused("give_availability", person("p2.1"), **answer) == "not_asked"
    await story.agreement_written()
    await story.days(12)
    assert world.recipients("availability_remind") == []
    assert world.recipients("agreement_copy") == ["p1.1", "p2.1", "p3.1"]
    await ended(story)


async def test_a_joint_meeting_that_was_held_although_a_no_show_was_recorded(story: Story, world: World) -> None:
    """A manager was to decide how it goes on."""
    story.policy = story.policy.model_copy(update={"no_shows_before_decision": 1})
    await story.up_to_the_joint_meeting()
    slot = await story.joint_meeting_fixed()
    await story.until(slot.start + timedelta(hours=2))
    missed = {"present": ["p1.1", "p2.1"], "absent": ["p3"], "outcome": "no_show"}
    await story.act("record_joint_meeting", MIA, **missed)
    await story.breathe()
    assert world.recipients("joint_meeting_missed") == ["p3.1"]
    held = {"record": "joint_meeting/1", "answer": "full", "present": ["p1.1", "p2.1", "p3.1"]}
    await story.act("correct_record", MIA, **held)
    await story.breathe()
    meeting = world.journey.meeting("joint_meeting/1")
    assert meeting
    assert (meeting.status, meeting.absent, stage(world)) == (MeetingStatus.HELD, [], Stage.AGREEMENT)
    assert world.recipients("correction") == ["p1.1", "p2.1", "p3.1"]
    assert not [ask for ask in world.journey.asks if ask.kind == "no_show"]
    assert world.letters(kind="availability_ask") == ["availability_ask"] * 3, "no other round was begun"
    await ended(story)


async def test_an_action_that_was_ticked_by_mistake_goes_on_being_followed(story: Story, world: World) -> None:
    await in_the_actions(story)
    await story.act("record_action", action=1, done=True, how="phone")
    await story.act("record_action", action=2, done=False, how="phone")
    await story.act("correct_record", MIA, record="action/1", answer="not_yet")
    await story.act("correct_record", MIA, record="action/2", answer="yes")
    assert [action.state for action in world.journey.actions] == ["open", "done"]
    await story.days(26)
    assert world.letters(about="action/1") == ["action_remind"] * 2
    assert world.letters(about="action/2") == []
    await story.act("record_action", person("p2.1"), action=1, done=True, how="link")
    assert await story.closing() == Closing(reason=ClosingReason.AGREEMENT_FULL)


async def test_a_disputed_agreement_has_an_addendum_for_everyone_who_had_a_copy(story: Story, world: World) -> None:
    await in_the_actions(story, present=["p1.1", "p2.1"])
    await story.act("record_action", action=1, done=True, how="phone")
    first, second = (action.by for action in world.journey.actions)
    amended = {
        "version": 1,
        "terms": [
            {"owner": "p2", "by": first},
            {"owner": "p3", "by": second, "dropped": True},
            {"owner": "p1", "by": second},
        ],
        "outcome": "partial",
    }
    assert await story.refused("amend_agreement", MIA, **{**amended, "version": 2}) == "wrong_version"
    short = await story.refused("amend_agreement", MIA, **{**amended, "terms": amended["terms"][:1]})  # type: ignore[index]
    assert short == "terms_keep_their_numbers"
    was_not_there = {"record": "joint_meeting/1", "answer": "full", "present": ["p2.1"]}
    await story.act("correct_record", MIA, **was_not_there)  # who has a copy gets the new one all the same
    await story.act("amend_agreement", MIA, **amended)
    await story.breathe()
    assert world.made[-1].version == 2
    agreement = world.journey.agreement
    assert agreement
    assert (agreement.version, agreement.status) == (2, "issued")
    assert [action.state for action in world.journey.actions] == ["done", "dropped", "open"]
    copies = [(sent.letter.about, sent.letter.to) for sent in world.sent if sent.letter.kind == "agreement_copy"]
    assert sorted(copies) == [(f"agreement/{v}", to) for v in (1, 2) for to in ("p1.1", "p2.1")]
    assert await story.refused("record_action", action=2, done=True, how="phone") == "no_such_action"
    await story.days(26)
    assert world.letters(about="action/2") == []
    assert set(world.letters(about="action/3", to="p1.1")) == {"action_remind"}
    await story.act("record_action", person("p1.1"), action=3, done=True, how="link")
    assert await story.closing() == Closing(reason=ClosingReason.AGREEMENT_PARTIAL)


async def test_an_action_that_was_given_more_time_is_reminded_of_its_new_day(story: Story, world: World) -> None:
    await in_the_actions(story)
    second = world.journey.actions[1].by
    later = second + 30 * DAY
    terms = [{"owner": "p3", "by": later}, {"owner": "p3", "by": second}]
    await story.act("amend_agreement", MIA, version=1, terms=terms)
    ask = world.journey.open_ask("action/1")
    assert ask
    assert (ask.of, ask.due and ask.due.date()) == ("p3", later)
    await story.act("record_action", action=2, done=True, how="phone")
    await story.days(25)  # the day that it had before is over
    assert world.letters(about="action/1") == []
    await story.days(40)
    assert world.recipients("action_remind") == ["p3.1", "p3.1"]
    reminded = [sent.at.date() for sent in world.sent if sent.letter.kind == "action_remind"]
    assert later - 7 * DAY < reminded[0] < later <= reminded[1], "before and after the day that it has now"
    await story.act("record_action", action=1, done=True, how="phone")
    await story.closing()


# Words


async def test_words_are_corrected_by_the_case_file(story: Story, world: World) -> None:
    await story.refer(channels={"p2": Channel.EMAIL})
    await story.act("correct_details", what="child")
    await story.act("correct_details", what="organisation", party="p2")
    assert [(order.what, order.party) for order in world.words_corrected] == [("child", ""), ("organisation", "p2")]
    assert await story.refused("correct_details", what="organisation", party="p1") == "no_organisation"
    assert await story.refused("correct_details", MIA, what="child") == "not_yours"
    world.verdicts["child"] = Verdict(refusal="as_before")
    assert await story.refused("correct_details", COORDINATOR, what="child") == "as_before"
    await ended(story)
