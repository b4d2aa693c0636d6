"""What happens at set times: the Schedules of the rounds, made or brought up to date by every worker at its start."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from workflows.rounds import DailyRound, Reconcile, RetentionRound


def schedules(task_queue: str) -> dict[str, Schedule]:
    """Each by its id. A round that is late is made up for as long as it is of use; one that still runs is not begun a
    second time."""
    found: dict[str, Schedule] = {}

    def add(name: str, run: Callable[..., Any], spec: ScheduleSpec, late: timedelta, note: str) -> None:
        id = f"{name}-{task_queue}"
        found[id] = Schedule(
            action=ScheduleActionStartWorkflow(run, id=id, task_queue=task_queue, static_summary=note),
            spec=spec,
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=late),
            state=ScheduleState(note=note),
        )

    add(
        "reconciler",
        Reconcile.run,
        ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(minutes=5))]),
        timedelta(minutes=1),
        "Compares the case file with the workflows, and begins anew what was terminated, reset or lost",
    )
    add(
        "daily-round",
        DailyRound.run,
        ScheduleSpec(calendars=[_at(7, 30, working_week=True)], time_zone_name="Europe/London"),
        timedelta(hours=3),
        "Sends each coordinator and manager what is late and what is due today; nothing on bank holidays",
    )
    add(
        "retention-round",
        RetentionRound.run,
        ScheduleSpec(calendars=[_at(2, 15)], time_zone_name="Europe/London"),
        timedelta(hours=12),
        "Erases closed cases that have been kept for as long as the service keeps records, and old enquiries",
    )
    return found


def _at(hour: int, minute: int, *, working_week: bool = False) -> ScheduleCalendarSpec:
    """On every day, or from Monday to Friday."""
    days = [ScheduleRange(1, 5)] if working_week else [ScheduleRange(0, 6)]
    return ScheduleCalendarSpec(hour=[ScheduleRange(hour)], minute=[ScheduleRange(minute)], day_of_week=days)


async def keep_schedules(client: Client, task_queue: str) -> None:
    """Make those that are missing; the others are brought up to date, and stay paused when somebody paused them.
    RPCError."""
    for id, schedule in schedules(task_queue).items():
        try:
            await client.create_schedule(id, schedule)
        except ScheduleAlreadyRunningError:
            await client.get_schedule_handle(id).update(_brought_up_to_date(schedule))


def _brought_up_to_date(schedule: Schedule) -> Callable[[ScheduleUpdateInput], ScheduleUpdate]:
    def update(there: ScheduleUpdateInput) -> ScheduleUpdate:
        schedule.state = there.description.schedule.state  # paused, with the note of whoever did it
        return ScheduleUpdate(schedule=schedule)

    return update
