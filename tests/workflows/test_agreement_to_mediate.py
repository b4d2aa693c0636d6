"""Before everyone meets: each signs the agreement to mediate, and the family says how the child is to be heard."""

from datetime import timedelta
from typing import Any

from domain.childs_voice import ChildsVoice
from domain.commands import COMMANDS
from domain.parties import PartyRole
from domain.stages import Stage
from tests.workflows.telling import ended, ready_to_visit
from tests.workflows.world import GUARDIAN, Story, World, mediator, person

ON_PAPER: dict[str, Any] = {"version": 1, "how": "letter"}


async def all_visited(story: Story, childs_voice: str = "own_words") -> None:
    """Everyone was visited, and nobody has signed yet."""
    await ready_to_visit(story)
    await story.only_visited(childs_voice)


async def held(story: Story, world: World, outcome: str = "full", **fields: Any) -> None:
    present = ["p1.1", "p2.1", "p3.1"]
    await story.act("record_joint_meeting", mediator("mia"), present=present, outcome=outcome, **fields)
    await story.breathe()


async def after_the_meeting(story: Story) -> None:
    slot = await story.joint_meeting_fixed()
    await story.until(slot.start + timedelta(hours=2))


async def test_each_signs_on_their_page_after_the_visit(story: Story, world: World) -> None:
    await all_visited(story)
    assert world.letters(kind="sign_ask") == ["sign_ask"] * 3
    assert world.journey.stage == Stage.JOINT_MEETING, "nothing waits for the signatures"
    await story.everyone_signs()
    await story.signs("p1")  # once more: the first one counts
    await story.breathe()
    signed = [(one.party, one.how, one.version, one.by) for one in world.journey.signatures]
    assert signed == [(f"p{n}", "link", 1, f"p{n}.1") for n in (1, 2, 3)]
    await story.working_days(12)
    assert world.letters(kind="sign") == ["sign_ask"] * 3 + ["sign_receipt"] * 3
    assert world.journey.unsigned == []
    await ended(story)


async def test_on_the_telephone_and_on_paper(story: Story, world: World) -> None:
    await all_visited(story)
    await story.act("sign_agreement_to_mediate", party="p1", version=1, how="phone")
    await story.act("sign_agreement_to_mediate", mediator("mia"), party="p3", version=1, how="letter")
    await story.breathe()
    assert [(one.party, one.how, one.by) for one in world.journey.signatures] == [
        ("p1", "phone", "cora"), ("p3", "letter", "mia"),
    ]  # fmt: skip
    assert world.recipients("sign_receipt") == ["p1.1", "p3.1"]
    assert await story.refused("sign_agreement_to_mediate", party="p2", version=9, how="phone") == "wrong_version"
    other: dict[str, Any] = {"party": "p2", "version": 1, "how": "link"}
    assert await story.refused("sign_agreement_to_mediate", person("p1.1"), **other) == "not_yours"
    assert await story.refused("sign_agreement_to_mediate", mediator("noor"), **other) == "not_yours"
    await ended(story)


async def test_signed_on_paper_at_the_visit_before_it_is_recorded(story: Story, world: World) -> None:
    await ready_to_visit(story)
    await story.act("sign_agreement_to_mediate", party="p1", **ON_PAPER)
    await story.only_visited()
    assert world.recipients("sign_ask") == ["p2.1", "p3.1"]
    await ended(story)


async def test_nobody_signs_before_there_is_a_mediator(story: Story, world: World) -> None:
    await story.refer()
    await story.explained_and_permitted()
    assert await story.refused("sign_agreement_to_mediate", party="p1", **ON_PAPER) == "not_asked"
    assert await story.refused("record_childs_voice", party="p1", childs_voice="parent", how="phone") == "not_asked"
    await ended(story)


async def test_silent_until_the_meeting_and_signed_in_the_room(story: Story, world: World) -> None:
    await all_visited(story)
    await story.signs("p1")
    await story.signs("p2")
    await after_the_meeting(story)
    await story.working_days(1)
    ladder = ["sign_ask", "sign_remind", "sign_remind", "staff_task"]
    assert world.letters(about="sign/p3") == ladder, "no manager is asked: the mediator sees to it in the room"
    assert {"phone/sign/p3/1", "in_the_room/sign/p3"} <= set(world.tasks())
    present = {"present": ["p1.1", "p2.1", "p3.1"]}
    mia = mediator("mia")
    for outcome in ("full", "partial", "none"):
        assert await story.refused("record_joint_meeting", mia, outcome=outcome, **present) == "not_signed"
    absent = {"present": ["p1.1", "p2.1"], "signed_in_room": ["p3"]}
    assert await story.refused("record_joint_meeting", mia, outcome="full", **absent) == "signed_absent"
    unknown = {**present, "signed_in_room": ["p9"]}
    assert await story.refused("record_joint_meeting", mia, outcome="full", **unknown) == "no_such_party"
    await held(story, world, signed_in_room=["p3", "p1"])
    assert world.journey.stage == Stage.AGREEMENT
    assert [(one.party, one.how) for one in world.journey.signatures] == [
        ("p1", "link"), ("p2", "link"), ("p3", "in_person"),
    ]  # fmt: skip
    assert world.letters(about="sign/p3") == [*ladder, "sign_receipt"]
    assert not [task for task in world.tasks() if "sign/" in task]
    await ended(story)


