"""The way of a command: stored first, then delivered to its case, then answered (docs/architecture.md).

Pages, the JSON door and the personal links all come through here. Whoever acted gets an honest answer within seconds;
what could not be delivered by then is delivered later, once, and in order."""

import asyncio
import random
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Literal
from weakref import WeakValueDictionary

import structlog
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from casefile.cases import Cases, derived_id
from casefile.commands import Commands, Outcome, StoredElsewhere
from casefile.finding import Finding, FoundCase
from casefile.policies import Policies
from casefile.reading import Reading
from domain.commands import WAKING, Actor, Command, Texts
from domain.journey import CaseStart
from domain.policy import Policy, demo
from domain.referral import AnotherMatter, ReferralForm
from domain.refusals import Refusal
from domain.rules import Refused, judge
from domain.words import refusal_sentence
from domain.working_days import local_day
from temporal_client import begin_case
from workflows.doors import REFUSED, workflow_id

log = structlog.get_logger(__name__)

PATIENCE = 5.0  # seconds that a command may take to be answered by its case
RELAY_EVERY, RELAY_AT_MOST_EVERY = 3.0, 30.0  # seconds between two rounds of the relay: usually, and in an outage
RELAY_AFTER = timedelta(seconds=8)  # younger commands are still in the hands of whoever took them
CASES_AT_ONCE = 10

ACCEPTED = "Recorded."
PENDING = "We have your answer. It takes effect as soon as our case system is reachable again; you need not repeat it."
NOT_ALONE = "Not recorded, since something else on the page could not be."
FAILED = "failed"  # the code of a command that a fault of ours kept from taking effect
FAILED_SENTENCE = (
    "A fault on our side kept this from taking effect. It has been noted; ring the service before you go on."
)

POLICIES: dict[str, str] = {
    "standard": "The service's targets",
    "minutes": "For trying out: a minute for each working day",
    "demo": "For demonstrations: a second for each working day",
}
"""The policies that a case may run under, in words. All but the standard are for development only."""


OVERTAKEN = "AcceptedUpdateCompletedWorkflow"
"""The type of the error by which Temporal says that a workflow was terminated while it had the Update in hand: whatever
comes in its place hears of it next."""


class NoSuchPolicy(ValueError):
    """No policy has this name, or it is not allowed here. The message is a sentence for whoever asked."""


class Referred(BaseModel):
    """A referral that became a case."""

    case_id: str
    reference: str
    status: Literal["accepted", "pending"]  # pending: stored, and begun as soon as Temporal is there
    created: bool  # False: the same referral was there already


class Answer(BaseModel):
    """What became of a command, in words that tell a person what to do."""

    status: Literal["accepted", "refused", "pending"]
    message: str
    code: str = ""  # of a refusal


