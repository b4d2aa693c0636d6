"""Staff write in their own words: messages, personal lines, letters sent again."""

from datetime import timedelta
from typing import Any

from domain.commands import Actor, StaffRole
from domain.journey import AGAIN, Letter
from tests.workflows.telling import asked_for_consent, ended
from tests.workflows.world import Story, World, mediator, person

LEAD = Actor(kind="staff", id="lead", roles=[StaffRole.SAFEGUARDING_LEAD])
CONSENT: dict[str, Any] = {"kind_of_letter": "consent_ask", "about": "consent/p2", "to": "p2.1", "number": 1}


def letter_to(world: World, to: str) -> Letter:
    """The latest."""
    return [sent.letter for sent in world.sent if sent.letter.to == to][-1]


async def test_a_message_goes_to_each_who_was_chosen(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.act("write_message", to=["p1.1", "p3.1", "p1.1"])
    await story.breathe()
    assert world.recipients("message") == ["p1.1", "p3.1"]
    assert letter_to(world, "p3.1").line == f"act-{story.acts}", "whose texts hold the words"
    [line] = [event for filing in world.filings for event in filing.events if event.what == "write_message"]
    assert line.detail == {"to": "p1.1 p3.1 p1.1"}
    assert await story.refused("write_message", to=[]) == "nobody_chosen"
    assert await story.refused("write_message", to=["p1.1", "p9.1"]) == "no_such_person"
    assert await story.refused("write_message", mediator("mia"), to=["p1.1"]) == "not_yours"
    assert await story.refused("write_message", person("p1.1"), to=["p1.1"]) == "not_yours"
    await ended(story)


async def test_nobody_hears_from_us_before_the_permission(story: Story, world: World) -> None:
    await story.refer()
    assert await story.refused("write_message", to=["p1.1", "p2.1"]) == "not_permitted"
    await story.act("write_message", to=["p1.1"])
    await story.breathe()
    assert world.recipients("message") == ["p1.1"]
    await ended(story)


async def test_a_message_keeps_the_hours_of_the_office_and_waits_for_the_end_of_a_hold(
    story: Story, world: World
) -> None:
    await asked_for_consent(story)
    await story.act("hold", LEAD)
    await story.act("write_message", to=["p1.1"])
    await story.days(3)
    assert world.recipients("message") == []
    evening = (await story.now()).replace(hour=21)
    await story.until(evening)
    await story.act("release", LEAD)
    await story.breathe()
    assert world.recipients("message") == []
    await story.until(evening + timedelta(days=4))
    assert world.recipients("message") == ["p1.1"]
    await ended(story)


async def test_a_line_goes_with_the_next_letter_of_its_kind_and_with_no_other(story: Story, world: World) -> None:
    await asked_for_consent(story)
    await story.act("add_line", kind_of_letter="consent_remind", to="p2.1")
    await story.act("add_line", kind_of_letter="consent_remind", to="p2.1")  # it takes the place of the first
    second = f"act-{story.acts}"
    assert len(world.journey.lines) == 1
    assert await story.refused("add_line", kind_of_letter="staff_task", to="p2.1") == "no_such_letter"
    assert await story.refused("add_line", kind_of_letter="consent_remind", to="p2.9") == "no_such_person"
    await story.working_days(7)
    sent = [sent.letter for sent in world.sent]
    assert [one.line for one in sent if one.to == "p2.1"] == ["", second, ""]
    assert [one.line for one in sent if one.to == "p3.1"] == ["", "", ""]
    assert world.journey.lines == []
    gone: dict[str, Any] = {"kind_of_letter": "consent_remind", "to": "p2.1", "off": True}
    assert await story.refused("add_line", **gone) == "line_has_gone"
    await story.act("add_line", kind_of_letter="consent_remind", to="p2.1")
    await story.act("add_line", **gone)
    assert world.journey.lines == []
    await ended(story)


async def test_a_letter_is_sent_again_as_a_letter_of_its_own(story: Story, world: World) -> None:
    await asked_for_consent(story)
    for _ in range(2):
        await story.act("resend_letter", **CONSENT)
        await story.breathe()
    sent = [sent.letter for sent in world.sent if sent.letter.to == "p2.1"]
    assert [letter.number for letter in sent] == [1, 1 + AGAIN, 1 + 2 * AGAIN]
    assert sent[-1].of_an_earlier is not None
    assert sent[-1].of_an_earlier.key == sent[0].key
    assert sent[-1].while_asked == "consent/p2"
    await story.act("answer_consent", person("p2.1"), party="p2", yes=True, how="link")
    assert await story.refused("resend_letter", **CONSENT) == "no_longer_true"
    closing: dict[str, Any] = {"kind_of_letter": "closed_withdrawn", "about": "", "to": "p1.1", "number": 0}
    assert await story.refused("resend_letter", **closing) == "no_longer_true"
    await ended(story)
