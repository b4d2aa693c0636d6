"""Where an ask stands on another ladder, and that a manager is told before what then happens."""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain import ladders
from domain.commands import Slot
from domain.journey import Fact, Journey, Meeting, MeetingStatus, OpenAsk, Task
from domain.parties import Party, PartyRole, Person
from domain.policy import STANDARD_LADDERS, Do, Policy, Rung
from domain.targets import Closure, Targets, adjustable, ladder_with

MONDAY = datetime(2026, 11, 2, 10, tzinfo=UTC)
OLD = Policy()


def chased(reminders: list[int], phone: int, decide: int, kind: str = "consent", **more: object) -> Policy:
    days = {Do.REMIND: reminders, Do.PHONE_TASK: [phone], Do.MANAGER_DECIDES: [decide]}
    return Policy.model_validate({"ladders": {**STANDARD_LADDERS, kind: ladder_with(kind, days)}, **more})


def after(days: int, policy: Policy = OLD, **more: object) -> OpenAsk:
    """Consent, asked on a Monday, so many working days ago, with all climbed that was due."""
    ask = OpenAsk(key="consent/p2", of="p2", asked=MONDAY).model_copy(update=more)
    ladders.climb(ask, policy, noon(days))
    return ask


def noon(days: int) -> datetime:
    """So many working days after that Monday."""
    weeks, rest = divmod(days, 5)
    return MONDAY + timedelta(weeks=weeks, days=rest, hours=2)


def journey(*asks: OpenAsk, **more: object) -> Journey:
    roles = (PartyRole.PARENT, PartyRole.SCHOOL)
    parties = [Party(key=f"p{n}", role=role, people=[Person(key=f"p{n}.1")]) for n, role in enumerate(roles, 1)]
    return Journey.model_validate({"parties": parties, "asks": list(asks), **more})


def rest(ask: OpenAsk, old: Policy, new: Policy) -> list[str]:
    """What is still to come after a change."""
    moved = ask.model_copy()
    ladders.move(moved, old, new)
    return [f"{rung.do} {rung.after}" for rung in new.ladder(ask.kind)[moved.climbed :]]


@pytest.mark.parametrize(
    ("days", "new", "expected"),
    [
        (8, chased([3, 6, 9], 11, 13), ["remind 9", "phone_task 11", "manager_decides 13"]),
        (8, chased([5], 10, 12), ["phone_task 10", "manager_decides 12"]),  # fewer reminders: nobody goes unrung
        (8, chased([1, 2, 3], 4, 5), ["phone_task 4", "manager_decides 5"]),
        (8, chased([2, 4, 6, 8, 10], 12, 15), ["remind 8", "remind 10", "phone_task 12", "manager_decides 15"]),
        (0, chased([5, 10], 12, 14), ["remind 5", "remind 10", "phone_task 12", "manager_decides 14"]),
        (12, chased([3, 6, 9, 12, 15], 18, 20), ["manager_decides 20"]),  # rung already: not rung and reminded again
        (20, chased([3, 6, 9, 12, 25], 30, 40), []),  # with a manager already, and stays there
    ],
)
def test_the_ask_goes_on_at_the_height_where_it_stands(days: int, new: Policy, expected: list[str]) -> None:
    assert rest(after(days), OLD, new) == expected


def test_a_ladder_changed_and_changed_back_is_as_it_was() -> None:
    for new in (chased([2, 4, 6, 8, 10], 12, 15), chased([10], 12, 14), Policy(holidays=[date(2026, 11, 9)])):
        ask = after(8)
        ladders.move(ask, OLD, new)
        assert rest(ask, new, OLD) == rest(after(8), OLD, OLD)


def test_a_holiday_in_the_past_repeats_no_reminder() -> None:
    """Announced late: the reminder of the third day has gone, and by the new calendar its day is still to come."""
    new = Policy(holidays=[date(2026, 11, 3), date(2026, 11, 4)])
    assert rest(after(3), OLD, new)[0] == "remind 6"


def test_only_the_latest_of_what_is_overdue_is_climbed() -> None:
    ask = after(8)
    ladders.move(ask, OLD, short := chased([1, 2, 3], 4, 5))
    assert [rung.do for rung in ladders.climb(ask, short, noon(8))] == [Do.MANAGER_DECIDES]
    assert ladders.next_rung(ask, short) is None


def test_a_task_is_not_lost_among_what_is_overdue() -> None:
    ask = OpenAsk(key="visit/p2/1", of="mediator", asked=MONDAY, due=noon(3))
    assert [rung.do for rung in ladders.climb(ask, OLD, noon(9))] == [Do.TASK, Do.ESCALATE]


