"""The wiring of the doors in HTTP: what each needs is opened here once, and handed down."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from fastapi import FastAPI

from api import errors, health, metrics
from api.auth import Lockout, may_read_payloads
from api.codec_endpoint import codec_router
from api.intake import Intake
from api.languages import ReadersLanguage
from api.limits import Limits
from api.metrics import Metrics
from api.observer import Observer
from api.openid import Provider
from api.party.copies import router as party_copies
from api.party.office import router as officers
from api.party.papers import router as party_papers
from api.party.reach import router as party_contact
from api.party.routes import router as party_pages
from api.party.unlock import router as party_codes
from api.public.routes import router as public_pages
from api.remembered import Remembered
from api.rest.routes import router as json_door
from api.services import OneLook, Services
from api.shield import Shield
from api.staff import (
    account,
    accounts,
    calls,
    case_page,
    codes,
    doing,
    elsewhere,
    lists,
    new_case,
    new_password,
    notes,
    policy,
    print_queue,
    quarter,
    saved_filters,
    second_step,
    service,
    sign_in,
    split,
    today,
)
from api.static_files import FOLDER, Packed
from casefile.cases import Cases
from casefile.commands import Commands
from casefile.database import Database
from casefile.enquiries import Enquiries
from casefile.finding import Finding
from casefile.letters import Letters
from casefile.links import Links
from casefile.notes import Notes
from casefile.officers import Officers
from casefile.papers import Papers
from casefile.password_resets import PasswordResets
from casefile.post import PrintQueue
from casefile.proofs import Proofs
from casefile.reading import Reading
from casefile.related import Related
from casefile.saved_filters import SavedFilters
from casefile.second_factors import SecondFactors
from casefile.staff import StaffAccounts
from casefile.today import Queue
from casefile.vault import Vault
from settings import Settings, load_settings
from telemetry import Tracing
from temporal_client import SealingCodec, connect

Opener = Callable[[Settings], AbstractAsyncContextManager[Services]]
STAFF_PAGES = (
    sign_in.router,
    second_step.router,
    new_password.router,
    elsewhere.router,
    account.router,
    today.router,
    lists.router,
    saved_filters.router,
    calls.router,
    split.router,
    new_case.router,  # before the case page: /cases/new is no reference
    case_page.router,
    doing.router,
    notes.router,
    codes.router,
    print_queue.router,
    service.router,
    accounts.router,
    policy.router,
    quarter.router,
)


@asynccontextmanager
async def open_services(settings: Settings, tracing: Tracing) -> AsyncIterator[Services]:
    """The real ones. Temporal may be away: its client connects when it is first needed."""
    database, vault = Database(settings.database_url), Vault(settings.vault_master_key())
    cases, commands = Cases(database, vault), Commands(database, vault)
    links = Links(database, settings.link_signing_key())
    client = await connect(settings, lazy=True, interceptors=tracing.interceptors())
    intake = Intake(
        cases,
        commands,
        client,
        settings.temporal_task_queue,
        now,
        public_url=settings.public_url,
        allow_demo=settings.allow_demo_policy,
    )
    openid = None
    if settings.oidc_issuer:
        openid = Provider(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    relay = asyncio.create_task(intake.relay_forever())
    try:
        yield Services(
            settings=settings,
            database=database,
            vault=vault,
            cases=cases,
            commands=commands,
            links=links,
            post=PrintQueue(database, vault, links),
            enquiries=Enquiries(database, vault, settings.link_signing_key()),
            proofs=Proofs(database, vault, settings.link_signing_key()),
            officers=Officers(database, vault),
            letters=Letters(database, vault),
            papers=Papers(database, vault),
            notes=Notes(database, vault),
            reading=Reading(database, vault),
            finding=Finding(database, vault),
            queue=Queue(database, vault),
            saved_filters=SavedFilters(database),
            policies=intake.policies,
            related=Related(database, vault),
            staff=StaffAccounts(database),
            second_factors=SecondFactors(database, vault),
            password_resets=PasswordResets(database, settings.link_signing_key()),
            intake=intake,
            clock=now,
            openid=openid,
            temporal=client,
        )
    finally:
        if openid:
            await openid.close()
        relay.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await relay
        await intake.close()
        await database.close()


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def create_app(
    settings: Settings | None = None, opens: Opener | None = None, tracing: Tracing | None = None
) -> FastAPI:
    """The service's pages and JSON door: `uvicorn --factory api.app:create_app`. `opens` and `tracing` give tests their
    own."""
    settings = settings or load_settings()
    tracing = tracing or Tracing(settings, "api")
    opens = opens or partial(open_services, tracing=tracing)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.lockout = Lockout()
        app.state.limits = Limits()
        app.state.metrics = Metrics()
        app.state.health = Remembered[dict[str, bool]](health.GOOD_FOR)
        async with opens(settings) as services:
            app.state.services = services
            services.intake.answered = app.state.metrics.command_answered
            yield
        await asyncio.to_thread(tracing.close)

    # The JSON door describes itself at /api/openapi.json
    app = FastAPI(title=settings.service_name, lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(Shield, https=settings.over_https)
    app.add_middleware(ReadersLanguage)  # outside of the shield, which has sentences too
    app.add_middleware(Observer, tracer=tracing.provider.get_tracer("api"))
    errors.install(app)
    app.mount("/static", Packed(directory=FOLDER), name="static")
    app.include_router(health.router)
    app.include_router(metrics.router)
    for pages in STAFF_PAGES:
        opens_a_session = pages is elsewhere.router  # by the GET with which somebody comes back from the provider
        app.include_router(pages, dependencies=[] if opens_a_session else [OneLook])
    app.include_router(party_pages, dependencies=[OneLook])
    app.include_router(party_papers, dependencies=[OneLook])
    app.include_router(party_codes, dependencies=[OneLook])
    app.include_router(party_contact, dependencies=[OneLook])
    app.include_router(party_copies, dependencies=[OneLook])
    app.include_router(officers, dependencies=[OneLook])
    app.include_router(public_pages, dependencies=[OneLook])
    app.include_router(
        codec_router(
            SealingCodec(settings.codec_key_ring()),
            settings.temporal_ui_url,
            may_read_payloads,
            trust_local_ui=settings.environment == "development",
        )
    )
    app.include_router(json_door)  # the last: it answers for everything else under /api
    return app
