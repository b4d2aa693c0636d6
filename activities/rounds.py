"""The rounds by Schedule: the case file against the workflows, the morning's lists, and what is erased at night."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.errors import MessageError
from email.message import EmailMessage
from typing import Literal, NamedTuple

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from temporalio import activity
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from casefile import digests
from casefile.cases import Cases
from casefile.commands import Commands
from casefile.database import Database
from casefile.enquiries import Enquiries
from casefile.erasing import Erasing
from casefile.policies import Policies
from casefile.rounds import Rounds, Standing
from domain.digest import Digest
from domain.journey import workflow_id
from domain.working_days import is_working_day, local_day, years_before
from letters.html import put_words
from letters.rendering import Service, digest_letter
from mail import Away, MailServer, Refused, envelope, message_id
from temporal_client import begin_case
from workflows.neighbours import (
    Delivery,
    Digests,
    DigestToSend,
    Readers,
    Reconciled,
    Reconciliation,
    Retained,
    Retention,
    Round,
)

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=30)  # what is younger may be in the hands of whoever did it
STARTS_WITHIN = timedelta(seconds=10)
COMMAND_IS_LATE = timedelta(minutes=5)
SEES_LETTERS_HOME = timedelta(hours=2)  # a case that was begun again for an act that never came ends after one
MOST_A_NIGHT = 1000  # cases that are erased
MOST_A_DAY = 3  # a case that stops again and again is not mended by beginning it anew

MENDED = ("terminated", "reset", "failed", "lost", "behind", "reset_after_its_end")
REPORTED = ("cannot_begin", "stops_again", "unknown", "still_running", "command_waits")
"""Kinds of differences: those that are mended, and those that a person has to see to."""

TEMPORAL_IS_AWAY = (
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,  # what the client says when its own time is over
    RPCStatusCode.RESOURCE_EXHAUSTED,
)

OPEN_WORKFLOWS = 'WorkflowType = "MediationCase" AND ExecutionStatus = "Running"'
RUN_WAS_RESET = "run_was_reset"
"""The type of the error by which the case file refuses a run that knows less than itself."""


class _Seen(NamedTuple):
    """A running workflow, as the list of them shows it; the list is a second or two late."""

    run: str
    started: datetime


class Reconciler(Reconciliation):
    """Mends by beginning anew with what is filed: the case file is the truth, and every act that was accepted is in
    it."""

    def __init__(
        self,
        client: Client,
        task_queue: str,
        cases: Cases,
        commands: Commands,
        public_url: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        grace: timedelta = GRACE,
    ) -> None:
        self.client, self.task_queue, self.cases, self.commands, self.now = client, task_queue, cases, commands, now
        self.rounds, self.public_url, self.grace = Rounds(cases.database), public_url, grace

    @activity.defn
    async def reconcile(self, order: Round) -> Reconciled:
        """One question to the list of workflows and one to the case file; only what differs is asked for by itself."""
        running = {
            workflow.id: _Seen(workflow.run_id, workflow.start_time)
            async for workflow in self.client.list_workflows(OPEN_WORKFLOWS, page_size=1000)
        }
        standings = {workflow_id(one.case_id): one for one in await self.rounds.standings()}
        found: Counter[str] = Counter()
        for standing in [one for id, one in standings.items() if _differs(one, running.get(id))]:
            activity.heartbeat()
            found[await self._see_to(standing)] += 1
        found += await self._without_need({id: seen for id, seen in running.items() if id not in standings})
        late = await self.commands.cases_with_pending(self.now() - COMMAND_IS_LATE)
        for case_id in late:
            log.warning("a command waits for its case", case=case_id)
        found["command_waits"] = len(late)
        return _told(len({*running, *standings}), found)

    async def _see_to(self, standing: Standing) -> str:
        """The kind of difference; "" when there is none after all."""
        try:
            return await self._mend(standing)
        except Exception as error:  # what is the matter with one case must not keep all others from being mended
            if _all_are_away(error):
                raise
            log.error("a case cannot be begun anew", case=standing.case_id, error=type(error).__name__)
            return "cannot_begin"

    async def _mend(self, standing: Standing) -> str:
        case_id, now = standing.case_id, self.now()
        found = await self._describe(case_id)
        fault = self._fault(standing, found)
        if not fault or not await self._still_so(standing, fault):
            return ""
        if await self.rounds.begun_anew_since(case_id, now - timedelta(days=1)) >= MOST_A_DAY:
            log.error("a case stops again and again", case=case_id, kind=fault)
            return "stops_again"
        start = await (self.cases.as_filed(case_id) if standing.version else self.cases.start_of(case_id))
        if found is not None and found.status == WorkflowExecutionStatus.RUNNING:  # not before it can be begun again
            await self._terminate(found)
        start = start.model_copy(update={"begun_anew": fault})
        again = WorkflowIDReusePolicy.ALLOW_DUPLICATE
        await begin_case(self.client, self.task_queue, start, again, STARTS_WITHIN, self.public_url)
        log.warning("a case was begun anew", case=case_id, kind=fault)
        return fault

    def _fault(self, standing: Standing, found: WorkflowExecutionDescription | None) -> str:
        """A code of CaseStart.begun_anew; "" when the list of workflows was late, or somebody is about to see to it."""
        young = self.now() - self.grace
        if found is None:
            return "" if standing.created > young else "lost"
        if found.status == WorkflowExecutionStatus.RUNNING:
            return _knows_less(found) if found.start_time < young else ""
        if found.close_time and found.close_time > young:
            return ""
        return "terminated" if found.status == WorkflowExecutionStatus.TERMINATED else "failed"

    async def _still_so(self, standing: Standing, fault: str) -> bool:
        """The case file was read before the workflow was looked at; and a first start is the relay's business."""
        if fault == "lost" and not standing.version and await self.rounds.begins_soon(standing.case_id):
            return False
        again = await self.rounds.standings([standing.case_id])
        return bool(again) and again[0].needs_workflow and again[0].run == standing.run

    async def _without_need(self, running: dict[str, _Seen]) -> Counter[str]:
        """Workflows that run though nothing is left to do: as a rule they are about to end."""
        kinds: Counter[str] = Counter()
        by_id = {workflow_id(one.case_id): one for one in await self.rounds.standings([_case_of(id) for id in running])}
        long_ago = self.now() - SEES_LETTERS_HOME
        for id, seen in running.items():
            standing = by_id.get(id)
            if standing is None:
                if seen.started < self.now() - self.grace:
                    log.error("a workflow runs for a case that is not in the case file", workflow=id)
                    kinds["unknown"] += 1
            elif standing.run not in ("", seen.run) and seen.started < self.now() - self.grace:
                found = await self._describe(standing.case_id)
                if found and found.status == WorkflowExecutionStatus.RUNNING and _knows_less(found):
                    await self._terminate(found)
                    log.warning("a case that had ended was reset; its workflow is ended", case=standing.case_id)
                    kinds["reset_after_its_end"] += 1
            elif standing.closed_at and standing.closed_at < long_ago and seen.started < long_ago:
                log.warning("a case has ended and its workflow still runs", case=standing.case_id)
                kinds["still_running"] += 1
        return kinds

    async def _describe(self, case_id: str) -> WorkflowExecutionDescription | None:
        """The latest run; None: there never was one, or it was deleted."""
        try:
            return await self.client.get_workflow_handle(workflow_id(case_id)).describe()
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return None
            raise

    async def _terminate(self, found: WorkflowExecutionDescription) -> None:
        await self.client.get_workflow_handle(found.id, run_id=found.run_id).terminate(
            reason="The reconciler: this run knows less than the case file"
        )


