"""A coordinator skips a step that is due next, brings it forward or postpones it: what comes instead, and when."""

from datetime import datetime, timedelta
from typing import Any

from domain.journey import OpenAsk
from domain.parties import Channel
from domain.working_days import add_working_days, local_day
from tests.workflows.telling import asked_for_consent, ended, ended_by_hand, ready_to_visit
from tests.workflows.test_changed_targets import days_of_reminders
from tests.workflows.world import COORDINATOR, MANAGER, Story, World, is_office_time, mediator, person

CONSENT = "consent/p2"


def asked(world: World, key: str = CONSENT) -> OpenAsk:
    ask = world.journey.open_ask(key)
    assert ask is not None
    return ask


def next_at(world: World, key: str = CONSENT) -> datetime:
    armed = asked(world, key).armed
    assert armed is not None
    return armed.at


async def does(story: Story, kind: str, key: str = CONSENT, **fields: Any) -> None:
    await story.act(kind, ask=key, planned=next_at(story.world, key), **fields)
    await story.breathe()


async def refused(story: Story, kind: str, key: str = CONSENT, by: Any = COORDINATOR, **fields: Any) -> str:
    return await story.refused(kind, by, ask=key, planned=next_at(story.world, key), **fields)


async def test_a_reminder_that_is_skipped_never_leaves_and_the_next_comes_as_planned(
    story: Story, world: World
) -> None:
    await asked_for_consent(story)
    await story.working_days(4)
    await does(story, "skip_step")
    await story.working_days(10)
    assert days_of_reminders(story) == [3, 9], "the second one, of day 6, was skipped"
    assert days_of_reminders(story, "p3") == [3, 6, 9], "who else is asked is reminded as before"
    assert {"decide/consent/p2", "decide/consent/p3"} <= set(world.tasks()), "on the day that was planned"
    [line] = [event for filing in world.filings for event in filing.events if event.what == "skip_step"]
    assert (line.about, line.detail) == (CONSENT, {"step": "remind", "number": "2"})
    await ended(story)


