"""The leaflet's journey at true lengths, letters counted exactly."""

from domain.stages import Closing, ClosingReason, OutcomeDetail, Stage
from tests.workflows.world import COORDINATOR, DAY, Story, World, mediator, person


async def test_a_full_agreement_with_one_reminder(story: Story, world: World) -> None:
    await story.refer()
    await story.act("answer_consent", party="p2", yes=True, how="letter")  # by post, before anybody asked
    await story.explained_and_permitted()
    await story.working_days(4)  # the local authority is silent over one reminder
    await story.act("answer_consent", person("p3.1"), party="p3", yes=True, how="link")
    await story.mediator_accepts()
    await story.everyone_visited()
    await story.met(detail=OutcomeDetail.EXTRA_SUPPORT)
    await story.agreement_written()
    assert world.journey.stage == Stage.ACTIONS
    assert world.recipients("agreement_copy") == ["p1.1", "p2.1", "p3.1"]
    assert len(world.made) == 1
    await story.act("record_action", person("p2.1"), action=1, done=True, how="link")
    await story.act("record_action", action=2, done=True, how="phone")
    await story.working_days(11)
    for party in ("p1", "p2", "p3"):
        await story.act("give_feedback", person(f"{party}.1"), party=party, score=5)
    assert await story.closing() == Closing(reason=ClosingReason.AGREEMENT_FULL, outcome=OutcomeDetail.EXTRA_SUPPORT)
    assert world.letters(about="consent/p2") == []
    assert world.letters(about="consent/p3") == ["consent_ask", "consent_remind", "consent_receipt"]
    assert world.counted() == {
        "referral_received": 1,
        "consent_ask": 1,
        "consent_remind": 1,
        "consent_receipt": 1,
        "acceptance_ask": 1,
        "staff_task": 8,  # to the mediator: dates for three visits, the record of each and of the meeting, the terms
        "visit_choice_ask": 3,
        "visit_booked": 6,
        "visit_remind": 12,
        "sign_ask": 3,
        "sign_receipt": 3,
        "availability_ask": 3,
        "joint_meeting_booked": 4,
        "joint_meeting_remind": 12,
        "agreement_copy": 3,
        "feedback_ask": 3,
        "closed_agreement_full": 3,
        "closed_mediator": 1,
    }


async def test_a_partial_agreement(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.met("partial")
    await story.agreement_written()
    for action in (1, 2):
        await story.act("record_action", action=action, done=action == 1, how="phone")
    closing = await story.closing()
    assert closing.reason == ClosingReason.AGREEMENT_PARTIAL
    assert [action.state for action in world.journey.actions] == ["done", "not_done"]


async def test_no_agreement(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.met("none", detail=OutcomeDetail.DECISION_STANDS)
    closing = await story.closing()
    assert closing == Closing(reason=ClosingReason.NO_AGREEMENT, outcome=OutcomeDetail.DECISION_STANDS)
    assert world.letters(kind="closed") == ["closed_mediator"] + ["closed_no_agreement"] * 3
    assert world.letters(kind="agreement") == []


async def test_another_meeting_is_arranged_like_the_first(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.met("another")
    await story.met("full")
    assert [meeting.key for meeting in world.journey.meetings[-2:]] == ["joint_meeting/1", "joint_meeting/2"]
    assert world.letters(kind="availability_ask") == ["availability_ask"] * 6
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()


async def test_comments_when_they_are_wanted(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.met()
    await story.agreement_written(comments_wanted=True)
    await story.act("comment_on_agreement", person("p1.1"), party="p1", version=1, agrees=False, how="link")
    await story.act("comment_on_agreement", person("p2.1"), party="p2", version=1, agrees=True, how="link")
    await story.working_days(6)  # the local authority is silent: the wording counts as agreed
    assert world.letters(about="comments/p3/1") == ["comments_ask", "comments_remind"]
    assert world.tasks() == ["issue/1"]
    await story.agreement_written(comments_wanted=True)  # the mediator words it anew
    await story.act("comment_on_agreement", person("p1.1"), party="p1", version=2, agrees=True, how="link")
    refusal = await story.refused(
        "comment_on_agreement", person("p2.1"), party="p2", version=1, agrees=True, how="link"
    )
    assert refusal == "wrong_version"
    await story.act("issue_agreement", mediator("mia"), version=2)
    await story.breathe()
    assert [order.version for order in world.made] == [2]
    assert world.letters(about="agreement/2") == ["agreement_copy"] * 3
    assert world.journey.agreement
    assert world.journey.agreement.comments == {"p1": "agrees"}
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()


async def test_actions_are_followed_until_they_are_done(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.met()
    await story.agreement_written()
    await story.days(60)
    assert world.letters(about="action/1") == ["action_remind", "action_remind", "staff_escalate"]
    assert {"phone/action/1/1", "escalated/action/1"} <= set(world.tasks())
    due = world.journey.actions[0].by
    reminded = [sent.at.date() for sent in world.sent if sent.letter.kind == "action_remind"]
    assert due - 7 * DAY < reminded[0] < due <= reminded[1]
    for action in (1, 2):
        await story.act("record_action", action=action, done=True, how="phone")
    assert (await story.closing()).reason == ClosingReason.AGREEMENT_FULL


async def test_a_supporter_who_came_receives_a_copy_too(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.everyone_consents()
    await story.mediator_accepts()
    world.admits = "p1.2"
    await story.everyone_visited()
    assert [person.key for person in world.journey.parties[0].people] == ["p1.1", "p1.2"]
    await story.met(present=["p1.1", "p1.2", "p3.1"])
    await story.agreement_written()
    assert world.recipients("agreement_copy") == ["p1.1", "p1.2", "p3.1"]
    assert world.letters(to="p1.2", kind="joint_meeting_booked") == ["joint_meeting_booked"]
    await story.act("withdraw", COORDINATOR, party="p1", how="phone")
    await story.closing()