def _differs(standing: Standing, seen: _Seen | None) -> bool:
    """Worth a closer look. A run that has not filed anything yet is another than the case file knows, too."""
    return seen is None or standing.run not in ("", seen.run)


def _knows_less(found: WorkflowExecutionDescription) -> str:
    """Why a running workflow cannot go on: it was reset, or the case file refuses what it files."""
    if found.raw_description.workflow_extended_info.HasField("last_reset_time"):
        return "reset"
    refused = (
        pending.last_failure.application_failure_info.type == RUN_WAS_RESET
        for pending in found.raw_description.pending_activities
    )
    return "behind" if any(refused) else ""


def _case_of(id: str) -> str:
    return id.removeprefix(workflow_id(""))


def _all_are_away(error: Exception) -> bool:
    """Temporal or the database, so that no other case would fare better: the round is tried again as a whole."""
    if isinstance(error, RPCError):
        return error.status in TEMPORAL_IS_AWAY
    return isinstance(error, (DBAPIError, PoolTimeout, OSError))


def _told(compared: int, found: Counter[str]) -> Reconciled:
    """Counted for whoever watches, as the SDK's own figures are."""
    counter = activity.metric_meter().create_counter(
        "reconciler_differences", "Differences between the case file and the workflows"
    )
    for outcome, kinds in (("mended", MENDED), ("reported", REPORTED)):
        for kind in kinds:  # those of which there are none, too: Prometheus sees no rise in a series that just appears
            counter.add(found[kind], {"kind": kind, "outcome": outcome})
    log.info("the case file and the workflows were compared", compared=compared)
    mended, reported = ({kind: found[kind] for kind in sorted(kinds) if found[kind]} for kinds in (MENDED, REPORTED))
    return Reconciled(compared=compared, mended=mended, reported=reported)


