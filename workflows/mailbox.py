"""The mailbox to which people reply is read by one worker at a time, for as long as there is one."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.neighbours import Mailroom, Watch

WATCH = Watch(minutes=6 * 60)


@workflow.defn
class MailboxWatch:
    """One activity that looks every minute, for hours; then it begins anew. There is one workflow of its id, so that
    one worker reads; when that one dies its heartbeat stops, and another goes on."""

    @workflow.run
    async def run(self) -> str:
        workflow.set_current_details(
            "Reads the mailbox every minute. A failing attempt says why it cannot; nothing is lost meanwhile."
        )
        watched = await workflow.execute_activity_method(
            Mailroom.watch,
            WATCH,
            start_to_close_timeout=timedelta(minutes=WATCH.minutes + 30),
            heartbeat_timeout=timedelta(minutes=3),
            retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=2)),
            summary="read the mailbox every minute",
        )
        if watched.is_set:
            workflow.continue_as_new()
        return "no mailbox is set"
