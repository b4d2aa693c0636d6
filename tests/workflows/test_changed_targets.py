"""The targets or the holidays change while a case is running: who is reminded when from then on, that nothing is sent
twice or in a burst, and that it is what the manager was shown before."""

from datetime import time, timedelta

from domain.journey import Journey
from domain.ladders import effect_of
from domain.parties import Channel
from domain.policy import STANDARD_LADDERS, Do, Policy
from domain.targets import ladder_with
from domain.working_days import add_working_days, at_local, local_day
from tests.workflows.telling import asked_for_consent, ended
from tests.workflows.world import MANAGER, Story, World


def consent(policy: Policy, reminders: list[int], phone: int, decide: int) -> Policy:
    days = {Do.REMIND: reminders, Do.PHONE_TASK: [phone], Do.MANAGER_DECIDES: [decide]}
    return policy.model_copy(update={"ladders": {**policy.ladders, "consent": ladder_with("consent", days)}})


def closed(policy: Policy, *days: int, since: Journey) -> Policy:
    """With holidays on these working days, counted from when consent was asked."""
    asked = next(ask for ask in since.asks if ask.key == "consent/p2").asked
    extra = [add_working_days(local_day(asked), day, policy.holidays) for day in days]
    return policy.model_copy(update={"holidays": sorted({*policy.holidays, *extra})})


async def changed(story: Story, new: Policy) -> list[str]:
    """A manager changes the policy; what the preview told is what is armed then. Gives what came at once."""
    world, now = story.world, await story.now()
    before = {ask.key: (ask.armed and ask.armed.at, ask.armed and ask.armed.do) for ask in world.journey.asks}
    told = {moved.key: moved for moved in effect_of(world.journey, story.policy, new, now).moved}
    story.policy = world.policy = new
    await story.act("change_policy", MANAGER, policy=new)
    await story.breathe()
    for ask in world.journey.asks:
        armed = (ask.armed and ask.armed.at, ask.armed and ask.armed.do)
        if ask.key in told and not told[ask.key].stands_still:
            assert armed == (told[ask.key].then_at, told[ask.key].then)
        else:
            assert armed == before[ask.key]
    line = next(event for filing in world.filings for event in filing.events if event.what == "change_policy")
    assert line.command
    return [f"{key} {do}" for key, moved in told.items() for do in moved.at_once]


def days_of_reminders(story: Story, party: str = "p2") -> list[int]:
    """After how many working days of today's calendar reminders of consent left."""
    sent = [one for one in story.world.sent if one.letter.to == f"{party}.1" and one.letter.kind.startswith("consent")]
    first, found = local_day(sent[0].at), []
    for one in sent[1:]:
        count = next(n for n in range(60) if add_working_days(first, n, story.policy.holidays) == local_day(one.at))
        found.append(count)
    return found


