"""What the service does at set times."""

from datetime import timedelta

from temporalio.testing import WorkflowEnvironment

from tests.replay.keeping import told
from tests.workflows.rounds_world import Rounds, worker
from workflows.rounds import DailyRound, Reconcile, RetentionRound


async def test_one_list_that_cannot_leave_holds_up_no_other(env: WorkflowEnvironment) -> None:
    rounds = Rounds(readers=["cora", "cyd", "max"], away_for=["cyd"])
    async with worker(env.client, rounds):
        round = await env.client.start_workflow(DailyRound.run, id="daily", task_queue="rounds")
        became = await round.result()
    described = await round.describe()
    assert became == {"given up": 1, "sent": 2}
    assert sorted(order.reader for order in rounds.sent) == ["cora", "max"]
    assert {order.day for order in rounds.sent} == {described.start_time.date()}
    assert described.close_time
    assert described.close_time - described.start_time < timedelta(hours=5), "a list of yesterday is of no use"
    history = await round.fetch_history()
    await told(history, DailyRound, "one_list_that_cannot_leave", kept=True, fingerprint=True)


async def test_a_quiet_morning(env: WorkflowEnvironment) -> None:
    async with worker(env.client, Rounds()):
        assert await env.client.execute_workflow(DailyRound.run, id="daily", task_queue="rounds") == {}


async def test_a_round_that_stumbles_is_tried_again(env: WorkflowEnvironment) -> None:
    async with worker(env.client, Rounds(failures=2)):
        found = await env.client.execute_workflow(Reconcile.run, id="reconciler", task_queue="rounds")
        erased = await env.client.execute_workflow(RetentionRound.run, id="retention", task_queue="rounds")
    for workflow, id in ((Reconcile, "reconciler"), (RetentionRound, "retention")):
        history = await env.client.get_workflow_handle(id).fetch_history()
        await told(history, workflow, f"{id}_that_stumbles", kept=True, fingerprint=True)
    assert (found.mended, found.reported) == ({"terminated": 1}, {"unknown": 2})
    assert erased.cases == 3
