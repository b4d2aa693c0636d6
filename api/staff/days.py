"""On which day a case and its stage are, against the targets of the service."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from api.services import Services
from domain.queue import Days, days_of_case, days_of_stage
from domain.stages import Stage
from domain.working_days import local_day

_YEARS = 8  # of bank holidays that lie behind; no case is open for longer


@dataclass(frozen=True)
class Targets:
    """What days are counted by: the newest targets of the service, whatever a case began with."""

    stage_days: dict[Stage, int]
    holidays: Collection[date]
    now: datetime

    def case(self, stage: Stage, created: datetime) -> Days:
        return days_of_case(stage, created, self.now, self.stage_days, self.holidays)

    def stage(self, stage: Stage, since: datetime) -> Days:
        return days_of_stage(stage, since, self.now, self.stage_days, self.holidays)


async def targets_of(services: Services) -> Targets:
    """As they are today."""
    now = services.clock()
    newest, year = (await services.policies.current()).targets, local_day(now).year
    return Targets(newest.stage_days, frozenset(newest.holidays(year - _YEARS, year)), now)
