"""The worker: wires workflows and activities to what they need, and runs them.

python worker.py run
python worker.py verify          could what runs on the server go on under the code that is here?
python worker.py make-current    with BUILD_ID: this build takes over all that runs (docs/runbook.md, "A release")"""

import argparse
import asyncio
import contextlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.runtime import Runtime
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.accounts import AccountLetters
from activities.arrivals import Arrivals
from activities.calendars import CalDAVCalendars
from activities.correspondence import Letters
from activities.documents import Typesetting
from activities.enquiries import Codes
from activities.papers import PaperFiles
from activities.proofs import ProofCodes
from activities.records import Records
from activities.rounds import Eraser, MorningLists, Reconciler
from casefile.cases import Cases
from casefile.commands import Commands
from casefile.database import Database
from casefile.enquiries import Enquiries as EnquiryRows
from casefile.letters import Letters as LetterRows
from casefile.links import Links
from casefile.papers import Papers
from casefile.password_resets import PasswordResets
from casefile.policies import Policies
from casefile.proofs import Proofs as ProofRows
from casefile.vault import Vault
from clamav import Scanner
from imap import Mailbox
from letters.rendering import Service
from logs import configure_logging
from mail import MailServer
from processes import finish, run_and_finish, say_ready, when_told_to_stop
from releasing import deployment, make_current, verify, verify_recorded
from schedules import keep_schedules
from settings import Settings, SettingsRefused, load_settings
from telemetry import Tracing, runtime_of_worker
from temporal_client import connect
from texts import TextProvider
from workflows.accounts import PasswordLetter
from workflows.case import MediationCase
from workflows.enquiry import EnquiryCode
from workflows.mailbox import MailboxWatch
from workflows.neighbours import (
    Accounts,
    Calendars,
    CaseFile,
    Correspondence,
    Digests,
    Documents,
    Enquiries,
    Mailroom,
    PaperKeeping,
    Proofs,
    Reconciliation,
    Retention,
    activities_of,
)
from workflows.proof import ProofCode
from workflows.rounds import DailyRound, Reconcile, RetentionRound

log = structlog.get_logger(__name__)
WORKFLOWS: list[type] = [
    MediationCase,
    EnquiryCode,
    PasswordLetter,
    ProofCode,
    MailboxWatch,
    Reconcile,
    DailyRound,
    RetentionRound,
]
READY_AGAIN = 10  # seconds
CASES_AT_HAND = 250  # a quarter of a MB each; most cases sleep for days, and one that wakes is read from its history
GRACE = timedelta(seconds=6)  # for letters and bookings on their way, before they are cancelled and tried again later


def build_worker(client: Client, settings: Settings, database: Database) -> Worker:
    """Workflows, and the real thing behind each of their neighbours."""
    vault = Vault(settings.vault_master_key())
    links = Links(database, settings.link_signing_key())
    service = Service(**settings.service())
    mail = MailServer(settings.smtp_url)
    texts = TextProvider(settings.text_url, settings.text_token)
    papers = Papers(database, vault)
    cases, commands = Cases(database, vault), Commands(database, vault)
    enquiries = EnquiryRows(database, vault, settings.link_signing_key())
    parts: dict[type, object] = {
        CaseFile: Records(database, vault, links, now=lambda: datetime.now(UTC)),
        Correspondence: Letters(database, vault, links, mail, texts, settings.mail_from, service),
        Calendars: CalDAVCalendars(settings.caldav_url, database),
        Documents: Typesetting(database, vault, settings.service_name, settings.service_phone),
        PaperKeeping: PaperFiles(papers, Scanner(settings.clamav_url) if settings.clamav_url else None),
        Accounts: AccountLetters(
            PasswordResets(database, settings.link_signing_key()), mail, settings.mail_from, service
        ),
        Enquiries: Codes(enquiries, mail, settings.mail_from, service),
        Proofs: ProofCodes(
            ProofRows(database, vault, settings.link_signing_key()), mail, texts, settings.mail_from, service
        ),
        Mailroom: Arrivals(
            Mailbox(settings.imap_url) if settings.imap_url else None,
            LetterRows(database, vault),
            cases,
            commands,
            papers,
        ),
        Digests: MorningLists(database, Policies(database, vault), mail, settings.mail_from, service),
        Retention: Eraser(database, enquiries, settings.records_kept_years),
        Reconciliation: Reconciler(client, settings.temporal_task_queue, cases, commands, settings.public_url),
    }
    return Worker(
        client,
        task_queue=settings.temporal_task_queue,
        workflows=WORKFLOWS,
        activities=[getattr(part, name) for neighbour, part in parts.items() for name in activities_of(neighbour)],
        workflow_runner=UnsandboxedWorkflowRunner(),  # docs/decisions/0004-sandbox.md
        max_cached_workflows=CASES_AT_HAND,
        graceful_shutdown_timeout=GRACE,
        deployment_config=deployment(settings),
    )


