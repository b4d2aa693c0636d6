"""A language of brackets: what stands on a page without them can be translated into no language at all."""

import re
from html import unescape

import httpx
import pytest

from api import languages
from domain.languages import Language, Speech

NAMES = (
    r"SEN Mediation( Service)?|1 Example Street|01632 960 100|[\w.]+@\w+\.\w+|SM-\d{4}-\d+|Oakfield School"
    r"|Exampleshire County Council|Alex Parent|[^\n]*Exampleton[^\n]*|A quiet room at lunch time\."
    r"|To eat with a friend\.|English|Polski|العربية"
)


class Marked(Speech):
    """A language in which every sentence of ours is known by the brackets around it."""

    language = Language.POLISH

    def text(self, message: str) -> str:
        return f"⟦{message}⟧"

    def texts(self, one: str, several: str, number: int) -> str:
        return f"⟦{several}⟧"

    def day_of_the_year(self, on: object) -> str:
        return "⟦day⟧"


def unmarked(page: httpx.Response, theirs: str = "") -> list[str]:
    """What stands on a page without brackets, but for names, numbers and addresses; `theirs`: what was typed."""
    html = unescape(re.sub(r"<style.*?</style>", "", page.text, flags=re.S))
    aloud = re.findall(r'(?:aria-label|title|alt)="([^"]*)"', html)
    text = "\n".join([*re.split(r"<[^>]*>", html), *aloud])
    while "⟦" in text:
        text, found = re.subn(r"⟦[^⟦⟧]*⟧", " ", text, flags=re.S)
        assert found, "a bracket stands alone"
    text = re.sub(rf"{NAMES}|{theirs}" if theirs else NAMES, " ", text)
    return [line for line in (line.strip() for line in text.splitlines()) if re.search(r"[^\W\d_]{2}", line)]


def speak_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on every page of the parties."""
    monkeypatch.setattr(languages, "speech_of", lambda language: Marked())