class Intake:
    """Takes commands in and brings them to their cases."""

    def __init__(
        self,
        cases: Cases,
        commands: Commands,
        client: Client,
        task_queue: str,
        clock: Callable[[], datetime],
        *,
        public_url: str,
        allow_demo: bool = False,
    ) -> None:
        self.cases, self.commands, self.client, self.task_queue, self.clock = cases, commands, client, task_queue, clock
        self.public_url, self.allow_demo, self.patience = public_url, allow_demo, PATIENCE
        self.policies = Policies(cases.database, cases.vault)
        self.answered: Callable[[Outcome, timedelta], None] = lambda outcome, after: None  # told of each answer
        self._reading, self._finding = Reading(cases.database, cases.vault), Finding(cases.database, cases.vault)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._deliveries: set[asyncio.Task[bool]] = set()

    # What people do

    async def policy(self, name: str) -> Policy:
        """The policy of this name as it is today. "standard" is the newest version of the service's targets, with the
        bank holidays that are known; the others are told by settings and are no version. NoSuchPolicy."""
        if name == "standard":
            version = await self.policies.current()
            return version.targets.policy(local_day(self.clock()), version.number)
        if name in POLICIES and not self.allow_demo:
            raise NoSuchPolicy(f"The policy “{name}” is for trying out only; this service does not allow it.")
        if name == "minutes":
            return demo(seconds_a_day=60).model_copy(update={"name": name})
        if name == "demo":
            return demo()
        raise NoSuchPolicy("There is no policy of this name. Use “standard”.")

    def policy_names(self) -> dict[str, str]:
        """Those that may be chosen here, with their titles."""
        return {name: title for name, title in POLICIES.items() if name == "standard" or self.allow_demo}

    async def known_as(self, form: ReferralForm, command_id: str, split_from: str = "") -> list[FoundCase]:
        """Cases that are likely about the child of a referral that is about to be taken in, for those who may see all
        cases; none for one that was taken in already. That a case is like the one from which it is split is no news."""
        if await self.cases.exists(derived_id("case", command_id)):
            return []
        return [one for one in await self._finding.same_child(form) if one.line.reference != split_from]

    async def refer(
        self,
        form: ReferralForm,
        command_id: str,
        actor: Actor,
        coordinator: str,
        another: AnotherMatter | None = None,
        split_from: str = "",
    ) -> Referred:
        """A referral becomes a case; the same command id gives the same case again. Whoever takes it in asks `known_as`
        first, and says with `another` that it is another matter; `split_from` is the reference of the case out of which
        it is begun (NoSuchCase). NoSuchPolicy, or StoredElsewhere when the id was used
        for something else."""
        policy = await self.policy(form.policy)
        case_id = derived_id("case", command_id)
        try:
            reference, created = await self.cases.take_in(
                form, command_id, actor, coordinator, policy, self.clock(), another, split_from
            )
        except IntegrityError:  # posted twice in one moment, or the id belongs to another command
            if not await self.cases.exists(case_id):
                raise StoredElsewhere(command_id) from None
            reference, created = (await self.cases.start_of(case_id)).reference, False
        outcome = await self._answered(case_id, command_id, new=created)
        return Referred(
            case_id=case_id,
            reference=reference,
            status="pending" if outcome.status == "pending" else "accepted",
            created=created,
        )

    async def take(self, command: Command, texts: Texts | None = None) -> Answer:
        """Store a command, deliver it, and say what became of it. A repeated post gets the first answer again.
        StoredElsewhere, LookupError (no such case), vault.Erased."""
        if against := self._against(command, texts or Texts()):
            return against
        new = await self.commands.store(command, texts)
        return await self.answer(command.case_id, await self._answered(command.case_id, command.id, new=new))

    async def take_together(self, given: list[tuple[Command, Texts]]) -> list[Answer]:
        """Several commands for one case, said in one breath: all are stored in their order, or none, when one of them
        is refused on sight. Then they are delivered like any others. StoredElsewhere, LookupError, vault.Erased."""
        against = [self._against(command, texts) for command, texts in given]
        if any(against):
            return [one or Answer(status="refused", message=NOT_ALONE) for one in against]
        await self.commands.store_together(given)
        case_id = given[-1][0].case_id
        await self._answered(case_id, given[-1][0].id)
        return [await self.answer(case_id, await self.commands.outcome(command.id)) for command, _ in given]

    def _against(self, command: Command, texts: Texts) -> Answer | None:
        """What forbids even storing it."""
        if field := implausible(command, self.clock()):
            return Answer(status="refused", code="implausible", message=f"Nothing was stored: {field} cannot be right.")
        if not command.has_its_words(texts):
            return Answer(status="refused", code=Refusal.WORDS_MISSING, message=refusal_sentence(Refusal.WORDS_MISSING))
        return None

    async def answer(self, case_id: str, outcome: Outcome) -> Answer:
        """An outcome in words."""
        match outcome.status:
            case "accepted":
                return Answer(status="accepted", message=ACCEPTED)
            case "pending":
                return Answer(status="pending", message=PENDING)
        return Answer(status="refused", message=await self._refusal(case_id, outcome), code=outcome.code)

    async def _refusal(self, case_id: str, outcome: Outcome) -> str:
        if outcome.code not in list(Refusal):
            return FAILED_SENTENCE
        return refusal_sentence(outcome.code, outcome.about, await self.cases.load(case_id))

    async def _answered(self, case_id: str, command_id: str, *, new: bool = False) -> Outcome:
        """The outcome, after the case had a few seconds to answer. The delivery goes on when whoever asked is gone.
        `new`: it was stored just now, so nobody can have answered it."""
        outcome = Outcome(status="pending") if new else await self.commands.outcome(command_id)
        if outcome.status != "pending":
            return outcome
        answers: dict[str, Outcome] = {}
        delivery = asyncio.create_task(self.deliver(case_id, answers))
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._delivered)
        await asyncio.wait({delivery}, timeout=self.patience + 1)
        return answers.get(command_id) or await self.commands.outcome(command_id)

    def _delivered(self, delivery: asyncio.Task[bool]) -> None:
        self._deliveries.discard(delivery)
        if not delivery.cancelled() and (error := delivery.exception()):
            log.error("a delivery failed; the relay tries again", error=type(error).__name__)

    # Delivery

    async def deliver(self, case_id: str, answers: dict[str, Outcome] | None = None) -> bool:
        """Bring the case what it has not answered yet, in order. False: something had to stay behind, and with it
        whatever was stored after it. `answers` is given what was written down of each, by its id."""
        lock = self._locks.setdefault(case_id, asyncio.Lock())
        async with lock:
            for command in await self.commands.pending(case_id):
                if command == "refer":
                    command_id, outcome = await self._reading.referral_command(case_id), await self._begin(case_id)
                else:
                    command_id, outcome = command.id, await self._bring(command)
                if outcome.status == "pending":
                    return False
                settled = await self.commands.settle(command_id, outcome, self.clock())
                if answers is not None:
                    answers[command_id] = settled
                if command != "refer":
                    self.answered(outcome, self.clock() - command.at)
        return True

    async def _begin(self, case_id: str) -> Outcome:
        """Start the case's workflow; one that was started before is the same."""
        try:
            await self._start(await self.cases.start_of(case_id), WorkflowIDReusePolicy.REJECT_DUPLICATE)
        except (RPCError, RuntimeError) as error:  # RuntimeError: how a lazy client reports an unreachable server
            log.warning("a case cannot begin yet", case=case_id, error=_kind_of(error))
            return Outcome(status="pending")
        return Outcome(status="accepted")

    async def _start(self, start: CaseStart, reuse: WorkflowIDReusePolicy) -> None:
        await begin_case(self.client, self.task_queue, start, reuse, timedelta(seconds=self.patience), self.public_url)

    async def _bring(self, command: Command) -> Outcome:
        """One that was left behind may have taken effect, and its answer was lost with the workflow."""
        left_behind = self.clock() - command.at > RELAY_AFTER
        if left_behind and await self._reading.has_taken_effect(command):
            return Outcome(status="accepted")
        return await self._update(command)

    async def _update(self, command: Command, *, woken: bool = False) -> Outcome:
        """Deliver one command as the Update of its name. Its id makes a repetition harmless, whoever sends it."""
        update = asyncio.create_task(
            self.client.get_workflow_handle(workflow_id(command.case_id)).execute_update(
                command.kind(), command, id=command.id, rpc_timeout=timedelta(seconds=self.patience)
            )
        )
        update.add_done_callback(lambda done: done.cancelled() or done.exception())  # late ones are no news
        try:
            # Not asyncio.timeout: the SDK turns a cancellation into an error of its own, and ours would be lost.
            await asyncio.wait({update}, timeout=self.patience)
            if not update.done():
                return Outcome(status="pending")
            update.result()
        except WorkflowUpdateFailedError as failed:
            return _refused(failed.cause, command)
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            return Outcome(status="pending")
        except (RPCError, RuntimeError) as error:
            if isinstance(error, RPCError) and error.status == RPCStatusCode.NOT_FOUND:
                reason = await self._reading.closed_reason(command.case_id)
                if reason:
                    return await self._update_of_ended(command, reason, woken=woken)
            log.warning("a command waits", case=command.case_id, kind=command.kind(), error=_kind_of(error))
            return Outcome(status="pending")
        finally:
            update.cancel()
        return Outcome(status="accepted")

    async def _update_of_ended(self, command: Command, reason: str, *, woken: bool) -> Outcome:
        """The case has ended. For what may still be done with it, its workflow is begun again with what is filed, and
        then hears the command like any other: the workflow is over, so nothing else writes the case file now."""
        if not isinstance(command, WAKING):
            return Outcome(status="refused", code=Refusal.ENDED, about=reason)
        if woken:  # somebody else's act came first, and it has ended again
            return Outcome(status="pending")
        if await self._reading.has_taken_effect(command):  # and the answer was lost on its way
            return Outcome(status="accepted")
        start = await self.cases.as_filed(command.case_id)
        if start.as_filed is not None:
            try:
                judge(command, start.as_filed.journey, self.clock())
            except Refused as refused:  # nothing to wake it for
                return Outcome(status="refused", code=refused.code, about=refused.about)
        try:
            await self._start(start, WorkflowIDReusePolicy.ALLOW_DUPLICATE)
        except (RPCError, RuntimeError) as error:
            log.warning("a case cannot be begun again yet", case=command.case_id, error=_kind_of(error))
            return Outcome(status="pending")
        return await self._update(command, woken=True)

    async def relay_forever(self) -> None:
        """Deliver what was left behind, every few seconds; more rarely while nothing can be delivered."""
        pause = RELAY_EVERY
        while True:
            await asyncio.sleep(pause)
            try:
                reached = await self.relay_once()
            except Exception as error:  # the database, say: the relay outlives it
                log.error("the relay failed; it tries again", error=type(error).__name__)
                reached = False
            pause = RELAY_EVERY if reached else min(pause * 2, RELAY_AT_MOST_EVERY)

    async def relay_once(self) -> bool:
        """One round over all cases that owe an answer. False: Temporal or the worker seems to be away."""
        waiting = await self.commands.cases_with_pending(self.clock() - RELAY_AFTER)
        random.shuffle(waiting)  # so that a few cases that cannot be reached never keep all others waiting
        for first in range(0, len(waiting), CASES_AT_ONCE):
            reached = await asyncio.gather(*(self.deliver(case) for case in waiting[first : first + CASES_AT_ONCE]))
            if not any(reached):
                return False
        return True

    async def close(self) -> None:
        """Let go of deliveries on their way; the next relay delivers what they could not."""
        for delivery in self._deliveries:
            delivery.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)


