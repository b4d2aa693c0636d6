"""One place judges: every command has its door, every refusal its sentence, and what is offered is not refused."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError
from temporalio.workflow import _Definition

from domain.commands import (
    COMMANDS,
    EVERY_COMMAND,
    Actor,
    AnswerAllocation,
    Command,
    MoveMeeting,
    MoveTexts,
    StaffRole,
    TickTask,
)
from domain.journey import Ending, Fact, Journey, MeetingStatus, OpenAsk
from domain.papers import MOST_OF_ONE_PARTY
from domain.possible import possible
from domain.refusals import SENTENCES, Refusal
from domain.rules import Refused, judge
from domain.stages import Closing, ClosingReason, Stage
from tests.sample_case import sample_case
from workflows.case import MediationCase

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
EVERYTHING = Actor(kind="staff", id="m1", roles=list(StaffRole))


def test_every_command_has_a_door_of_its_name_with_a_validator() -> None:
    doors = _Definition.must_from_class(MediationCase).updates
    assert set(doors) == set(EVERY_COMMAND)
    assert all(door.validator for door in doors.values())


def test_every_refusal_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Refusal)


def test_the_time_of_another_call_needs_its_zone() -> None:
    """Else it could not be compared with now, and the case would fail instead of refusing."""
    with pytest.raises(ValidationError, match="timezone"):
        TickTask(id="t", case_id="c", actor=EVERYTHING, at=NOW, task="t", call_back=datetime(2026, 12, 1, 10))  # noqa: DTZ001


def test_a_closed_case_offers_nothing() -> None:
    journey = Journey(parties=[], closing=Closing(reason=ClosingReason.NOT_AGREED))
    assert possible(journey) == []


def test_what_is_offered_is_known() -> None:
    journey = sample_case().journey
    assert journey
    offered = possible(journey)
    assert {one.kind for one in offered} <= set(COMMANDS)
    assert len(offered) == len({(one.kind, one.about) for one in offered})


def test_only_a_booked_meeting_that_lies_ahead_is_moved_or_cancelled() -> None:
    journey = sample_case().journey
    assert journey
    visit = journey.meetings[0]
    assert visit.slot
    by = {"id": "c", "case_id": "x", "actor": EVERYTHING, "at": NOW}
    move = COMMANDS["move_meeting"].model_validate({**by, "meeting": visit.key, "slot": {"start": NOW + DAY}})
    cancel = COMMANDS["cancel_meeting"].model_validate({**by, "meeting": visit.key})
    offered = [(one.kind, one.about) for one in possible(journey)]
    for command in (move, cancel):
        judge(command, journey, NOW)
        assert (command.kind(), visit.key) in offered
        assert code(command, journey, visit.slot.start) == Refusal.HAS_BEGUN
    assert code(move, journey, NOW + 2 * DAY) == Refusal.IN_THE_PAST
    for status, refusal in (
        (MeetingStatus.CANCELLED, Refusal.CANCELLED_BEFORE),
        (MeetingStatus.HELD, Refusal.NOT_BOOKED),
        (MeetingStatus.OFFERED, Refusal.NOT_BOOKED),
    ):
        visit.status = status
        assert [code(command, journey, NOW) for command in (move, cancel)] == [refusal] * 2
        assert ("move_meeting", visit.key) not in [(one.kind, one.about) for one in possible(journey)]


@pytest.mark.parametrize(
    "place", [{"online": True}, {"venue": "v1"}, {"where": "elsewhere", "online": True, "venue": "v"}]
)
def test_a_move_says_where_in_one_way(place: dict[str, object]) -> None:
    by = {"id": "c", "case_id": "x", "actor": EVERYTHING, "at": NOW, "meeting": "m", "slot": {"start": NOW}}
    with pytest.raises(ValidationError):
        COMMANDS["move_meeting"].model_validate({**by, **place})


def test_a_change_has_its_reason_and_a_new_place_its_words() -> None:
    by = {"id": "c", "case_id": "x", "actor": EVERYTHING, "at": NOW, "meeting": "m", "slot": {"start": NOW}}
    same = MoveMeeting.model_validate(by)
    assert same.has_its_words(MoveTexts(reason="ill"))
    assert not same.has_its_words(MoveTexts())
    at_home = MoveMeeting.model_validate({**by, "where": "elsewhere"})
    assert at_home.has_its_words(MoveTexts(reason="ill", place="5 Mill Lane"))
    assert not at_home.has_its_words(MoveTexts(reason="ill"))


def test_the_mediator_is_replaced_once_and_while_there_is_something_to_mediate() -> None:
    journey = sample_case(stage=Stage.JOINT_MEETING).journey
    assert journey
    by = {"id": "c", "case_id": "x", "actor": EVERYTHING, "at": NOW, "why": "unavailable"}
    replace = COMMANDS["replace_mediator"].model_validate({**by, "mediator": "m1"})
    judge(replace, journey, NOW)
    assert "replace_mediator" in [one.kind for one in possible(journey)]
    stale = replace.model_copy(update={"mediator": "before"})
    assert code(stale, journey, NOW) == Refusal.SUPERSEDED
    journey.stage = Stage.ACTIONS
    assert code(replace, journey, NOW) == Refusal.NOT_ASKED
    journey.mediator = ""
    assert code(replace, journey, NOW) == Refusal.NO_MEDIATOR
    assert "replace_mediator" not in [one.kind for one in possible(journey)]


def test_a_supporter_is_added_until_everyone_has_met() -> None:
    journey = sample_case(stage=Stage.JOINT_MEETING).journey
    assert journey
    by = {"id": "c", "case_id": "x", "actor": EVERYTHING, "at": NOW}
    add = COMMANDS["add_supporter"].model_validate({**by, "party": "p1"})
    judge(add, journey, NOW)
    journey.stage = Stage.AGREEMENT
    assert code(add, journey, NOW) == Refusal.HAS_MET
    kinds = [one.kind for one in possible(journey)]
    assert "add_supporter" not in kinds
    assert kinds.count("replace_contact") == len(journey.parties)
    stranger = COMMANDS["replace_contact"].model_validate({**by, "party": "p9"})
    assert code(stranger, journey, NOW) == Refusal.NO_SUCH_PARTY


def test_what_staff_ended_can_be_undone_and_is_not_ended_twice() -> None:
    ending = Ending(closing=Closing(reason=ClosingReason.CONCEDED), at=NOW + timedelta(minutes=10))
    journey = sample_case(ending=ending).journey
    assert journey
    by = {"id": "c", "case_id": "x", "actor": EVERYTHING, "at": NOW}
    undo = COMMANDS["undo"].model_validate(by)
    close = COMMANDS["close_case"].model_validate({**by, "reason": "conceded"})
    leave = COMMANDS["withdraw"].model_validate({**by, "party": "p1", "how": "phone"})
    judge(undo, journey, NOW)
    assert possible(journey)[0].kind == "undo"
    assert not {"withdraw", "close_case"} & {one.kind for one in possible(journey)}
    assert [code(command, journey, NOW) for command in (close, leave)] == [Refusal.ENDING] * 2
    judge(leave.model_copy(update={"actor": Actor(kind="participant", id="p1.1")}), journey, NOW)
    journey.ending = None
    assert code(undo, journey, NOW) == Refusal.NOTHING_TO_UNDO


def test_a_paper_is_released_once_and_taken_back_until_the_others_have_it() -> None:
    journey = sample_case(contacted=["p1", "p2"]).journey
    assert journey
    by = {"id": "c", "case_id": "x", "actor": EVERYTHING, "at": NOW, "how": "phone"}
    release = COMMANDS["release_paper"].model_validate({**by, "paper": "paper1"})
    back = COMMANDS["take_back_paper"].model_validate({**by, "paper": "paper1"})
    add = [COMMANDS["add_paper"].model_validate({**by, "party": party}) for party in ("p1", "p3")]

    def offered() -> set[str]:
        return {f"{one.kind} {one.about}" for one in possible(journey) if one.kind.endswith("_paper")}

    adding = {"add_paper p1", "add_paper p2"}
    judge(add[0], journey, NOW)
    assert code(add[1], journey, NOW) == Refusal.NOT_PERMITTED
    for command in (release, back):
        judge(command, journey, NOW)
    assert offered() == adding | {"release_paper paper1", "take_back_paper paper1"}
    [paper] = journey.papers
    paper.released = NOW
    assert code(release, journey, NOW) == Refusal.RELEASED_BEFORE
    judge(back, journey, NOW)
    assert offered() == adding | {"take_back_paper paper1"}
    paper.exchanged = NOW
    assert code(back, journey, NOW) == Refusal.OTHERS_HAVE_IT
    assert offered() == adding
    paper.exchanged, paper.check = None, "infected"
    assert {code(command, journey, NOW) for command in (release, back)} == {Refusal.NO_SUCH_PAPER}
    journey.papers = [paper.model_copy(update={"key": str(n), "check": "clean"}) for n in range(MOST_OF_ONE_PARTY)]
    assert code(add[0], journey, NOW) == Refusal.NO_ROOM
    assert "add_paper p1" not in offered()


def test_a_party_does_nothing_with_the_papers_of_another() -> None:
    journey = sample_case().journey
    assert journey
    for who, refusal in (("p2.1", Refusal.NO_SUCH_PAPER), ("p2.2", Refusal.NOT_YOURS)):  # who speaks for it; in copy
        by = {"id": "c", "case_id": "x", "actor": Actor(kind="participant", id=who), "at": NOW, "how": "link"}
        for kind in ("release_paper", "take_back_paper"):
            assert code(COMMANDS[kind].model_validate({**by, "paper": "paper1"}), journey, NOW) == refusal


def code(command: Command, journey: Journey, now: datetime) -> Refusal:
    with pytest.raises(Refused) as caught:
        judge(command, journey, now)
    return caught.value.code


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