async def test_a_reminder_brought_forward_leaves_today_and_not_again(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.working_days(4)
    await does(story, "bring_step_forward")
    assert days_of_reminders(story) == [3, 4]
    assert days_of_reminders(story, "p3") == [3]
    await story.working_days(6)
    assert days_of_reminders(story) == [3, 4, 9], "the third one comes as planned"
    await ended(story)


async def test_what_is_brought_forward_at_night_waits_for_the_office(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.working_days(4)
    await story.until(next_at(world) - timedelta(hours=24 + 7))  # two at night, two working days before
    await does(story, "bring_step_forward")
    assert world.letters(about=CONSENT, to="p2.1") == ["consent_ask", "consent_remind"], "not at night"
    await story.days(0.5)
    assert world.letters(about=CONSENT, to="p2.1") == ["consent_ask", "consent_remind", "consent_remind"]
    assert is_office_time(world.sent[-1].at, story.policy)
    await ended(story)


async def test_a_call_brought_forward_is_a_task_at_once(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.working_days(10)
    await does(story, "bring_step_forward")
    assert world.tasks() == ["phone/consent/p2/1"]
    await story.working_days(2)
    assert sorted(world.tasks()) == ["phone/consent/p2/1", "phone/consent/p3/1"], "and only once"
    await ended(story)


async def test_a_step_that_is_postponed_moves_those_after_it(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.working_days(4)
    planned = next_at(world)
    until = add_working_days(local_day(planned), 4, story.policy.holidays)
    await does(story, "postpone_step", until=until)
    assert local_day(next_at(world)) == until
    await story.working_days(9)
    assert days_of_reminders(story) == [3, 10, 13], "the second and the third each four days later"
    assert days_of_reminders(story, "p3") == [3, 6, 9]
    await story.working_days(5)
    assert "decide/consent/p2" in world.tasks(), "on day 17 instead of 13"
    [line] = [event for filing in world.filings for event in filing.events if event.what == "postpone_step"]
    assert line.detail["before"] == planned.isoformat()
    assert local_day(datetime.fromisoformat(line.detail["after"])) == until
    await ended(story)


async def test_a_day_on_which_nobody_works_becomes_the_next_one(story: Story, world: World) -> None:
    await asked_for_consent(story)
    until = local_day(next_at(world))
    while until.weekday() != 5:
        until += timedelta(days=1)
    await does(story, "postpone_step", until=until)
    assert local_day(next_at(world)) == add_working_days(until, 0, story.policy.holidays)
    await ended(story)


async def test_it_is_put_off_twice_and_by_post(story: Story, world: World) -> None:
    await asked_for_consent(story, p2=Channel.POST)
    await story.seen_to()
    for days in (2, 3):
        until = add_working_days(local_day(next_at(world)), days, story.policy.holidays)
        await does(story, "postpone_step", until=until)
        assert local_day(next_at(world)) == until
    assert asked(world).later == 5
    await ended_by_hand(story)


async def test_a_case_begun_anew_keeps_what_was_skipped_and_postponed(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await does(story, "skip_step")
    await does(story, "skip_step", "consent/p3")
    until = add_working_days(local_day(next_at(world)), 2, story.policy.holidays)
    await does(story, "postpone_step", until=until)
    await does(story, "bring_step_forward", "consent/p3")
    before = [ask.model_dump() for ask in world.journey.asks]
    await story.begun_anew()
    assert [ask.model_dump() for ask in world.journey.asks] == before
    await story.working_days(12)
    assert days_of_reminders(story) == [8, 11]
    assert days_of_reminders(story, "p3") == [0, 9]
    await story.act("tick_task", MANAGER, task=next(one for one in world.tasks() if one.startswith("begun_anew")))
    await ended(story)


async def test_after_a_pause_it_goes_on_where_it_was_put(story: Story, world: World) -> None:
    await asked_for_consent(story)
    until = add_working_days(local_day(next_at(world)), 2, story.policy.holidays)
    await does(story, "postpone_step", until=until)
    planned = next_at(world)
    await story.act("pause")
    assert await story.refused("skip_step", ask=CONSENT, planned=planned) == "step_has_changed", "all stands still"
    await story.days(7)
    await story.act("resume")
    await story.breathe()
    assert local_day(next_at(world)) == until + timedelta(days=7)
    await ended(story)


async def test_other_targets_keep_what_was_put_off(story: Story, world: World) -> None:
    await asked_for_consent(story)
    until = add_working_days(local_day(next_at(world)), 2, story.policy.holidays)
    await does(story, "postpone_step", until=until)
    await story.act("change_policy", MANAGER, policy=story.policy.model_copy(update={"papers_days": 6}))
    assert local_day(next_at(world)) == until
    await ended(story)


async def test_another_contact_is_asked_anew_at_the_usual_pace(story: Story, world: World) -> None:
    await asked_for_consent(story)
    usual = next_at(world)
    await does(story, "postpone_step", until=add_working_days(local_day(usual), 5, story.policy.holidays))
    world.admits = "p2.2"
    await story.act("replace_contact", party="p2")
    await story.breathe()
    assert asked(world).later == 0
    await ended(story)


async def test_two_who_change_the_same_step(story: Story, world: World) -> None:
    await asked_for_consent(story)
    planned = next_at(world)
    await does(story, "skip_step")
    assert await story.refused("skip_step", ask=CONSENT, planned=planned) == "step_has_changed", "not the one after it"
    assert await story.refused("skip_step", ask="consent/p9", planned=planned) == "step_has_changed"
    await story.act("answer_consent", person("p2.1"), party="p2", yes=True, how="link")
    assert await story.refused("bring_step_forward", ask=CONSENT, planned=planned) == "step_has_changed"
    await ended(story)


async def test_what_cannot_be_moved(story: Story, world: World) -> None:
    await asked_for_consent(story)
    now = local_day(await story.now())
    assert await refused(story, "skip_step", by=mediator("mia")) == "not_yours"
    assert await refused(story, "postpone_step", until=now) == "not_later"
    assert await refused(story, "postpone_step", until=local_day(next_at(world))) == "not_later"
    assert await refused(story, "postpone_step", until=now + timedelta(days=29)) == "too_far_off"
    await story.working_days(12)
    assert await refused(story, "skip_step") == "step_is_needed", "a manager hears of it in the end"
    await story.everyone_consents()
    await story.act("offer_mediator", mediator="mia")
    await story.breathe()
    assert await refused(story, "bring_step_forward", "acceptance/1") == "not_sooner", "who was told keeps the time"
    await ended(story)


async def test_what_hangs_on_a_meeting_moves_with_it_only(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await story.visit_booked("p1", days_ahead=6)
    key = "visit/p1/1"
    until = local_day(next_at(world, key)) + timedelta(days=1)
    assert await refused(story, "postpone_step", key, until=until) == "hangs_on_a_date"
    await does(story, "skip_step", key)
    assert world.letters(kind="visit_remind") == []
    await does(story, "bring_step_forward", key)
    assert set(world.recipients("visit_remind")) >= {"p1.1"}
    assert await refused(story, "skip_step", key) == "step_is_needed", "somebody has to record it"
    assert await refused(story, "bring_step_forward", key) == "not_sooner", "and after it was held"
    await ended(story)