CODE = re.compile(r"[A-Za-z0-9_./:+@-]{0,150}")  # ids, keys and codes; no words
YEARS_AROUND = 20


def implausible(command: Command, now: datetime) -> str:
    """The first field of a command that no form of ours would send: words among the codes, a year far away. "" when all
    is well. A forged one must not get as far as the case, which could neither file it nor reckon with it."""
    fields = command.model_dump()
    return next((name for name, value in fields.items() if not _plausible(value, now.year)), "")


def _plausible(value: Any, year: int) -> bool:
    match value:
        case str():
            return CODE.fullmatch(value) is not None
        case date():  # a datetime is one
            return abs(value.year - year) <= YEARS_AROUND
        case int():
            return abs(value) < 10**6
        case dict():
            return all(_plausible(inner, year) for inner in [*value.keys(), *value.values()])
        case list():
            return all(_plausible(inner, year) for inner in value)
    return True


def _refused(cause: BaseException, command: Command) -> Outcome:
    if isinstance(cause, ApplicationError) and cause.type == OVERTAKEN:
        return Outcome(status="pending")
    if isinstance(cause, ApplicationError) and cause.type == REFUSED:
        code, about, *_ = [*(str(detail) for detail in cause.details), "", ""]
        return Outcome(status="refused", code=code or cause.message, about=about)
    # A bug of ours. The same id would get the same answer for ever, so the queue goes on without this command.
    log.error("a command failed in its case", case=command.case_id, kind=command.kind(), error=_kind_of(cause))
    return Outcome(status="refused", code=FAILED)


def _kind_of(error: BaseException) -> str:
    return f"RPCError {error.status.name}" if isinstance(error, RPCError) else type(error).__name__
