"""A Temporal for the doors' tests: it remembers what reached it, refuses what it is told to refuse, and can be away."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.commands import Command
from domain.journey import CaseStart


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass
class FakeTemporal:
    """Stands in for temporalio.client.Client where api/intake.py uses it."""

    away: bool = False
    ended: bool = False
    refuse: dict[str, tuple[str, str]] = field(default_factory=dict)  # kind -> code, about
    started: list[CaseStart] = field(default_factory=list)
    updates: list[Command] = field(default_factory=list)  # in the order of their arrival, repetitions left out
    error: BaseException | None = None  # raised by the next updates, as a fault inside the case

    def _reach(self) -> None:
        if self.away:
            raise RPCError("connection refused by host-of-somebody", RPCStatusCode.UNAVAILABLE, b"")

    async def start_workflow(self, workflow: str, start: CaseStart, **how: Any) -> None:
        self._reach()
        assert workflow == "MediationCase"
        assert how["id"] == f"case-{start.case_id}"
        assert how["static_summary"] == start.reference
        if start.case_id in [known.case_id for known in self.started]:
            raise WorkflowAlreadyStartedError(how["id"], workflow)
        self.started.append(start)

    def get_workflow_handle(self, workflow_id: str) -> "FakeHandle":
        return FakeHandle(self, workflow_id)


@dataclass
class FakeHandle:
    """One case's workflow."""

    temporal: FakeTemporal
    workflow_id: str

    async def execute_update(self, update: str, command: Command, *, id: str, **_: Any) -> None:
        temporal = self.temporal
        temporal._reach()
        assert (update, id) == (command.kind(), command.id)
        assert self.workflow_id == f"case-{command.case_id}"
        if temporal.ended or command.case_id not in [start.case_id for start in temporal.started]:
            raise RPCError("workflow execution already completed", RPCStatusCode.NOT_FOUND, b"")
        if update in temporal.refuse:
            raise WorkflowUpdateFailedError(
                ApplicationError("refused", *temporal.refuse[update], type="refused", non_retryable=True)
            )
        if temporal.error:
            raise WorkflowUpdateFailedError(temporal.error)
        if id not in [known.id for known in temporal.updates]:
            temporal.updates.append(command)