async def test_an_extra_bank_holiday_in_mid_ladder(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.working_days(4)
    assert await changed(story, closed(story.policy, 5, since=world.journey)) == []
    await story.working_days(7)
    assert days_of_reminders(story) == [3, 6, 9], "counted by the new calendar, so the last two came a day later"
    assert sorted(world.tasks()) == ["phone/consent/p2/1", "phone/consent/p3/1"]
    await ended(story)


async def test_a_holiday_announced_when_it_is_over_repeats_no_reminder(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.working_days(3)
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind"]
    assert await changed(story, closed(story.policy, 1, 2, since=world.journey)) == []
    await story.working_days(3)
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind"]
    await story.working_days(2)
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind", "consent_remind"]
    await ended(story)


async def test_a_ladder_shortened_while_half_climbed(story: Story, world: World) -> None:
    """From thirteen days to five, on the eighth: only the latest rung is climbed."""
    await asked_for_consent(story)
    await story.working_days(8)
    assert await changed(story, consent(story.policy, [1, 2, 3], 4, 5)) == [
        "consent/p2 manager_decides",
        "consent/p3 manager_decides",
    ]
    await story.working_days(10)
    assert world.letters(about="consent/p2", to="p2.1") == ["consent_ask", "consent_remind", "consent_remind"]
    assert sorted(world.tasks()) == ["decide/consent/p2", "decide/consent/p3"]
    assert world.letters(to="manager") == ["staff_escalate", "staff_escalate"]
    await ended(story)


async def test_fewer_reminders_skip_no_call(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.working_days(8)
    assert await changed(story, consent(story.policy, [5], 10, 12)) == []
    await story.working_days(2)
    assert sorted(world.tasks()) == ["phone/consent/p2/1", "phone/consent/p3/1"]
    await ended(story)


async def test_a_ladder_lengthened(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.working_days(12)
    assert sorted(world.tasks()) == ["phone/consent/p2/1", "phone/consent/p3/1"]
    assert await changed(story, consent(story.policy, [3, 6, 9, 14, 16], 18, 20)) == []
    await story.working_days(7)
    assert days_of_reminders(story) == [3, 6, 9], "who has been rung is not reminded by letter again"
    assert sorted(world.tasks()) == ["phone/consent/p2/1", "phone/consent/p3/1"], "nor rung twice"
    await story.working_days(1)
    assert sorted(world.tasks())[:2] == ["decide/consent/p2", "decide/consent/p3"]
    await ended(story)


async def test_a_change_at_night_writes_in_the_morning(story: Story, world: World) -> None:
    """What falls due at once keeps office hours (the world sees to it), and is one letter for each."""
    story.policy = world.policy = consent(story.policy, [20], 25, 30)
    await asked_for_consent(story)
    await story.working_days(7)
    await story.until(at_local(local_day(await story.now()), time(22)))
    assert await changed(story, consent(story.policy, [3, 6, 9], 11, 13)) == ["consent/p2 remind", "consent/p3 remind"]
    assert world.letters(about="consent/p2") == ["consent_ask"]
    await story.until(at_local(add_working_days(local_day(await story.now()), 1, story.policy.holidays), time(10)))
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind"]
    await ended(story)


async def test_a_paused_case_goes_on_by_the_new_targets(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.working_days(4)
    await story.act("pause")
    assert await changed(story, consent(story.policy, [5, 10], 12, 14)) == []
    await story.days(28)
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind"]
    await story.act("resume")
    ask = world.journey.open_ask("consent/p2")
    assert ask
    assert ask.armed
    assert ask.armed.at == at_local(add_working_days(local_day(ask.asked), 5, story.policy.holidays), time(9))
    await story.until(ask.armed.at + timedelta(hours=1))
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind", "consent_remind"]
    await ended(story)


async def test_a_booked_meeting_is_reminded_of_by_the_new_targets(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.everyone_consents()
    await story.mediator_accepts()
    await story.breathe()
    slot = await story.visit_booked("p1", days_ahead=8)
    days = {Do.REMIND: [4, 3], Do.ESCALATE: [3]}
    assert (
        await changed(
            story,
            story.policy.model_copy(update={"ladders": {**STANDARD_LADDERS, "visit": ladder_with("visit", days)}}),
        )
        == []
    )
    await story.until(slot.start + timedelta(hours=2))
    sent = [local_day(one.at) for one in world.sent if one.letter.kind == "visit_remind" and one.letter.to == "p1.1"]
    assert sent == [add_working_days(local_day(slot.start), -n, story.policy.holidays) for n in (4, 3)]
    await story.visit_held("p1")
    await ended(story)


async def test_reminders_of_a_meeting_are_not_repeated(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.everyone_consents()
    await story.mediator_accepts()
    await story.breathe()
    slot = await story.visit_booked("p1", days_ahead=6)
    await story.until(at_local(add_working_days(local_day(slot.start), -2, story.policy.holidays), time(12)))
    days = {Do.REMIND: [5, 4, 3, 1], Do.ESCALATE: [3]}
    assert (
        await changed(
            story,
            story.policy.model_copy(update={"ladders": {**STANDARD_LADDERS, "visit": ladder_with("visit", days)}}),
        )
        == []
    )
    await story.until(slot.start - timedelta(hours=1))
    assert world.letters(kind="visit_remind", to="p1.1") == ["visit_remind", "visit_remind"]
    await ended(story)


async def test_letters_by_post_travel_longer(story: Story, world: World) -> None:
    """Two working days each way become four: whoever is written to by post is given them, nobody else."""
    await asked_for_consent(story, p2=Channel.POST)
    await story.seen_to()
    assert await changed(story, story.policy.model_copy(update={"posting_days": 4})) == []
    await story.working_days(10)
    assert story.by_hand(to="p2.1") == []
    assert days_of_reminders(story, "p3") == [3, 6, 9]
    await story.working_days(1)
    assert story.by_hand(to="p2.1") == ["consent_remind p2.1"]
    await story.act("withdraw", party="p1", how="phone")
    await story.until(await story.now() + timedelta(minutes=11))
    await story.seen_to()
    await story.closing()


async def test_a_change_that_is_changed_back(story: Story, world: World) -> None:
    usual = story.policy
    await asked_for_consent(story)
    await story.working_days(7)
    assert await changed(story, consent(usual, [10], 12, 14)) == []
    assert await changed(story, usual) == []
    await story.working_days(6)
    assert days_of_reminders(story) == [3, 6, 9]
    whom = ("consent/p2", "consent/p3")
    assert sorted(world.tasks()) == [*(f"decide/{ask}" for ask in whom), *(f"phone/{ask}/1" for ask in whom)]
    await ended(story)


async def test_the_same_targets_again_change_nothing(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.working_days(3)
    assert await changed(story, story.policy) == []
    line = [event for filing in world.filings for event in filing.events if event.what == "change_policy"][-1]
    assert (line.detail["changed"], line.detail["moved"]) == ("", "0")
    await ended(story)


async def test_the_timeline_says_what_was_changed(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await changed(story, consent(closed(story.policy, 2, since=world.journey), [4], 5, 6))
    [line] = [event for filing in world.filings for event in filing.events if event.what == "change_policy"]
    assert line.detail == {"policy": "standard", "changed": "consent,holidays", "moved": "2"}
    await ended(story)
