"""England's bank holidays, as a value that a case is given at its start and never looks up again."""

from datetime import date
from functools import cache

import holidays


def of_england(first_year: int, last_year: int) -> list[date]:
    """The bank holidays of England from `first_year` to `last_year`, both included, in order."""
    return list(_known(first_year, last_year))


@cache
def _known(first_year: int, last_year: int) -> tuple[date, ...]:
    """The library reckons for milliseconds, and pages ask each time."""
    return tuple(sorted(holidays.country_holidays("GB", subdiv="ENG", years=range(first_year, last_year + 1))))


def named(first_year: int, last_year: int) -> dict[date, str]:
    """The same with their names."""
    return dict(holidays.country_holidays("GB", subdiv="ENG", years=range(first_year, last_year + 1)))