async def test_who_was_not_there_need_not_have_signed(story: Story, world: World) -> None:
    await all_visited(story)
    await story.signs("p1")
    await story.signs("p2")
    await after_the_meeting(story)
    await story.act("record_joint_meeting", mediator("mia"), present=["p1.1", "p2.1"], outcome="full")
    await story.breathe()
    letters = world.letters(about="sign/p3")
    await story.days(20)
    assert world.letters(about="sign/p3") == letters, "the meeting is over: nobody is asked any more"
    assert await story.refused("sign_agreement_to_mediate", party="p3", **ON_PAPER) == "not_asked"
    assert await story.refused("take_back_signature", party="p1") == "have_met"
    assert await story.refused("record_childs_voice", party="p1", childs_voice="parent", how="phone") == "have_met"
    await ended(story)


async def test_without_signatures_there_is_another_meeting_and_they_stay_asked(story: Story, world: World) -> None:
    await all_visited(story)
    await after_the_meeting(story)
    await held(story, world, "another")
    assert [ask.key for ask in world.journey.open_asks("sign")] == ["sign/p1", "sign/p2", "sign/p3"]
    await story.everyone_signs()
    await story.met("none")
    await story.closing()
    assert world.recipients("sign_receipt") == ["p1.1", "p2.1", "p3.1"]


async def test_a_new_contact_is_asked_to_sign_unless_the_party_has(story: Story, world: World) -> None:
    await all_visited(story)
    await story.signs("p3")
    await story.working_days(3)
    for party in ("p2", "p3"):
        world.admits = f"{party}.2"
        await story.act("replace_contact", party=party)
    await story.breathe()
    assert world.letters(to="p2.2", kind="sign") == ["sign_ask"]
    assert world.letters(to="p3.2", kind="sign") == [], "the old contact's signature stands for the party"
    assert await story.refused("sign_agreement_to_mediate", person("p2.1"), party="p2", **ON_PAPER) == "not_yours"
    await story.working_days(3)
    assert world.letters(to="p2.2", kind="sign") == ["sign_ask", "sign_remind"]
    await story.signs("p2")
    await ended(story)


async def test_a_withdrawal_ends_the_asking(story: Story, world: World) -> None:
    await all_visited(story)
    before = len(world.letters(kind="sign"))
    await story.act("withdraw", person("p2.1"), party="p2", how="link")
    await story.closing()
    assert len(world.letters(kind="sign")) == before
    assert world.journey.asks == []


async def test_a_pause_and_a_hold_silence_it(story: Story, world: World) -> None:
    await all_visited(story)
    for stop, go_on in (("pause", ("resume",)), ("hold", ("release", GUARDIAN))):
        await story.act(stop)
        before = world.letters(kind="sign")
        await story.days(20)
        assert world.letters(kind="sign") == before
        await story.act(*go_on)
    await story.breathe()
    assert world.letters(kind="sign") == before, "no burst afterwards"
    await story.working_days(3)
    assert world.letters(about="sign/p1") == ["sign_ask", "sign_remind"]
    await ended(story)


async def test_a_wrong_click_is_taken_back_and_they_are_asked_anew(story: Story, world: World) -> None:
    await all_visited(story)
    await story.act("sign_agreement_to_mediate", party="p2", **ON_PAPER)  # it was the authority's paper
    await story.act("sign_agreement_to_mediate", party="p3", **ON_PAPER)
    await story.act("take_back_signature", mediator("mia"), party="p2")
    await story.breathe()
    assert world.journey.unsigned == ["p1", "p2"]
    assert sorted(world.letters(to="p2.1", kind="sign")) == ["sign_ask", "sign_ask", "sign_receipt"]
    assert await story.refused("take_back_signature", party="p2") == "no_signature"
    assert await story.refused("take_back_signature", person("p2.1"), party="p3") == "not_yours"
    await story.working_days(3)
    assert world.letters(to="p2.1", kind="sign_remind") == ["sign_remind"]
    await story.signs("p2")
    await story.breathe()
    assert [one.taken_back for one in world.journey.signatures if one.party == "p2"] == [True, False]
    assert world.recipients("sign_receipt") == ["p2.1", "p2.1", "p3.1"]
    await story.act("take_back_signature", person("p3.1"), party="p3")  # they think again, on their own page
    await story.breathe()
    assert world.journey.unsigned == ["p1", "p3"]
    await ended(story)


async def test_the_mediator_who_takes_over_hears_what_is_left_to_be_signed(story: Story, world: World) -> None:
    await all_visited(story)
    await story.signs("p1")
    await story.signs("p2")
    await story.working_days(9)
    assert "in_the_room/sign/p3" in world.tasks()
    await story.act("replace_mediator", mediator="mia", why="unavailable")
    await story.breathe()
    await story.act("offer_mediator", mediator="noor")
    await story.breathe()
    await story.act("answer_allocation", mediator("noor"), offer=2, accepts=True)
    await story.breathe()
    assert world.letters(to="mediator/noor", about="sign/p3") == ["staff_task"]
    await ended(story)


