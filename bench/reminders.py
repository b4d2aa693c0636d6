"""Many reminders due at the same instant."""

from datetime import datetime, time, timedelta
from typing import Any

from temporalio import activity
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.rows import Part, Row, Size, percentile
from domain.commands import EVERY_COMMAND
from domain.journey import CaseStart, Letter
from domain.parties import Party, PartyRole, Person
from domain.policy import standard
from domain.working_days import add_working_days, at_local, local_day
from tests.workflows.world import COORDINATOR, World, time_skipping
from workflows.case import MediationCase
from workflows.doors import Accepted, workflow_id
from workflows.neighbours import Deliveries, Delivery, LettersToDeliver, LetterToDeliver

GOAL = timedelta(seconds=2)


class ManyCases(World):
    """Takes the letters of all cases, and notes the server's time when each was begun."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[str, list[datetime]] = {}

    @activity.defn
    async def deliver(self, order: LetterToDeliver) -> Delivery:
        return self.taken(order.letter)

    @activity.defn
    async def deliver_together(self, order: LettersToDeliver) -> Deliveries:
        return Deliveries(of=[self.taken(letter) for letter in order.letters])

    def taken(self, letter: Letter) -> Delivery:
        self.at.setdefault(letter.kind, []).append(activity.info().started_time)
        return Delivery(state="sent")


async def measure(size: Size) -> Part:
    world = ManyCases()
    async with (
        time_skipping() as env,
        Worker(
            env.client,
            task_queue="cases",
            workflows=[MediationCase],
            activities=world.activities,
            workflow_runner=UnsandboxedWorkflowRunner(),
        ),
    ):
        asked = await env.get_current_time()
        with env.auto_time_skipping_disabled():
            for number in range(size.reminders):
                await begin_and_explain(env.client, f"many{number}", asked)
        due = at_local(add_working_days(local_day(asked), 3, []), time(9))  # the first reminder of the permission
        await env.sleep(due - await env.get_current_time() - timedelta(minutes=1))
        early = len(world.at.get("permission_remind", []))
        await env.sleep(timedelta(minutes=2))
    late = [(at - due).total_seconds() for at in world.at["permission_remind"]]
    early += sum(one < 0 for one in late)
    high = percentile(late, 99)
    row = Row(
        f"{size.reminders} reminders due at the same instant",
        f"lateness p99 <= {GOAL.seconds} s, none early, none twice",
        f"p99 {high:.2f} s, the last {max(late):.2f} s; {early} early; {len(late)} of {size.reminders} sent",
        f"polled every minute: p99 {0.99 * 60:.0f} s late by the waiting alone",
        high <= GOAL.seconds and early == 0 and len(late) == size.reminders,
        "All wake in the same second, and one worker on the machine of the server takes them in turn. "
        "Next: two workers.",
    )
    notes = (
        "Permission was asked of so many families; their reminders are due at 09:00 on the third working day. Time is "
        "skipped until then and runs as usual while there is work. Lateness is the server's time when the delivery of "
        "the letter begins; the mail server is not part of it. One worker."
    )
    return Part("Reminders", [row], notes)


async def begin_and_explain(client: Any, case_id: str, at: datetime) -> None:
    """A case that waits for the family's permission."""
    roles = (PartyRole.PARENT, PartyRole.SCHOOL, PartyRole.LOCAL_AUTHORITY)
    parties = [Party(key=f"p{n}", role=role, people=[Person(key=f"p{n}.1")]) for n, role in enumerate(roles, 1)]
    start = CaseStart(
        case_id=case_id, reference=f"SM-{case_id}", parties=parties, policy=standard([]), lists_waiting=True
    )
    case = await client.start_workflow(MediationCase.run, start, id=workflow_id(case_id), task_queue="cases")
    kind = "record_explaining_call"
    command = EVERY_COMMAND[kind](id=f"{case_id}-1", case_id=case_id, actor=COORDINATOR, at=at, outcome="go_on")
    await case.execute_update(kind, command, id=command.id, result_type=Accepted)
