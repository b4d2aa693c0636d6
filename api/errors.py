"""What went wrong, in a sentence that says what to do: a page for people, problem+json for other systems."""

from http import HTTPStatus
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from api.auth import NotSignedIn
from api.languages import language_of
from api.pages import page
from api.rest.problems import Problem
from api.services import services_of
from api.staff.sign_in import sign_in_to_go_on
from casefile.vault import Erased
from domain.languages import marked, speaking, tr
from translations import speech_of

log = structlog.get_logger(__name__)

_HEADINGS = {
    400: marked("This could not be read"),
    401: marked("You are not signed in"),
    403: marked("This is not open to you"),
    404: marked("This page does not exist"),
    405: marked("This cannot be done here"),
    409: marked("This cannot be done now"),
    410: marked("This is no longer kept"),
    413: marked("That was too much at once"),
    422: marked("This could not be read"),
    429: marked("Too much at once"),
    500: marked("A fault on our side"),
}
_SENTENCES = {
    400: marked("What was sent could not be read, so nothing was done. Go back and send it again."),
    404: marked("Check the address, or begin at the start page. If a link of ours led you here, please tell us."),
    405: marked("Open the page again and use its buttons."),
    422: marked(
        "Something in the address or the form is not as we expect it, so nothing was done. Go back and try again."
    ),
    500: marked(
        "It has been noted, and nothing is known to be done. Try again in a moment; ring the service if it stays."
    ),
}
_FAILED = marked("It could not be done")
_NOT_DONE = marked("It could not be done. Go back and try again.")


def install(app: FastAPI) -> None:
    """Every failure of the app is answered here."""

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        phrase = HTTPStatus(error.status_code).phrase
        said = error.detail if error.detail and error.detail != phrase else ""
        return sorry(request, error.status_code, said, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> Response:
        return sorry(request, 422)

    @app.exception_handler(Erased)
    async def erased(request: Request, error: Erased) -> Response:
        return sorry(request, 410, "The personal text of this case was erased; only its statistics are left.")

    @app.exception_handler(NotSignedIn)
    async def stranger(request: Request, error: NotSignedIn) -> Response:
        if request.method in ("GET", "HEAD"):
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse("/sign-in" if wanted == "/" else f"/sign-in?next={quote(wanted, safe='/')}", 303)
        if error.kept and services_of(request).settings.local_passwords:
            return sign_in_to_go_on(request, services_of(request), error.kept)
        return sorry(
            request,
            401,
            "You have been signed out meanwhile, so nothing was stored. Sign in in another window, then go back and "
            "send the form once more: what you had written is still in it.",
        )

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> Response:
        route = request.scope.get("route")
        log.error("a page failed", method=request.method, route=getattr(route, "path", ""), error=type(error).__name__)
        return sorry(request, 500)


def sorry(request: Request, status: int, said: str = "", headers: dict[str, str] | None = None) -> Response:
    """A failure in the form that its reader can use."""
    with speaking(speech_of(language_of(request))):  # a fault of ours is told outside of every middleware
        return _told(request, status, said, headers)


def _told(request: Request, status: int, said: str, headers: dict[str, str] | None) -> Response:
    message = tr(said or _SENTENCES.get(status, _NOT_DONE))
    if request.url.path.startswith("/api/"):
        return Problem(status, message, headers=headers).response()
    answer = page(request, "sorry.html", status, heading=tr(_HEADINGS.get(status, _FAILED)), message=message)
    answer.headers.update(headers or {})
    return answer
