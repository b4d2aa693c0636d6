"""England's bank holidays, as a value that a case is given at its start and never looks up again."""

from datetime import date

import holidays


def of_england(first_year: int, last_year: int) -> list[date]:
    """The bank holidays of England from `first_year` to `last_year`, both included, in order."""
    return sorted(holidays.country_holidays("GB", subdiv="ENG", years=range(first_year, last_year + 1)))


def named(first_year: int, last_year: int) -> dict[date, str]:
    """The same with their names."""
    return dict(holidays.country_holidays("GB", subdiv="ENG", years=range(first_year, last_year + 1)))
