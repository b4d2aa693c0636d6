"""What the service does at set times, each by a Schedule (schedules.py)."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.neighbours import Reconciled, Reconciliation, Round


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
        workflow.set_current_details(_told(found))
        return found


def _told(found: Reconciled) -> str:
    lines = [f"Compared **{found.compared}** cases and workflows."]
    lines += [f"- {count} mended: `{kind}`" for kind, count in found.mended.items()]
    lines += [f"- **{count} for a person**: `{kind}`" for kind, count in found.reported.items()]
    return "\n".join(lines if len(lines) > 1 else [*lines, "No differences."])