async def run(settings: Settings, runtime: Runtime | None) -> int:
    """Until told to stop. An unreachable Temporal server is waited for: cases lose nothing by it."""
    stop = asyncio.Event()
    when_told_to_stop(stop.set)
    tracing = Tracing(settings, "worker")
    client = await connect_patiently(settings, stop, runtime, tracing)
    if client is None:
        return 0
    database = Database(settings.database_url)
    async with build_worker(
        client, settings, database
    ):  # an error of the worker itself ends the process, to be started again
        if settings.imap_url:
            await watch_the_mailbox(client, settings.temporal_task_queue)
        log.info("worker started", task_queue=settings.temporal_task_queue, build=settings.build_id)
        scheduled = False
        while not stop.is_set():
            say_ready()  # again and again: a file that grows old tells that this loop stands still
            scheduled = scheduled or await try_to_keep_schedules(client, settings.temporal_task_queue)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(READY_AGAIN):
                    await stop.wait()
        log.info("worker stopping")
    await database.close()
    await asyncio.to_thread(tracing.close)
    return 0


async def try_to_keep_schedules(client: Client, task_queue: str) -> bool:
    """Cases go on without the rounds: a server that does not take them is asked again."""
    try:
        await keep_schedules(client, task_queue)
    except RPCError as error:
        log.error("the schedules cannot be kept; they are tried again", error=error.status.name)
        return False
    return True


async def watch_the_mailbox(client: Client, task_queue: str) -> None:
    """One watch for all workers; where it runs already, that is the one."""
    await client.start_workflow(
        MailboxWatch.run,
        id=f"mailbox-{task_queue}",
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary="Reads the mailbox to which people reply",
    )


async def connect_patiently(
    settings: Settings, stop: asyncio.Event, runtime: Runtime | None, tracing: Tracing
) -> Client | None:
    pause = 0.25
    while not stop.is_set():
        try:
            return await connect(settings, runtime=runtime, interceptors=tracing.interceptors())
        except RuntimeError as error:  # how the SDK reports an unreachable server
            log.warning("Temporal cannot be reached", server=settings.temporal_address, error=str(error))
        try:
            async with asyncio.timeout(pause):
                await stop.wait()
        except TimeoutError:
            pause = min(pause * 2, 10.0)
    return None


def main() -> None:
    os.umask(0o077)  # what is written here is for its owner
    parser = argparse.ArgumentParser(
        prog="worker.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="work until told to stop")
    verifying = commands.add_parser("verify", help="replay histories against this code; exit code 1: some cannot go on")
    verifying.add_argument("--histories", type=Path, metavar="FOLDER", help="recorded ones, instead of the server's")
    verifying.add_argument(
        "--closed-within", type=int, default=0, metavar="DAYS", help="those that ended in the last days, too"
    )
    commands.add_parser("make-current", help="this build takes over all that runs")
    args = parser.parse_args()
    if args.command == "verify" and args.histories:
        configure_logging()
        run_and_finish(verify_recorded(args.histories, WORKFLOWS))
    try:
        settings = load_settings()
        settings.codec_key_ring()
        runtime = runtime_of_worker(settings) if args.command == "run" else None  # it would take a worker's address
    except SettingsRefused as refused:
        print(refused)  # noqa: T201
        finish(1)
    configure_logging(settings.log_level)
    if args.command == "verify":
        run_and_finish(verify(settings, WORKFLOWS, timedelta(days=args.closed_within)))
    if args.command == "make-current":
        run_and_finish(make_current(settings))
    run_and_finish(run(settings, runtime))


if __name__ == "__main__":
    main()