def test_reminders_of_a_meeting_that_lie_behind_are_not_repeated() -> None:
    ask = OpenAsk(key="visit/p2/1", of="mediator", asked=MONDAY, due=noon(9))
    ladders.climb(ask, OLD, noon(8))  # reminders of two days and of one day before
    days = {Do.REMIND: [5, 4, 3, 2, 1], Do.ESCALATE: [3]}
    more = Policy(ladders={**STANDARD_LADDERS, "visit": ladder_with("visit", days)})
    assert rest(ask, OLD, more) == ["task 0", "escalate 3"]


def test_a_reminder_before_the_asking_is_passed_over() -> None:
    ask = OpenAsk(key="visit/p2/1", of="mediator", asked=MONDAY, due=noon(4))
    days = {Do.REMIND: [10, 1], Do.ESCALATE: [3]}
    more = Policy(ladders={**STANDARD_LADDERS, "visit": ladder_with("visit", days)})
    assert rest(ask, OLD, more) == ["remind -1", "task 0", "escalate 3"]


def test_whatever_moves_a_rung_is_looked_at() -> None:
    """The quick look at a policy leaves nothing out: a policy has no other field by which a moment is reckoned."""
    others = {"name", "version", "ladders", "offers_before_alert", "minutes_to_regret", "record_only_after_start"}
    others |= {"papers_days", "no_shows_before_decision"}
    assert {*ladders._OF_MOMENTS, *others} == set(Policy.model_fields)


# What a manager is told before


NEW_POLICIES = [
    chased([1, 2, 3], 4, 5),
    chased([5], 10, 12),
    chased([2, 4, 6, 8, 10], 12, 15),
    Policy(holidays=[date(2026, 11, 12), date(2026, 11, 13)]),
    Policy(posting_days=4),
    Policy(morning="11:00"),  # type: ignore[arg-type]
    Targets(closures=[Closure(first=date(2026, 11, 9), last=date(2026, 11, 13), name="Flood")]).policy(MONDAY.date()),
]


@pytest.mark.parametrize("new", NEW_POLICIES, ids=range(len(NEW_POLICIES)))
@pytest.mark.parametrize("by_post", [False, True])
@pytest.mark.parametrize("days", range(16))
def test_what_is_told_is_what_happens(days: int, new: Policy, by_post: bool) -> None:
    """On every day of the ladder: the step told is the one that is armed after the change, and what is told to come at
    once is what is climbed."""
    now, ask = noon(days), after(days, by_post=by_post)
    told = ladders.effect_of(journey(ask), OLD, new, now).moved
    was = (rung := ladders.next_rung(ask, OLD)) and (rung.do, ladders.moment(ask, rung, OLD))
    ladders.move(ask, OLD, new)
    climbed = [rung.do for rung in ladders.climb(ask, new, now)]
    then = (rung := ladders.next_rung(ask, new)) and (rung.do, ladders.moment(ask, rung, new))
    if told:
        assert (told[0].at_once, told[0].then, told[0].then_at) == (climbed, *(then or (None, None)))
        assert (told[0].was, told[0].was_at) == (was or (None, None))
        assert len(climbed) <= 1
    else:
        assert (climbed, then) == ([], was)


def test_what_is_late_already_is_not_told_as_a_change() -> None:
    """The worker was away over the day of a reminder: it comes at once with or without the change."""
    ask = after(2)
    assert ladders.effect_of(journey(ask), OLD, OLD, noon(3)).moved == []
    [moved] = ladders.effect_of(journey(ask), OLD, chased([3, 6, 8], 11, 13), noon(7)).moved
    assert (moved.was, moved.at_once, moved.then) == (Do.REMIND, [], Do.REMIND)


def test_an_answer_that_is_known_is_not_told() -> None:
    known = {"consent/p2": Fact(answer="yes", at=MONDAY)}
    assert ladders.effect_of(journey(after(1), facts=known), OLD, NEW_POLICIES[0], noon(1)).moved == []


def test_a_paused_case_has_no_dates() -> None:
    effect = ladders.effect_of(journey(after(1), paused=True), OLD, NEW_POLICIES[0], noon(9))
    assert effect.stands_still
    [moved] = effect.moved
    assert (moved.stands_still, moved.was_at, moved.then_at, moved.at_once) == (True, None, None, [])


def test_a_ladder_that_waits_for_a_reply_to_be_read_has_no_dates_either() -> None:
    reply = Task(key="reply/p2.1/x", kind="read_reply", about="p2.1", role="coordinator", opened=MONDAY)  # type: ignore[arg-type]
    effect = ladders.effect_of(journey(after(1), tasks=[reply]), OLD, NEW_POLICIES[0], noon(9))
    assert not effect.stands_still
    assert effect.moved[0].stands_still


