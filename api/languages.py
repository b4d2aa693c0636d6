"""In which language a party reads a page: as they chose on it, else as they told us, else as their browser asks for.

A choice is a link (`?language=pl`) that keeps the page, and is remembered in the browser. It changes nothing of the
case: that we write in this language too is said with a button of its own."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.cookies import keep_cookie
from api.services import services_of
from domain.languages import OWN_NAMES, RIGHT_TO_LEFT, WHOLE, Language, speak, speaking, speech
from translations import speech_of

COOKIE = "language"
A_YEAR = 365 * 24 * 60 * 60
OF_PARTIES = re.compile(r"/(my|l|code|office|refer)(/|$)")
"""How addresses begin that parties open. All others are read in English."""


class ReadersLanguage:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        asked_for = request.query_params.get(COOKIE, "")
        chosen = asked_for if asked_for in set(Language) and is_of_parties(request) else ""

        async def remembering(message: Message) -> None:
            if chosen and message["type"] == "http.response.start":
                carrier = Response()
                keep_cookie(services_of(request), carrier, COOKIE, chosen, path="/", seconds=A_YEAR)
                MutableHeaders(scope=message).append("Set-Cookie", carrier.headers["set-cookie"])
            await send(message)

        with speaking(speech_of(language_of(request))):
            await self.app(scope, receive, remembering)


def is_of_parties(request: Request) -> bool:
    return OF_PARTIES.match(request.url.path) is not None


def language_of(request: Request, told: str = "", among: Iterable[Language] = WHOLE) -> Language:
    """The language of a page that there is `among` these. `told`: the one that its reader told us, if any."""
    if not is_of_parties(request):
        return Language.ENGLISH
    chosen = request.query_params.get(COOKIE, ""), request.cookies.get(COOKIE, "")
    wanted = (*chosen, told, *_accepted(request.headers.get("accept-language", "")))
    return next((Language(code) for code in wanted if code in set(among)), Language.ENGLISH)


def read_in(request: Request, told: str, among: Iterable[Language]) -> None:
    """From here on this request is answered in the language of somebody we know."""
    among = tuple(among)
    request.state.languages = among
    speak(speech_of(language_of(request, told, among)))


def _accepted(header: str) -> list[str]:
    """ "pl-PL,pl;q=0.9,en;q=0.8" -> pl, pl, en: the most wanted first."""
    wanted: list[tuple[float, str]] = []
    for part in header[:1000].split(","):
        code, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((float(weight or 1), code.split("-")[0].lower()))
        except ValueError:
            continue
    return [code for weight, code in sorted(wanted, key=lambda one: -one[0]) if weight > 0]


# What a page needs to say it


def html_language() -> str:
    """For the attribute `lang`."""
    return "en-GB" if speech().language == Language.ENGLISH else str(speech().language)


def direction() -> str:
    """For the attribute `dir`."""
    return "rtl" if speech().language in RIGHT_TO_LEFT else "ltr"


@dataclass(frozen=True)
class Choice:
    """One of the languages in which a page can be read."""

    code: str
    name: str  # as its readers call it
    href: str
    current: bool


def switch(request: Request) -> list[Choice]:
    """The languages of a party's page, each with the way to the same page; nothing on other pages."""
    if not is_of_parties(request):
        return []
    others: list[tuple[str, Any]] = [item for item in request.query_params.multi_items() if item[0] != COOKIE]
    return [
        Choice(
            language,
            OWN_NAMES[language],
            f"{request.url.path}?{urlencode([*others, (COOKIE, language)])}",
            language == speech().language,
        )
        for language in getattr(request.state, "languages", WHOLE)
    ]
