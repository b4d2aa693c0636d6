"""What a case is listed for in the queue, when, and the one thing that is done about it next."""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.commands import StaffRole
from domain.journey import READ_REPLY, Armed, Journey, OpenAsk, Task
from domain.parties import Party, PartyRole, Person
from domain.policy import Do
from domain.possible import Possible
from domain.queue import (
    Days,
    Times,
    at_risk_since,
    days_of_case,
    days_of_stage,
    matter_of,
    times_of,
)
from domain.stages import Closing, ClosingReason, Stage
from domain.targets import STAGE_DAYS
from domain.working_days import is_working_day, latest_start, working_days_between

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # a Tuesday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PARTIES = [Party(key=f"p{n}", role=role, people=[Person(key=f"p{n}.1")]) for n, role in enumerate(PartyRole, 1)]
REMINDER = Armed(at=NOW + 2 * DAY, do=Do.REMIND, number=2)


def journey(*what: OpenAsk | Task, **more: object) -> Journey:
    asks = [one for one in what if isinstance(one, OpenAsk)]
    tasks = [one for one in what if isinstance(one, Task)]
    return Journey.model_validate({"parties": PARTIES, "stage": Stage.CONSENT, "asks": asks, "tasks": tasks, **more})


def consent(party: str = "p3", **more: object) -> OpenAsk:
    return OpenAsk.model_validate({"key": f"consent/{party}", "of": party, "asked": NOW - 5 * DAY, **more})


def task(kind: str, role: StaffRole = StaffRole.COORDINATOR, **more: object) -> Task:
    return Task.model_validate({"key": kind, "kind": kind, "about": "", "role": role, "opened": NOW - DAY, **more})


CALL = Task(key="phone/consent/p3/1", kind="phone", about="consent/p3", role=StaffRole.COORDINATOR, opened=NOW - DAY)


# When


def test_a_task_is_late_after_its_time_and_to_be_done_on_its_day() -> None:
    assert times_of(journey(task("explaining_call", due=NOW - HOUR))) == Times(NOW - HOUR, NOW - HOUR)
    assert times_of(journey(task("phone"))) == Times(None, NOW - DAY), "without a time, it is to be done at once"
    assert times_of(journey(task("decide", StaffRole.MANAGER, due=NOW - HOUR))) == Times(), "the manager's, not theirs"


def test_whom_nothing_reaches_any_more_is_late_and_a_rung_for_people_is_to_be_done() -> None:
    in_vain = consent(climbed=6)
    assert times_of(journey(in_vain)).late == in_vain.asked
    call = consent(armed=Armed(at=NOW + HOUR, do=Do.PHONE_TASK, number=1))
    assert times_of(journey(call)) == Times(None, NOW + HOUR)
    assert times_of(journey(consent(armed=REMINDER))) == Times(), "reminders leave by themselves"


def test_nobody_is_late_while_nothing_leaves_or_a_reply_is_unread_or_the_case_has_ended() -> None:
    in_vain = consent(climbed=6)
    assert times_of(journey(in_vain, paused=True)) == Times()
    assert times_of(journey(in_vain, on_hold=True)) == Times()
    assert times_of(journey(in_vain, task(READ_REPLY))).late is None
    ended = Closing(reason=ClosingReason.CONCEDED)
    assert times_of(journey(in_vain, task("phone"), closing=ended, closed_at=NOW)) == Times()


# What, and what is done about it


def test_what_is_late_comes_before_what_is_of_today_before_what_only_waits() -> None:
    late, today, waits = task("visit_dates", due=NOW - HOUR), task("phone"), consent(armed=REMINDER)
    assert matter_of(journey(waits, today, late), NOW).task == late
    assert matter_of(journey(waits, today), NOW).task == today
    found = matter_of(journey(waits), NOW)
    assert (found.ask, found.late, found.today) == (waits, False, False)


def test_of_several_that_are_late_it_is_the_one_that_is_late_for_longest() -> None:
    older = task("visit_dates", key="a", due=NOW - 3 * DAY)
    assert matter_of(journey(task("visit_dates", due=NOW - HOUR), older), NOW).task == older


def test_a_coordinators_own_comes_before_a_managers_and_that_before_what_comes_by_itself() -> None:
    decide = Task(key="decide/consent/p3", kind="decide", about="consent/p3", role=StaffRole.MANAGER, opened=NOW - DAY)
    assert matter_of(journey(decide, CALL), NOW).task == CALL
    assert matter_of(journey(decide, consent(armed=REMINDER)), NOW).task == decide
    put_off = task("phone", due=NOW + 3 * DAY)
    assert matter_of(journey(put_off, decide), NOW).task == decide


def test_a_silence_on_which_a_manager_decides_is_the_managers_matter() -> None:
    decide = Task(key="decide/consent/p3", kind="decide", about="consent/p3", role=StaffRole.MANAGER, opened=NOW - DAY)
    assert matter_of(journey(consent(climbed=6), decide), NOW).task == decide
    assert matter_of(journey(consent(climbed=6), consent("p2", climbed=6), decide), NOW).ask == consent("p2", climbed=6)


