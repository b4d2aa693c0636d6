"""What the service does at set times, each by a Schedule (schedules.py)."""

from collections import Counter
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from domain.working_days import local_day
    from workflows.errands import far, near, together
    from workflows.neighbours import (
        Digests,
        DigestToSend,
        Reconciled,
        Reconciliation,
        Retained,
        Retention,
        Round,
    )

WHILE_IT_IS_MORNING = timedelta(hours=4)  # a list that comes later is of no use


@workflow.defn
class Reconcile:
    """Every few minutes: does every case have the workflow that it needs, and does that know what is filed?"""

    @workflow.run
    async def run(self) -> Reconciled:
        workflow.set_current_details("Compares the case file with the workflows.")
        found = await workflow.execute_activity_method(
            Reconciliation.reconcile,
            Round(at=workflow.now()),
            start_to_close_timeout=timedelta(minutes=4),
            heartbeat_timeout=timedelta(minutes=1),
            retry_policy=RetryPolicy(maximum_attempts=3),  # the next round is near
            summary="compare the case file with the workflows, mend what differs",
        )
        lines = [f"Compared **{found.compared}** cases and workflows."]
        lines += [f"- {count} mended: `{kind}`" for kind, count in found.mended.items()]
        lines += [f"- **{count} for a person**: `{kind}`" for kind, count in found.reported.items()]
        workflow.set_current_details("\n".join(lines if len(lines) > 1 else [*lines, "No differences."]))
        return found


@workflow.defn
class DailyRound:
    """On working days, in the morning: each coordinator and manager is sent what is late and what is due today."""

    def __init__(self) -> None:
        self.became: Counter[str] = Counter()

    @workflow.run
    async def run(self) -> dict[str, int]:
        begun = Round(at=workflow.now())
        readers = await near(Digests.readers_of_today, begun, "who has something late or due today?")
        orders = [DigestToSend(reader=id, day=local_day(begun.at)) for id in readers.ids]
        if orders:
            await together(*(self.send(order) for order in orders))
        lines = [f"- {count} `{state}`" for state, count in sorted(self.became.items())]
        title = "The lists of today:" if lines else "Nobody has a list today."
        workflow.set_current_details("\n".join([title, *lines]))
        return dict(sorted(self.became.items()))

    async def send(self, order: DigestToSend) -> None:
        try:
            delivery = await far(
                Digests.send_digest,
                order,
                f"the list of {order.reader}",
                within=WHILE_IT_IS_MORNING,
                at_least_every=timedelta(minutes=5),
            )
            self.became[delivery.state] += 1
        except ActivityError:
            self.became["given up"] += 1


@workflow.defn
class RetentionRound:
    """At night: what has been kept for as long as it may be is erased."""

    @workflow.run
    async def run(self) -> Retained:
        workflow.set_current_details("Erases what has been kept for as long as it may be.")
        done = await workflow.execute_activity_method(
            Retention.erase_what_is_due,
            Round(at=workflow.now()),
            start_to_close_timeout=timedelta(minutes=30),
            heartbeat_timeout=timedelta(minutes=1),
            retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=10), maximum_attempts=10),
            summary="erase what has been kept for as long as it may be",
        )
        workflow.set_current_details(
            f"Erased: **{done.cases}** cases, {done.enquiries} enquiries. On a safeguarding hold, and kept: "
            f"{done.kept_on_hold}." + (" The rest follows tomorrow." if done.left_for_tomorrow else "")
        )
        return done