# How the child is to be heard


def how_the_child_is_heard(world: World) -> ChildsVoice | None:
    return world.journey.voice.how if world.journey.voice else None


async def test_the_family_is_asked_at_its_visit(story: Story, world: World) -> None:
    await ready_to_visit(story)
    slot = await story.visit_booked("p1")
    await story.until(slot.start + timedelta(hours=2))
    record = {"party": "p1", "confidentiality_explained": True}
    assert await story.refused("record_visit", mediator("mia"), held=True, **record) == "voice_missing"
    await story.visit_held("p1", childs_voice="attends")
    assert how_the_child_is_heard(world) == ChildsVoice.ATTENDS
    await story.act("record_childs_voice", person("p1.1"), party="p1", childs_voice="somebody", how="link")
    assert how_the_child_is_heard(world) == ChildsVoice.SOMEBODY
    change: dict[str, Any] = {"childs_voice": "parent", "how": "phone"}
    assert await story.refused("record_childs_voice", party="p2", **change) == "not_of_the_family"
    assert await story.refused("record_childs_voice", person("p2.1"), party="p1", **change) == "not_yours"
    await ended(story)


async def test_nobody_is_asked_when_nobody_came(story: Story, world: World) -> None:
    await ready_to_visit(story)
    slot = await story.visit_booked("p1")
    await story.until(slot.start + timedelta(hours=2))
    await story.act("record_visit", mediator("mia"), party="p1", held=False)
    assert world.journey.voice is None
    await ended(story)


async def test_undecided_when_the_meeting_is_fixed_is_a_task_of_the_mediator(story: Story, world: World) -> None:
    await all_visited(story, "undecided")
    await story.everyone_signs()
    await story.days(10)
    assert not world.journey.open_asks("childs_voice"), "there is time until a date is fixed"
    await story.joint_meeting_fixed()
    await story.breathe()
    assert "childs_voice/p1/1" in world.tasks()
    await story.working_days(4)
    assert world.letters(about="childs_voice/p1/1") == ["staff_task", "staff_remind"]
    await story.act("record_childs_voice", mediator("mia"), party="p1", childs_voice="part", how="phone")
    await story.breathe()
    assert not [task for task in world.tasks() if task.startswith("childs_voice")]
    await story.act("record_childs_voice", party="p1", childs_voice="undecided", how="phone")  # not settled after all
    await story.breathe()
    assert "childs_voice/p1/2" in world.tasks()
    await ended(story)


async def test_an_undecided_voice_holds_up_no_meeting(story: Story, world: World) -> None:
    await all_visited(story, "undecided")
    await story.everyone_signs()
    await after_the_meeting(story)
    await held(story, world)
    assert world.journey.stage == Stage.AGREEMENT
    assert not world.journey.open_asks("childs_voice")
    await ended(story)


async def test_two_parents_and_the_second_has_not_decided(story: Story, world: World) -> None:
    await story.refer(PartyRole.PARENT, PartyRole.LOCAL_AUTHORITY)
    await story.explained_and_permitted()
    await story.everyone_consents()
    await story.mediator_accepts()
    slots = [await story.visit_booked(party, hour=9 + 2 * n) for n, party in enumerate(("p1", "p2"))]
    await story.until(slots[-1].start + timedelta(hours=2))
    await story.visit_held("p1", childs_voice="attends")
    record = {"party": "p2", "held": True, "confidentiality_explained": True}
    assert await story.refused("record_visit", mediator("mia"), **record) == "voice_missing"
    await story.act("record_visit", mediator("mia"), childs_voice="undecided", **record)
    assert how_the_child_is_heard(world) == ChildsVoice.ATTENDS
    await ended(story)


async def test_a_young_person_speaks_for_themself(story: Story, world: World) -> None:
    await story.refer(PartyRole.YOUNG_PERSON, PartyRole.LOCAL_AUTHORITY)
    await story.explained_and_permitted()
    await story.everyone_consents()
    await story.mediator_accepts()
    await story.only_visited(childs_voice="")
    await story.joint_meeting_fixed()
    await story.breathe()
    assert not world.journey.open_asks("childs_voice")
    change: dict[str, Any] = {"party": "p1", "childs_voice": "parent", "how": "phone"}
    assert await story.refused("record_childs_voice", **change) == "not_of_the_family"
    await ended(story)


def test_a_command_of_before_is_still_one() -> None:
    by = {"id": "c", "case_id": "x", "actor": GUARDIAN, "at": "2026-11-24T10:00:00Z"}
    old = {**by, "party": "p1", "held": True, "confidentiality_explained": True}
    assert COMMANDS["record_visit"].model_validate(old).model_dump()["childs_voice"] is None
    met = COMMANDS["record_joint_meeting"].model_validate({**by, "present": ["p1.1"], "outcome": "full"})
    assert met.model_dump()["signed_in_room"] == []
