"""One place judges: every command has its door, every refusal its sentence, and what is offered is not refused."""

from datetime import UTC, datetime

import pytest
from temporalio.workflow import _Definition

from domain.commands import COMMANDS, Actor, AnswerAllocation, StaffRole
from domain.journey import Fact, Journey, OpenAsk
from domain.refusals import SENTENCES, Refusal
from domain.rules import Refused, judge, possible
from domain.stages import Closing, ClosingReason
from tests.sample_case import sample_case
from workflows.case import MediationCase

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
EVERYTHING = Actor(kind="staff", id="m1", roles=list(StaffRole))


def test_every_command_has_a_door_of_its_name_with_a_validator() -> None:
    doors = _Definition.must_from_class(MediationCase).updates
    assert set(doors) == set(COMMANDS)
    assert all(door.validator for door in doors.values())


def test_every_refusal_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Refusal)


def test_a_closed_case_offers_nothing() -> None:
    journey = Journey(parties=[], closing=Closing(reason=ClosingReason.NOT_AGREED))
    assert possible(journey) == []


def test_what_is_offered_is_known() -> None:
    journey = sample_case().journey
    assert journey
    offered = possible(journey)
    assert {one.kind for one in offered} <= set(COMMANDS)
    assert len(offered) == len({(one.kind, one.about) for one in offered})


def test_a_mediator_of_another_case_is_refused() -> None:
    journey = sample_case().journey
    assert journey
    other = Actor(kind="staff", id="someone", roles=[StaffRole.MEDIATOR])
    hold = COMMANDS["hold"](id="c", case_id="x", actor=other, at=NOW)
    with pytest.raises(Refused) as caught:
        judge(hold, journey, NOW)
    assert caught.value.code == Refusal.NOT_YOURS
    judge(COMMANDS["hold"](id="c", case_id="x", actor=EVERYTHING, at=NOW), journey, NOW)


def test_an_answer_stands_although_the_journey_has_not_taken_it_up_yet() -> None:
    """Two acts may come in the same breath: the second meets the first one's fact."""
    journey = Journey(parties=[], offered_to="m1", offer=1, facts={"acceptance/1": Fact(answer="yes", at=NOW)})
    declines = AnswerAllocation(id="c", case_id="x", actor=EVERYTHING, at=NOW, offer=1, accepts=False)
    with pytest.raises(Refused) as caught:
        judge(declines, journey, NOW)
    assert caught.value.code == Refusal.SUPERSEDED
    answered = Journey(
        parties=[],
        asks=[OpenAsk(key="joint_date/1", of="coordinator", asked=NOW)],
        facts={"joint_date/1": Fact(answer="fixed", at=NOW)},
    )
    assert answered.open_ask("joint_date/1") is None
    assert answered.open_asks("joint_date") == []
