"""What every door needs, made once at the start and handed in by FastAPI."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from temporalio.client import Client

from api.intake import Intake
from api.openid import Provider
from casefile.breaches import Breaches
from casefile.cases import Cases
from casefile.commands import Commands
from casefile.covers import Covers
from casefile.database import Database
from casefile.enquiries import Enquiries
from casefile.finding import Finding
from casefile.letter_texts import LetterTexts
from casefile.letters import Letters
from casefile.links import Links
from casefile.notes import Notes
from casefile.officers import Officers
from casefile.papers import Papers
from casefile.password_resets import PasswordResets
from casefile.policies import Policies
from casefile.post import PrintQueue
from casefile.proofs import Proofs
from casefile.reading import Reading
from casefile.related import Related
from casefile.saved_filters import SavedFilters
from casefile.second_factors import SecondFactors
from casefile.staff import StaffAccounts
from casefile.today import Queue
from casefile.vault import Vault
from settings import Settings


@dataclass
class Services:
    """The case file, the way commands take to the cases, and the time."""

    settings: Settings
    database: Database
    vault: Vault
    cases: Cases
    commands: Commands
    links: Links
    post: PrintQueue
    enquiries: Enquiries
    proofs: Proofs
    officers: Officers
    letters: Letters
    letter_texts: LetterTexts
    papers: Papers
    notes: Notes
    breaches: Breaches
    covers: Covers
    reading: Reading
    finding: Finding
    queue: Queue
    saved_filters: SavedFilters
    policies: Policies
    related: Related
    staff: StaffAccounts
    second_factors: SecondFactors
    password_resets: PasswordResets
    intake: Intake
    clock: Callable[[], datetime]
    openid: Provider | None = None  # where staff sign in elsewhere
    temporal: Client | None = None  # asked whether it answers: by /health and /metrics


def services_of(request: Request) -> Services:
    """The services of the app that answers this request."""
    found: Services = request.app.state.services
    return found


ServicesDep = Annotated[Services, Depends(services_of)]


async def one_look(request: Request, services: ServicesDep) -> AsyncIterator[None]:
    """For pages: a GET changes nothing, and sees one moment, however much it asks of the case file."""
    if request.method not in ("GET", "HEAD"):
        yield
        return
    async with services.database.one_look():
        yield


OneLook = Depends(one_look, scope="function")
