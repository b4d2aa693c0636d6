"""What happens at set times: the Schedules of the rounds, made or brought up to date by every worker at its start."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from workflows.rounds import Reconcile


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
    return found


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
