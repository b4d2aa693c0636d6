"""Nobody is contacted without the referrer's permission; it goes ahead only if all agree; the silent are chased."""

from datetime import time, timedelta

import pytest

from domain.stages import Closing, ClosingReason, Stage
from domain.working_days import add_working_days, at_local, local_day
from tests.workflows.world import MANAGER, Story, World, local, person


async def test_permission_refused(story: Story, world: World) -> None:
    await story.refer()
    await story.act("record_explaining_call", outcome="go_on")
    await story.act("record_permission", person("p1.1"), given=False, how="link")
    assert await story.closing() == Closing(reason=ClosingReason.NOT_AGREED, who="p1")
    assert {sent.letter.to for sent in world.sent} == {"p1.1"}, "somebody was told without permission"


@pytest.mark.parametrize(
    ("outcome", "reason", "letter"),
    [
        ("signpost", ClosingReason.OUT_OF_SCOPE, "closed_out_of_scope"),
        ("not_now", ClosingReason.WITHDRAWN, "withdrawal_receipt"),
    ],
)
async def test_the_explaining_call_ends_it(
    story: Story, world: World, outcome: str, reason: ClosingReason, letter: str
) -> None:
    await story.refer()
    await story.act("record_explaining_call", outcome=outcome)
    assert (await story.closing()).reason == reason
    assert world.counted() == {"referral_received": 1, letter: 1}


async def test_a_late_explaining_call_reaches_the_manager(story: Story, world: World) -> None:
    await story.refer()
    await story.breathe()
    assert world.letters() == ["referral_received"]
    assert world.tasks() == ["explaining_call"]
    await story.working_days(5)
    assert world.letters(about="explaining_call") == ["staff_remind", "staff_escalate"]
    assert world.journey.escalated
    await story.act("record_explaining_call", outcome="signpost")
    await story.closing()
    assert world.tasks() == []


async def test_permission_by_link_is_chased(story: Story, world: World) -> None:
    await story.refer()
    await story.act("record_explaining_call", outcome="go_on")
    await story.working_days(4)
    assert world.letters(about="permission") == ["permission_ask", "permission_remind"]
    await story.act("record_permission", person("p1.1"), given=True, how="link")
    assert world.journey.stage == Stage.CONSENT
    await story.act("answer_consent", party="p2", yes=False, how="phone")
    await story.closing()


async def test_the_first_no_ends_it_neutrally(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.breathe()
    await story.act("answer_consent", person("p3.1"), party="p3", yes=False, how="link")
    assert await story.closing() == Closing(reason=ClosingReason.NOT_AGREED, who="p3")
    assert world.letters(kind="closed") == ["closed_not_agreed"] * 3
    assert world.letters(kind="consent") == ["consent_ask"] * 2


async def test_the_ladder_of_a_silent_school(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.act("answer_consent", party="p3", yes=True, how="phone")
    asked = local_day(await story.now())
    await story.working_days(14)
    expected = [at_local(add_working_days(asked, n, story.policy.holidays), time(9)) for n in (3, 6, 9)]
    reminded = [sent.at for sent in world.sent if sent.letter.kind == "consent_remind"]
    assert [abs(at - due) < timedelta(seconds=5) for at, due in zip(reminded, expected, strict=True)] == [True] * 3
    assert world.tasks() == ["phone/consent/p2/1", "decide/consent/p2"]
    assert await story.refused("decide_on_silence", ask="consent/p2", decision="close") == "not_yours"
    await story.act("decide_on_silence", MANAGER, ask="consent/p2", decision="close")
    assert await story.closing() == Closing(reason=ClosingReason.NOT_CONTACTABLE, who="p2")
    assert world.letters(kind="closed") == ["closed_not_contactable"] * 3


async def test_a_manager_waits_longer(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.working_days(14)
    await story.act("decide_on_silence", MANAGER, ask="consent/p2", decision="wait")
    assert "decide/consent/p2" not in world.tasks()
    await story.working_days(4)
    assert world.letters(about="consent/p2") == [
        "consent_ask",
        *["consent_remind"] * 3,
        "staff_escalate",
        "consent_remind",
    ]
    numbers = [
        sent.letter.number
        for sent in world.sent
        if (sent.letter.kind, sent.letter.about) == ("consent_remind", "consent/p2")
    ]
    assert numbers == [1, 2, 3, 4]
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()


async def test_a_manager_replaces_the_contact(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.working_days(14)
    refusal = await story.refused("decide_on_silence", MANAGER, ask="consent/p2", decision="replace_contact")
    assert refusal == "name_missing"
    world.admits = "p2.2"
    await story.act("decide_on_silence", MANAGER, ask="consent/p2", decision="replace_contact")
    await story.breathe()
    assert world.letters(to="p2.2") == ["consent_ask"]
    await story.act("answer_consent", person("p2.2"), party="p2", yes=True, how="link")
    await story.act("answer_consent", party="p3", yes=False, how="phone")
    await story.closing()
    assert world.letters(to="p2.1", kind="closed") == []


async def test_a_yes_stops_the_chasing_at_once(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    await story.working_days(3)
    await story.act("answer_consent", person("p2.1"), party="p2", yes=True, how="link")
    await story.days(60)
    assert world.letters(about="consent/p2") == ["consent_ask", "consent_remind", "consent_receipt"]
    assert await story.refused("answer_consent", party="p2", yes=False, how="phone") == "contradicts"
    await story.act("answer_consent", party="p2", yes=True, how="phone")  # the same again is no harm
    assert world.letters(about="consent/p2", kind="consent_receipt") == ["consent_receipt"]
    await story.act("withdraw", party="p2", how="phone")
    await story.closing()


async def test_letters_asked_for_at_night_wait_for_the_morning(story: Story, world: World) -> None:
    await story.refer()
    evening = at_local(local_day(await story.now()), time(21))
    await story.until(evening)
    await story.explained_and_permitted()
    await story.breathe()
    assert world.letters() == ["referral_received"]
    await story.days(1)
    morning = [local(sent.at) for sent in world.sent if sent.letter.kind == "consent_ask"]
    assert [(at.hour, at.date()) for at in morning] == [(8, local_day(evening) + timedelta(days=1))] * 2
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()


async def test_somebody_elses_answer_is_refused(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    assert await story.refused("answer_consent", person("p3.1"), party="p2", yes=True, how="link") == "not_yours"
    assert await story.refused("answer_consent", party="p9", yes=True, how="phone") == "no_such_party"
    assert await story.refused("withdraw", person("p3.1"), party="p2", how="link") == "not_yours"
    await story.act("withdraw", party="p1", how="phone")
    await story.closing()
