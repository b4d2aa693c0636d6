"""Working days of England and London's clocks, on the days on which they are tricky."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from domain.bank_holidays import of_england
from domain.working_days import add_working_days, at_local, is_working_day, local_day, next_office_moment

ENGLAND = of_england(2026, 2027)
OPENS, CLOSES = time(8), time(18)


def office(instant: datetime) -> datetime:
    return next_office_moment(instant, OPENS, CLOSES, ENGLAND)


def test_the_bank_holidays_of_england_with_their_substitutes() -> None:
    weekdays = [day for day in ENGLAND if day.weekday() < 5]
    assert weekdays == [
        date(2026, 1, 1),
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 5, 4),
        date(2026, 5, 25),
        date(2026, 8, 31),
        date(2026, 12, 25),
        date(2026, 12, 28),
        date(2027, 1, 1),
        date(2027, 3, 26),
        date(2027, 3, 29),
        date(2027, 5, 3),
        date(2027, 5, 31),
        date(2027, 8, 30),
        date(2027, 12, 27),
        date(2027, 12, 28),
    ]


def test_weekends_and_bank_holidays_are_no_working_days() -> None:
    assert is_working_day(date(2026, 12, 24), ENGLAND)
    assert not any(is_working_day(date(2026, 12, day), ENGLAND) for day in (25, 26, 27, 28))


@pytest.mark.parametrize(
    ("day", "count", "found"),
    [
        (date(2026, 12, 24), 1, date(2026, 12, 29)),
        (date(2026, 12, 23), 3, date(2026, 12, 30)),
        (date(2026, 12, 31), 1, date(2027, 1, 4)),
        (date(2026, 12, 25), 1, date(2026, 12, 29)),  # asked on a holiday
        (date(2026, 12, 26), 2, date(2026, 12, 30)),  # asked on a Saturday
        (date(2026, 12, 29), -1, date(2026, 12, 24)),
        (date(2027, 1, 4), -5, date(2026, 12, 23)),
        (date(2026, 12, 27), -2, date(2026, 12, 23)),  # counted back from a Sunday
        (date(2026, 12, 24), 0, date(2026, 12, 24)),
        (date(2026, 12, 25), 0, date(2026, 12, 29)),
    ],
)
def test_add_working_days(day: date, count: int, found: date) -> None:
    assert add_working_days(day, count, ENGLAND) == found


@pytest.mark.parametrize("count", range(-30, 31))
def test_there_and_back_again(count: int) -> None:
    day = date(2026, 12, 22)
    assert add_working_days(add_working_days(day, count, ENGLAND), -count, ENGLAND) == day


def test_nine_oclock_stays_nine_oclock_when_the_clocks_change() -> None:
    # Sunday 29 March 2026 at 01:00 the clocks go forward, Sunday 25 October at 02:00 back
    assert at_local(date(2026, 3, 27), time(9)) == datetime(2026, 3, 27, 9, tzinfo=UTC)
    assert at_local(date(2026, 3, 30), time(9)) == datetime(2026, 3, 30, 8, tzinfo=UTC)
    assert at_local(date(2026, 10, 23), time(9)) == datetime(2026, 10, 23, 8, tzinfo=UTC)
    assert at_local(date(2026, 10, 26), time(9)) == datetime(2026, 10, 26, 9, tzinfo=UTC)
    assert at_local(date(2026, 3, 29), time(9)) == datetime(2026, 3, 29, 8, tzinfo=UTC)
    assert at_local(date(2026, 10, 25), time(9)) == datetime(2026, 10, 25, 9, tzinfo=UTC)


def test_the_day_of_an_instant_is_londons() -> None:
    assert local_day(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == date(2026, 7, 1)
    assert local_day(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == date(2026, 12, 31)
    # a minute before and after the clocks went back, on the same day
    assert local_day(datetime(2026, 10, 25, 0, 59, tzinfo=UTC)) == local_day(datetime(2026, 10, 25, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("instant", "found"),
    [
        (datetime(2026, 12, 1, 12, tzinfo=UTC), datetime(2026, 12, 1, 12, tzinfo=UTC)),
        (datetime(2026, 12, 1, 7, 59, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC)),
        (datetime(2026, 12, 1, 8, 0, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC)),
        (datetime(2026, 12, 1, 18, 0, tzinfo=UTC), datetime(2026, 12, 2, 8, tzinfo=UTC)),
        (datetime(2026, 12, 4, 20, tzinfo=UTC), datetime(2026, 12, 7, 8, tzinfo=UTC)),  # Friday evening
        (datetime(2026, 12, 5, 12, tzinfo=UTC), datetime(2026, 12, 7, 8, tzinfo=UTC)),  # Saturday
        (datetime(2026, 12, 24, 18, 30, tzinfo=UTC), datetime(2026, 12, 29, 8, tzinfo=UTC)),
        (datetime(2026, 12, 25, 6, tzinfo=UTC), datetime(2026, 12, 29, 8, tzinfo=UTC)),
        (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 30, 7, tzinfo=UTC)),  # over the change to summer
        (datetime(2026, 10, 23, 17, 30, tzinfo=UTC), datetime(2026, 10, 26, 8, tzinfo=UTC)),  # and back: 18:30 is late
    ],
)
def test_next_office_moment(instant: datetime, found: datetime) -> None:
    assert office(instant) == found


def test_an_office_moment_is_never_early_never_out_of_hours_and_stays() -> None:
    instant = datetime(2026, 12, 18, tzinfo=UTC)
    while instant < datetime(2027, 1, 8, tzinfo=UTC):
        found = office(instant)
        assert found >= instant
        assert is_working_day(local_day(found), ENGLAND)
        assert 8 <= found.hour < 18
        assert office(found) == found
        instant += timedelta(minutes=37)
