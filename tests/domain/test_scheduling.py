"""Which half days are asked about, and which of them are best."""

from datetime import UTC, date, datetime

import pytest

from domain.bank_holidays import of_england
from domain.policy import standard
from domain.scheduling import event_uid, half_day_of, half_days_to_ask, suits

POLICY = standard(of_england(2026, 2027))


def days_of(half_days: list[str]) -> list[str]:
    return [half_day.partition("/")[0] for half_day in half_days[::2]]


def test_both_halves_of_fifteen_working_days_after_five() -> None:
    asked = half_days_to_ask(datetime(2026, 11, 2, 10, tzinfo=UTC), POLICY)  # a Monday
    assert asked[:3] == ["2026-11-10/am", "2026-11-10/pm", "2026-11-11/am"]  # Tue 3 to Mon 9 lie between
    assert len(asked) == 30
    assert asked[-1] == "2026-11-30/pm"
    assert all(date.fromisoformat(day).weekday() < 5 for day in days_of(asked))


def test_nobody_is_asked_about_christmas_2026() -> None:
    # Boxing Day is a Saturday: Monday the 28th stands in for it
    asked = half_days_to_ask(datetime(2026, 12, 16, 10, tzinfo=UTC), POLICY, days=6)
    assert days_of(asked) == ["2026-12-24", "2026-12-29", "2026-12-30", "2026-12-31", "2027-01-04", "2027-01-05"]


def test_bank_holidays_are_no_notice() -> None:
    asked = half_days_to_ask(datetime(2026, 12, 22, 10, tzinfo=UTC), POLICY, notice_days=5, days=1)
    assert days_of(asked) == ["2027-01-04"]  # 23, 24, 29, 30, 31 December lie between


def test_the_day_is_londons() -> None:
    late = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)  # 00:30 on Tuesday the 2nd
    assert half_days_to_ask(late, POLICY, notice_days=0, days=1)[0] == "2026-06-03/am"


def test_the_best_come_first_and_of_equals_the_earlier() -> None:
    half_days = ["2026-12-08/am", "2026-12-07/pm", "2026-12-07/am", "2026-12-09/am"]
    availability = {
        "p1": ["2026-12-08/am", "2026-12-09/am", "2026-12-07/pm"],
        "p2": ["2026-12-09/am", "2026-12-08/am"],
        "p3": ["2026-12-09/am", "2026-12-07/pm"],
    }
    best = suits(availability, half_days)
    assert [half_day.key for half_day in best] == ["2026-12-09/am", "2026-12-07/pm", "2026-12-08/am", "2026-12-07/am"]
    assert (best[0].who_can, best[0].who_cannot) == (["p1", "p2", "p3"], [])
    assert (best[1].who_can, best[1].who_cannot) == (["p1", "p3"], ["p2"])
    assert best[3].who_can == []


def test_while_nobody_has_answered_nothing_is_known() -> None:
    [only] = suits({}, ["2026-12-07/am"])
    assert (only.who_can, only.who_cannot) == ([], [])


@pytest.mark.parametrize(
    ("instant", "half_day"),
    [
        (datetime(2026, 12, 7, 11, 59, tzinfo=UTC), "2026-12-07/am"),
        (datetime(2026, 12, 7, 12, 0, tzinfo=UTC), "2026-12-07/pm"),
        (datetime(2026, 7, 7, 11, 0, tzinfo=UTC), "2026-07-07/pm"),  # noon of British Summer Time
    ],
)
def test_half_day_of(instant: datetime, half_day: str) -> None:
    assert half_day_of(instant) == half_day


def test_an_entry_is_known_by_case_and_meeting() -> None:
    assert event_uid("c1", "visit/p1/1") == "c1-visit-p1-1"
    assert len({event_uid(case, meeting) for case in ("c1", "c2") for meeting in ("visit/p1/1", "visit/p11/1")}) == 4
