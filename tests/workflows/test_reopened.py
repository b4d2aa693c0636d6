"""A closed case goes on: what ended it is asked anew, what is known stands, and nothing is sent a second time."""

from datetime import timedelta

from domain.journey import MeetingStatus
from domain.stages import Closing, ClosingReason, Stage
from tests.workflows.telling import passed, reopened, stage
from tests.workflows.world import COORDINATOR, MANAGER, Story, World, mediator, person
from workflows.neighbours import Verdict


async def refused_by_the_school(story: Story) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.act("answer_consent", person("p2.1"), party="p2", yes=False, how="link")
    await story.breathe()


async def test_withdrawn_opened_again_and_agreed(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.joint_meeting_fixed()
    await story.breathe()
    await story.act("withdraw", person("p2.1"), party="p2", how="link")
    await passed(story, 5)
    before = world.counted()

    await story.woken()
    await story.act("reopen_case")
    assert world.journey.closing is None
    assert stage(world) == Stage.CONSENT
    assert [ask.key for ask in world.journey.asks] == ["consent/p2"], "whoever withdrew is asked again, nobody else"
    assert world.journey.mediator == "mia"
    assert world.counted() == before, "something left in the minutes to regret"
    await passed(story, 11)
    assert world.recipients("case_reopened") == ["mediator/mia", "p1.1", "p2.1", "p3.1"]
    assert world.counted()["consent_ask"] == before["consent_ask"] + 1

    await story.act("answer_consent", person("p2.1"), party="p2", yes=True, how="link")
    await story.breathe()
    assert world.letters(kind="consent_receipt", to="p2.1") == ["consent_receipt"] * 2
    assert stage(world) == Stage.JOINT_MEETING, "visits that were held stand"
    meetings = {meeting.key: meeting.status for meeting in world.journey.meetings}
    assert meetings["joint_meeting/1"] == MeetingStatus.CANCELLED
    assert meetings["joint_meeting/2"] == MeetingStatus.OFFERED
    await story.met("full")
    await story.agreement_written()
    await story.act("record_action", person("p2.1"), action=1, done=True, how="link")
    await story.act("record_action", person("p3.1"), action=2, done=True, how="link")
    for party in ("p1", "p2", "p3"):
        await story.act("give_feedback", person(f"{party}.1"), party=party, score=5)
    assert (await story.closing()).reason == ClosingReason.AGREEMENT_FULL

    assert world.recipients("referral_received") == ["p1.1"]
    assert world.counted()["visit_booked"] == before["visit_booked"]
    numbers = [event.number for filing in world.filings for event in filing.events]
    assert numbers == list(range(1, len(numbers) + 1)), "lines of the timeline go on being numbered"
    assert [filing.version for filing in world.filings] == list(range(1, len(world.filings) + 1))
    stages = [event.about for filing in world.filings for event in filing.events if event.what == "stage"]
    assert stages.count("consent") == 1, "the way that was gone before is not told again"


async def test_not_agreed_and_then_the_school_says_yes(story: Story, world: World) -> None:
    await refused_by_the_school(story)
    assert world.journey.closing == Closing(reason=ClosingReason.NOT_AGREED, who="p2")
    await passed(story, 5)
    await story.woken()
    await story.act("reopen_case")
    await story.act("answer_consent", party="p2", yes=True, how="phone")  # it rang, and is on the line
    assert world.letters(kind="consent_receipt") == []
    await passed(story, 11)
    assert world.letters(kind="consent_receipt") == ["consent_receipt"]
    assert world.letters(kind="consent_ask", to="p2.1") == ["consent_ask"], "asked again, though it had answered"
    await story.act("answer_consent", person("p3.1"), party="p3", yes=True, how="link")
    await story.breathe()
    assert stage(world) == Stage.ALLOCATION
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.closing()


async def test_two_clicks_open_it_once(story: Story, world: World) -> None:
    await refused_by_the_school(story)
    await passed(story, 5)
    await story.woken()
    await story.act("reopen_case")
    assert await story.refused("reopen_case") == "not_closed"
    await passed(story, 11)
    assert world.journey.reopened == 1
    assert world.recipients("case_reopened") == ["p1.1", "p2.1", "p3.1"]
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.closing()


async def test_opened_again_twice(story: Story, world: World) -> None:
    await refused_by_the_school(story)
    await passed(story, 5)
    await reopened(story)
    await story.act("answer_consent", person("p2.1"), party="p2", yes=False, how="link")
    await passed(story, 5)
    assert world.recipients("closed_not_agreed") == ["p1.1", "p1.1", "p2.1", "p2.1", "p3.1", "p3.1"]
    await reopened(story)
    assert world.journey.reopened == 2
    assert world.counted()["case_reopened"] == 6
    await story.working_days(3)
    assert world.letters(about="consent/p2") == ["consent_ask"] * 3 + ["consent_remind"]
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.closing()


async def test_a_wrong_click_is_undone_before_anything_left(story: Story, world: World) -> None:
    await refused_by_the_school(story)
    await passed(story, 5)
    sent = world.counted()
    await story.woken()
    await story.act("reopen_case")
    await passed(story, 5)
    await story.act("undo")
    assert await story.closing() == Closing(reason=ClosingReason.NOT_AGREED, who="p2")
    assert world.counted() == sent, "nobody hears of a reopening that was not meant"


async def test_a_close_is_the_way_back_too(story: Story, world: World) -> None:
    await refused_by_the_school(story)
    await passed(story, 5)
    sent = world.counted()
    await story.woken()
    await story.act("reopen_case")
    await story.act("close_case", MANAGER, reason="conceded")
    assert (await story.closing()).reason == ClosingReason.CONCEDED
    assert world.counted() == sent, "they know that it is closed"


async def test_closed_by_night_and_opened_before_anybody_was_told(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.everyone_consents()
    await story.env.sleep(timedelta(hours=10))  # it is 8 in the evening
    await story.act("close_case", MANAGER, reason="conceded")
    await passed(story, 11)
    assert world.journey.closing
    await story.act("reopen_case", MANAGER)  # its letters wait for the morning, so it still runs
    assert stage(world) == Stage.ALLOCATION
    await story.working_days(1)
    assert world.letters(kind="closed") == []
    assert world.letters(kind="case_reopened") == []
    await story.mediator_accepts()
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.closing()


async def test_what_staff_still_had_to_see_to_is_kept(story: Story, world: World) -> None:
    world.bad_addresses = ["p3.1"]
    await refused_by_the_school(story)
    await story.breathe()
    kept = world.tasks()
    assert kept == ["letter/consent_ask/p3.1/1:consent:p3"]
    await story.act("reopen_case")
    assert set(kept) <= set(world.tasks())
    world.bad_addresses = []
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    for key in world.tasks():
        await story.act("tick_task", task=key)
    await story.closing()


async def test_no_agreement_and_then_another_joint_meeting(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.met("none")
    await passed(story, 16)
    await story.woken()
    assert await story.refused("reopen_case", COORDINATOR) == "manager_reopens"
    world.verdicts["mia"] = Verdict(refusal="registration_out_of_date", about="mia")
    await story.act("reopen_case", MANAGER)
    assert not world.journey.mediator
    assert stage(world) == Stage.ALLOCATION, "the mediator has left the panel"
    await passed(story, 11)
    assert world.recipients("case_reopened") == ["p1.1", "p2.1", "p3.1"]
    await story.act("offer_mediator", mediator="noor")
    await story.breathe()
    await story.act("answer_allocation", mediator("noor"), offer=2, accepts=True)
    await story.breathe()
    assert stage(world) == Stage.JOINT_MEETING
    assert world.journey.meetings[-1].key == "joint_meeting/2"
    assert sorted(ask.key for ask in world.journey.asks) == [f"availability/p{n}/2" for n in (1, 2, 3)]
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.closing()


async def test_an_agreement_that_was_carried_out_is_not_opened_again(story: Story, world: World) -> None:
    await story.up_to_the_joint_meeting()
    await story.met("full")
    await story.agreement_written()
    await story.act("record_action", person("p2.1"), action=1, done=True, how="link")
    await story.act("record_action", person("p3.1"), action=2, done=True, how="link")
    for party in ("p1", "p2", "p3"):
        await story.act("give_feedback", person(f"{party}.1"), party=party, score=5)
    await passed(story, 5)
    await story.woken()
    assert await story.refused("reopen_case", MANAGER) == "carried_out"
    assert (await story.closing()).reason == ClosingReason.AGREEMENT_FULL  # nobody comes, and it ends as it was


async def test_closed_as_a_duplicate_by_mistake(story: Story, world: World) -> None:
    world.there_too = ["p1"]
    await story.refer()
    await story.explained_and_permitted()
    await story.everyone_consents()
    await story.breathe()
    await story.act("link_cases", other="SM-2026-00007", link="duplicate")
    assert world.journey.ending
    await passed(story, 11)
    await passed(story, 5)
    assert world.recipients("closed_duplicate") == ["p1.1"], "only who is party to the other case hears of it"
    assert world.recipients("closed_by_service") == ["p2.1", "p3.1"]
    await story.woken()
    assert await story.refused("reopen_case") == "goes_on_elsewhere"
    await story.act("unlink_cases", other="SM-2026-00007")
    await reopened(story)
    assert stage(world) == Stage.ALLOCATION
    assert world.counted()["case_reopened"] == 3
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.closing()


async def test_a_duplicate_that_was_undone_is_not_linked(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.act("link_cases", other="SM-2026-00007", link="duplicate")
    assert await story.refused("unlink_cases", other="SM-2026-00007") == "ending"
    await story.act("undo")
    assert world.linked == []
    assert stage(world) == Stage.CONSENT
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.closing()


async def test_a_referral_that_looks_known_is_a_task_until_somebody_has_decided(story: Story, world: World) -> None:
    world.alike = ["SM-2026-00007", "SM-2026-00009"]
    await story.refer()
    await story.breathe()
    assert "possible_duplicate" not in [task.kind for task in world.journey.tasks], "staff were shown it at once"
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.closing()


async def test_a_public_referral_that_looks_known(story: Story, world: World) -> None:
    world.alike, world.coordinator = ["SM-2026-00007", "SM-2026-00009"], ""
    await story.refer(compare=True)
    await story.breathe()
    assert [task.about for task in world.journey.tasks if task.kind == "possible_duplicate"] == world.alike
    await story.act("take_case")
    assert world.coordinator == "cora"
    await story.act("take_case")  # a second click
    assert await story.refused("take_case", MANAGER) == "taken_before"
    await story.act("tell_apart", other="SM-2026-00007")
    await story.act("link_cases", other="SM-2026-00009", link="same_child")
    assert "possible_duplicate" not in [task.kind for task in world.journey.tasks]
    assert [(one.other, str(one.kind)) for one in world.linked] == [
        ("SM-2026-00007", "another_matter"),
        ("SM-2026-00009", "same_child"),
    ]
    await story.act("withdraw", person("p1.1"), party="p1", how="link")
    await story.closing()