def test_silence_that_counts_at_once_is_followed_by_nothing() -> None:
    ask = OpenAsk(key="comments/p2/1", of="p2", asked=MONDAY)
    ladders.climb(ask, OLD, noon(4))
    days = {Do.REMIND: [1], Do.LAPSE: [2]}
    new = Policy(ladders={**STANDARD_LADDERS, "comments": ladder_with("comments", days)})
    [moved] = ladders.effect_of(journey(ask), OLD, new, noon(4)).moved
    assert (moved.at_once, moved.then) == ([Do.LAPSE], None)


def test_meetings_on_a_day_that_becomes_a_holiday() -> None:
    on = Slot(start=noon(4), minutes=60)
    meetings = [
        Meeting(key="visit/p2/1", status=MeetingStatus.BOOKED, slot=on),
        Meeting(key="visit/p1/1", status=MeetingStatus.HELD, slot=on),
        Meeting(key="joint_meeting/1", status=MeetingStatus.BOOKED, slot=Slot(start=noon(6), minutes=60)),
    ]
    new = Policy(holidays=[noon(4).date()])
    assert ladders.effect_of(journey(meetings=meetings), OLD, new, noon(1)).meetings == ["visit/p2/1"]
    assert ladders.effect_of(journey(meetings=meetings), OLD, new, noon(5)).meetings == []


def test_rungs_of_the_demonstration_are_told_too() -> None:
    """A case that leaves the seconds of a demonstration for working days."""
    quick = [Rung(do=Do.ASK), Rung(do=Do.REMIND, after=3, unit="seconds"), Rung(do=Do.REMIND, after=6, unit="seconds")]
    demo = Policy(ladders={**STANDARD_LADDERS, "consent": quick})
    ask = after(0, demo)
    assert rest(ask, demo, OLD)[0] == "remind 3"


def test_what_may_be_set_of_each_ladder_builds_it_again() -> None:
    for kind, ladder in STANDARD_LADDERS.items():
        days = {do: [abs(rung.after) for rung in ladder if rung.do == do] for do, _ in adjustable(kind)}
        assert ladder_with(kind, days) == ladder


# A step that is skipped, brought forward or postponed


def test_what_can_be_done_about_each_rung() -> None:
    found = {
        (kind, n, str(rung.do)): ladders.ways(OpenAsk(key=kind, of="p2", asked=MONDAY, climbed=n), OLD)
        for kind in ("consent", "comments", "feedback", "visit", "action")
        for n, rung in enumerate(OLD.ladder(kind))
    }
    every = ["skip", "bring_forward", "postpone"]
    assert found == {
        ("consent", 0, "ask"): ["postpone"],
        ("consent", 1, "remind"): every,
        ("consent", 2, "remind"): every,
        ("consent", 3, "remind"): every,
        ("consent", 4, "phone_task"): every,
        ("consent", 5, "manager_decides"): ["bring_forward", "postpone"],
        ("comments", 0, "ask"): ["postpone"],
        ("comments", 1, "remind"): every,
        ("comments", 2, "lapse"): ["postpone"],
        ("feedback", 0, "ask"): ["skip", "postpone"],
        ("feedback", 1, "lapse"): ["postpone"],
        ("visit", 0, "remind"): ["skip", "bring_forward"],
        ("visit", 1, "remind"): ["skip", "bring_forward"],
        ("visit", 2, "task"): [],
        ("visit", 3, "escalate"): ["bring_forward"],
        ("action", 0, "remind"): ["skip", "bring_forward"],
        ("action", 1, "remind"): ["skip", "bring_forward"],
        ("action", 2, "phone_task"): ["skip", "bring_forward"],
        ("action", 3, "escalate"): ["bring_forward"],
    }


def test_what_is_put_off_is_put_off_for_every_rung_after_it() -> None:
    ask = after(4)
    ladders.put_off(ask, OLD, date(2026, 11, 14))  # a Saturday; planned was Tuesday the 10th
    assert [ladders.moment(ask, rung, OLD).date() for rung in OLD.ladder("consent")[ask.climbed :]] == [
        date(2026, 11, 16),
        date(2026, 11, 19),
        date(2026, 11, 23),
        date(2026, 11, 25),
    ]
    assert [ladders.moment(ask, rung, OLD).hour for rung in OLD.ladder("consent")[ask.climbed :]] == [9, 9, 9, 9]