class MorningLists(Digests):
    """Sends lists through a mail server. Its row says what is true: once it is settled, nothing is sent again."""

    def __init__(
        self,
        database: Database,
        policies: Policies,
        mail: MailServer,
        sender: str,
        service: Service,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.rows, self.policies, self.mail, self.sender = digests.Digests(database), policies, mail, sender
        self.service, self.now = service, now

    @activity.defn
    async def readers_of_today(self, order: Round) -> Readers:
        today = local_day(order.at)
        targets = (await self.policies.current()).targets
        if not is_working_day(today, targets.policy(today).holidays):
            return Readers()
        return Readers(ids=await self.rows.readers(order.at))

    @activity.defn
    async def send_digest(self, order: DigestToSend) -> Delivery:
        ready = await self.rows.to_send(order.reader, order.day, self.now())
        if isinstance(ready, str):
            return Delivery.model_validate({"state": ready})
        reader, digest = ready
        try:
            await self.mail.send(self._message(order, reader, digest))
        except Refused as refused:
            log.warning("a list was refused", by=order.reader, code=refused.code)
            return await self._settle(order, "bounced" if refused.recipient else "failed", refused.code)
        except Away as away:
            if not away.unclear:
                await self.rows.back_into_the_queue(order.reader, order.day, away.code)
            raise ApplicationError(f"the mail server did not take the list: {away.code}", type="mail_away") from None
        except (ValueError, MessageError):  # a name or an address that no header can hold
            return await self._settle(order, "failed", "header")
        return await self._settle(order, "sent")

    def _message(self, order: DigestToSend, reader: digests.Reader, digest: Digest) -> EmailMessage:
        rendered = digest_letter(digest, reader.name, service=self.service, now=self.now())
        known_by = message_id(f"digest-{order.reader}-{order.day}", self.sender)
        message = envelope(self.sender, reader.email, rendered.subject, known_by, self.now())
        put_words(message, rendered.text, self.service)
        return message

    async def _settle(
        self, order: DigestToSend, state: Literal["sent", "bounced", "failed"], problem: str = ""
    ) -> Delivery:
        await self.rows.settle(order.reader, order.day, state, self.now(), problem)
        return Delivery(state=state)


class Eraser(Retention):
    """Erases cases that were closed for so many years, and enquiries that never became one."""

    def __init__(self, database: Database, enquiries: Enquiries, years: int) -> None:
        self.erasing, self.enquiries, self.years = Erasing(database), enquiries, years

    @activity.defn
    async def erase_what_is_due(self, order: Round) -> Retained:
        closed_before = years_before(order.at, self.years)
        due = await self.erasing.due(closed_before, MOST_A_NIGHT)
        erased = 0
        for case_id in due:
            activity.heartbeat()
            erased += await self.erasing.erase(case_id, closed_before, order.at)
        done = Retained(
            cases=erased,
            enquiries=await self.enquiries.erase_old(order.at),
            kept_on_hold=await self.erasing.kept_on_hold(closed_before),
            left_for_tomorrow=len(due) == MOST_A_NIGHT,
        )
        log.info("what had been kept for long enough is erased", number=done.cases)
        return done
