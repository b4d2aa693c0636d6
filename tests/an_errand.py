"""A workflow of a few lines, for tests of what surrounds workflows. In a module of its own: the sandbox
imports it anew."""

from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError


@activity.defn
async def deliver(letter: str) -> None:
    raise ApplicationError(f"550 no such user: maya.whitfield@home.example ({letter})", non_retryable=True)


@workflow.defn
class Errand:
    """Something that a case might have done, and that goes wrong."""

    def __init__(self) -> None:
        self.may_go = False

    @workflow.run
    async def run(self, letter: str) -> None:
        await workflow.wait_condition(lambda: self.may_go)
        await workflow.execute_activity(
            deliver, letter, start_to_close_timeout=timedelta(seconds=5), retry_policy=RetryPolicy(maximum_attempts=1)
        )

    @workflow.update
    async def go(self, words: str) -> str:
        self.may_go = True
        return words


@workflow.defn
class Broken:
    """Has a bug: its first task fails, again and again."""

    @workflow.run
    async def run(self) -> None:
        raise ValueError("about Maya")
