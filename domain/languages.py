"""In which language somebody reads, and how a sentence of ours is said in it.

Sentences stand in the source in English. `tr("…")` says one in the language of whoever is read to at this moment;
`marked("…")` marks one that stands in a table and is said by `tr` when it is needed. The translations themselves, and
days and times in other languages, are in translations/ (`Translated`, a `Speech`): here is no file and no library.
Until somebody says otherwise (`speaking`), all is English: in workflows, on the pages of staff, in the JSON door."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from datetime import date
from enum import StrEnum
from typing import Literal


class Language(StrEnum):
    """By its code of ISO 639-1."""

    ENGLISH = "en"
    POLISH = "pl"
    ARABIC = "ar"


OWN_NAMES: dict[Language, str] = {
    Language.ENGLISH: "English",
    Language.POLISH: "Polski",
    Language.ARABIC: "العربية",
}
"""As those who read it call it."""

ENGLISH_NAMES: dict[Language, str] = {
    Language.ENGLISH: "English",
    Language.POLISH: "Polish",
    Language.ARABIC: "Arabic",
}

WHOLE = (Language.ENGLISH, Language.POLISH)
"""Languages in which we write: every page and letter. Another is shipped for the invitation alone."""

Written = Literal[Language.ENGLISH, Language.POLISH]
"""The same, as a field of a model."""

RIGHT_TO_LEFT = (Language.ARABIC,)


class Speech:
    """How sentences, days and times are said: here in English. What is said in another language is its own."""

    language = Language.ENGLISH

    def text(self, message: str) -> str:
        return message

    def texts(self, one: str, several: str, number: int) -> str:
        """A sentence about a number of things, in the form that goes with it."""
        return one if number == 1 else several

    def day(self, on: date) -> str:
        """ "Thu 3 Dec 2026"."""
        return f"{self.day_of_the_year(on)} {on.year}"

    def day_of_the_year(self, on: date) -> str:
        """ "Thu 3 Dec"."""
        return f"{on:%a} {on.day} {on:%b}"


_speech: ContextVar[Speech] = ContextVar("speech", default=Speech())  # noqa: B039 - it holds nothing that changes


def speech() -> Speech:
    """How whoever is read to at this moment is spoken to."""
    return _speech.get()


def speak(how: Speech) -> Token[Speech]:
    """From now on, until the request or the task is over."""
    return _speech.set(how)


@contextmanager
def speaking(how: Speech) -> Iterator[None]:
    """Within the block."""
    token = _speech.set(how)
    try:
        yield
    finally:
        _speech.reset(token)


def tr(message: str, **values: object) -> str:
    """A sentence in the language of its reader; `{name}` stands for a value."""
    said = _speech.get().text(message)
    return said.format(**values) if values else said


def tr_many(one: str, several: str, number: int, **values: object) -> str:
    """ "one file", "{number} files": in the form that the reader's language has for this number."""
    return _speech.get().texts(one, several, number).format(number=number, **values)


def marked(message: str) -> str:
    """The same, unchanged: it is to be translated, and is said by `tr` when somebody reads it."""
    return message