def test_what_a_mediator_owes_is_listed_as_what_they_were_asked() -> None:
    visit = OpenAsk(key="visit/p2/1", of="mediator", asked=NOW - 2 * DAY, due=NOW - DAY)
    record = task("visit", StaffRole.MEDIATOR, key="visit/p2/1", about="visit/p2/1", due=NOW - DAY)
    assert matter_of(journey(visit, record), NOW).ask == visit


def test_who_answers_next_is_who_is_reminded_next() -> None:
    later = consent("p2", armed=REMINDER.model_copy(update={"at": NOW + 4 * DAY}))
    assert matter_of(journey(later, consent(armed=REMINDER)), NOW).ask == consent(armed=REMINDER)


@pytest.mark.parametrize(
    ("what", "action"),
    [
        (CALL, Possible(kind="tick_task", about=CALL.key)),
        (task("decide", StaffRole.MANAGER, about="consent/p3"), Possible(kind="decide_on_silence", about="consent/p3")),
        (consent(armed=REMINDER), Possible(kind="answer_consent", about="p3")),
        (OpenAsk(key="visit/p2/1", of="mediator", asked=NOW, due=NOW + DAY), None),
        (
            OpenAsk(key="visit/p2/1", of="mediator", asked=NOW - DAY, due=NOW - HOUR),
            Possible(kind="record_visit", about="p2"),
        ),
        (OpenAsk(key="no_show/p2/visit/p2/1", of="p2", asked=NOW - DAY, climbed=2), None),
    ],
)  # fmt: skip
def test_the_one_next_action(what: OpenAsk | Task, action: Possible | None) -> None:
    assert matter_of(journey(what), NOW).action == action


def test_a_task_that_waits_for_an_answer_is_done_by_recording_it() -> None:
    call = OpenAsk(key="explaining_call", of="coordinator", asked=NOW - DAY)
    asked = task("explaining_call", about="explaining_call")
    assert matter_of(journey(call, asked), NOW).action == Possible(kind="record_explaining_call")


def test_what_stands_still_goes_on_by_being_resumed_but_its_tasks_come_first() -> None:
    assert matter_of(journey(consent(climbed=6), paused=True), NOW).action == Possible(kind="resume")
    assert matter_of(journey(on_hold=True, paused=True), NOW).action == Possible(kind="release")
    assert matter_of(journey(CALL, paused=True), NOW).task == CALL
    assert matter_of(None, NOW).action is None


# Days

CHRISTMAS = [date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)]


def test_working_days_between_are_counted_as_the_calendar_has_them() -> None:
    first = date(2026, 11, 20)
    for days in range(60):
        last = first + timedelta(days=days)
        counted = sum(is_working_day(first + timedelta(days=n), CHRISTMAS) for n in range(1, days + 1))
        assert working_days_between(first, last, CHRISTMAS) == counted


@pytest.mark.parametrize("today", [date(2026, 12, 29) + timedelta(days=n) for n in range(7)])
def test_the_latest_start_is_the_last_day_from_which_so_many_have_passed(today: date) -> None:
    start = latest_start(today, 4, CHRISTMAS)
    assert working_days_between(start, today, CHRISTMAS) == 4
    assert working_days_between(start + timedelta(days=1), today, CHRISTMAS) == 3


def test_the_query_and_the_page_agree_on_who_is_at_risk() -> None:
    moments = at_risk_since(NOW, STAGE_DAYS, CHRISTMAS)
    assert set(moments) == {stage for stage in Stage if stage.lies_before(Stage.ACTIONS)}
    for hours in range(0, 24 * 40, 7):
        since = NOW - hours * HOUR
        for stage, moment in moments.items():
            assert days_of_stage(stage, since, NOW, STAGE_DAYS, CHRISTMAS).at_risk == (since < moment)


def test_days_in_words() -> None:
    assert str(Days(day=12, target=20)) == "day 12 of 20"
    assert str(Days(day=23, target=20)) == "day 23, target 20"
    assert str(Days(day=3)) == "day 3"
    assert str(Days(day=0, target=20)) == "since today"
    assert (Days(day=15, target=20).at_risk, Days(day=16, target=20).at_risk) == (False, True)
    assert (Days(day=20, target=20).over, Days(day=21, target=20).over) == (False, True)


def test_a_case_has_the_days_of_its_stages_until_the_agreement_is_written() -> None:
    created = NOW - 14 * DAY
    assert days_of_case(Stage.AGREEMENT, created, NOW, {Stage.CONSENT: 13, Stage.AGREEMENT: 9}, []) == Days(
        day=10, target=22
    )
    assert days_of_case(Stage.ACTIONS, created, NOW, STAGE_DAYS, []).target is None
