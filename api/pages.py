"""Renders pages: one template environment, and what every page shows beside its own."""

from functools import partial
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from api.components import Components
from api.languages import direction, html_language, switch
from api.permissions import may_open
from api.services import services_of
from api.static_files import STYLE, address
from domain import titles, words
from domain.languages import speech
from domain.papers import MEDIA_TYPES

ACCEPTED_FILES = ",".join(MEDIA_TYPES)  # with this list, telephones send their photographs as JPEG

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
_environment.policies["ext.i18n.trimmed"] = True  # a sentence may go over several lines of a template
# Looked up when a page is rendered, in the language of its reader. A value in a sentence is escaped, the sentence is
# not: `_` takes sentences of the source only.
_environment.install_gettext_callables(  # type: ignore[attr-defined]
    lambda message: speech().text(message),
    lambda one, several, number: speech().texts(one, several, number),
    newstyle=True,
)
_environment.globals.update(
    words=words, titles=titles, accepted_files=ACCEPTED_FILES, govuk=Components(), style=partial(address, STYLE)
)

_NAVIGATION = (
    ("/today", "Today"),
    ("/tasks", "Tasks"),
    ("/calls", "Calls"),
    ("/cases", "Cases"),
    ("/print-queue", "Print queue"),
    ("/mediator", "My mediations"),
    ("/panel", "Panel"),
    ("/venues", "Venues"),
    ("/staff", "Staff"),
    ("/policy", "Targets"),
    ("/letters", "Letters"),
    ("/figures", "Figures"),
    ("/breaches", "Data breaches"),
    ("/operations", "Operations"),
)


def page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page of `api/templates`. It knows the service (`service`), the member of staff who is signed in (`me`, or
    None), the session's `csrf` and the `navigation` of their roles; and the language in which it is read."""
    session = getattr(request.state, "session", None)
    me = session.staff if session else None
    known = {
        "service": services_of(request).settings,
        "me": me,
        "csrf": session.csrf if session else "",
        "here": request.url.path,
        "language": html_language(),
        "direction": direction(),
        "language_code": speech().language,
        "switch": switch(request),
        "navigation": [(path, title) for path, title in _NAVIGATION if me and may_open(me, f"GET {path}")],
    }
    return HTMLResponse(_environment.get_template(template).render({**known, **context}), status)
