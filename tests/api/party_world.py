"""The pages behind personal links, for their tests: somebody with a letter in hand, at a case in full swing."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
from fastapi import FastAPI
from sqlmodel import SQLModel, func, select

from api.languages import ReadersLanguage
from api.limits import Limits
from api.party.copies import router as copies_router
from api.party.papers import router as papers_router
from api.party.reach import router as reach_router
from api.party.routes import router
from api.party.unlock import router as codes_router
from api.services import Services
from api.shield import Shield
from domain.journey import Journey
from tests.api.proving import proves
from tests.sample_case import NOW

if TYPE_CHECKING:
    from tests.api.conftest import FilledCase

LINKS = {
    "permission": ("p1.1", "permission"),
    "consent": ("p2.1", "consent/p2"),
    "visit_choice": ("p1.1", "visit_choice/p1/1"),
    "sign": ("p2.1", "sign/p2"),
    "availability": ("p1.1", "availability/p1/1"),
    "comments": ("p1.1", "comments/p1/1"),
    "action": ("p2.1", "action/1"),
    "feedback": ("p1.1", "feedback/p1"),
    "case": ("p2.1", "case"),
}
SLOT = (NOW + timedelta(days=7)).isoformat()
ANSWERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # what is typed, and the command that comes of it
    "permission": ({"answer": "yes"}, {"given": True, "how": "link"}),
    "consent": ({"answer": "no"}, {"party": "p2", "yes": False, "how": "link"}),
    "visit_choice": ({"start": SLOT}, {"party": "p1", "start": NOW + timedelta(days=7), "how": "link"}),
    "sign": ({"agree": "yes", "said_by": "Chris Head"}, {"party": "p2", "version": 1, "how": "link"}),
    "availability": (
        {"half_days": ["2026-12-14/am", "2026-12-15/am"]},
        {"party": "p1", "half_days": ["2026-12-14/am", "2026-12-15/am"], "how": "link"},
    ),
    "comments": ({"answer": "no", "note": "Say “every day”."}, {"party": "p1", "version": 1, "agrees": False}),
    "action": ({"answer": "yes"}, {"action": 1, "done": True, "how": "link"}),
    "feedback": ({"score": "4", "note": "Good coffee."}, {"party": "p1", "score": 4}),
}


class Browser(httpx.AsyncClient):
    """Somebody with the letter in hand."""

    filled: "FilledCase"

    async def open(self, name: str, *, proved: bool = True) -> httpx.Response:
        """Follow the link in the letter, as a browser does. `proved`: its reader has typed a code a moment ago."""
        person, purpose = LINKS[name]
        if proved:
            proves(self, self.filled.services, self.filled.id, person)
        return await self.get(f"/l/{await self.filled.token(person, purpose)}", follow_redirects=True)

    async def press(self, page: httpx.Response, typed: dict[str, Any]) -> httpx.Response:
        """Press the button of a page."""
        action = re.search(r'<form method="post" action="([^"]+)"', page.text)
        assert action
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
        return await self.post(action[1], data={**hidden, **typed})


def party_app(services: Services) -> FastAPI:
    """The pages of the parties, and no others."""
    app = FastAPI(openapi_url=None)
    app.state.services = services
    app.state.limits = Limits()
    for pages in (router, papers_router, codes_router, reach_router, copies_router):
        app.include_router(pages)
    app.add_middleware(Shield, https=services.settings.over_https)
    app.add_middleware(ReadersLanguage)
    return app


def browser_of(app: FastAPI, filled: "FilledCase") -> Browser:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    browser = Browser(transport=transport, base_url="http://testserver")
    browser.filled = filled
    return browser


def said(response: httpx.Response) -> str:
    """The main part of a page, as one line."""
    main = response.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


async def rows(services: Services) -> dict[str, int]:
    """How many rows each table has."""
    async with services.database.read() as session:
        return {
            name: (await session.exec(select(func.count()).select_from(table))).one()
            for name, table in SQLModel.metadata.tables.items()
        }


async def changed(filled: "FilledCase", **update: Any) -> None:
    """The journey has gone on."""
    journey = (await filled.journey()).model_dump()
    await filled.file(Journey.model_validate({**journey, **update}))
