"""Working days and office hours in Europe/London. A day is a local day; an instant is UTC."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
ONE_DAY = timedelta(days=1)


def is_working_day(day: date, holidays: Collection[date]) -> bool:
    """Monday to Friday, and no bank holiday."""
    return day.weekday() < 5 and day not in holidays


def add_working_days(day: date, count: int, holidays: Collection[date]) -> date:
    """The working day that lies `count` working days after `day` (before it, when negative). With 0: `day` itself, or
    the next working day when it is none."""
    if count == 0:
        while not is_working_day(day, holidays):
            day += ONE_DAY
        return day
    step, left = (ONE_DAY, count) if count > 0 else (-ONE_DAY, -count)
    while left:
        day += step
        left -= is_working_day(day, holidays)
    return day


def working_days_between(first: date, last: date, holidays: Collection[date]) -> int:
    """How many working days have come after `first`, up to and with `last`: 1 on the working day after it. `holidays`
    names each day once."""
    weeks, rest = divmod((last - first).days, 7)
    weekdays = 5 * weeks + sum((first + n * ONE_DAY).weekday() < 5 for n in range(1, rest + 1))
    return weekdays - sum(first < day <= last and day.weekday() < 5 for day in holidays)


def latest_start(today: date, count: int, holidays: Collection[date]) -> date:
    """The latest day after which `count` working days have come by now, `today` with them."""
    while count:
        count -= is_working_day(today, holidays)
        today -= ONE_DAY
    return today


def local_day(instant: datetime) -> date:
    """The day in London on which `instant` falls."""
    return instant.astimezone(LONDON).date()


def at_local(day: date, clock: time) -> datetime:
    """The instant (UTC) at which London's clocks show `clock` on `day`."""
    return datetime.combine(day, clock, LONDON).astimezone(UTC)


def years_before(instant: datetime, years: int) -> datetime:
    """The same local day and time so many years ago; 28 February for the 29th."""
    local = instant.astimezone(LONDON)
    day = (local.month, min(local.day, 28) if local.month == 2 else local.day)
    return local.replace(year=local.year - years, month=day[0], day=day[1]).astimezone(UTC)


def next_office_moment(instant: datetime, opens: time, closes: time, holidays: Collection[date]) -> datetime:
    """`instant` itself in office hours of a working day; else the next opening."""
    local = instant.astimezone(LONDON)
    if is_working_day(local.date(), holidays):
        if opens <= local.time() < closes:
            return instant
        if local.time() < opens:
            return at_local(local.date(), opens)
    return at_local(add_working_days(local.date(), 1, holidays), opens)
