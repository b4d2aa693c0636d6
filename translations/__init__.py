"""What we say in other languages: one catalogue for each (`pl.po`, in gettext's format, which translators' tools read),
and days and times as its readers write them (Babel, Unicode's CLDR). English is the source and has none.

How to add a language or a sentence: docs/decisions/0005-languages.md."""

import io
from datetime import date
from functools import cache
from pathlib import Path

from babel.dates import format_skeleton
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from domain.languages import Language, Speech

FOLDER = Path(__file__).parent
TRANSLATED = tuple(language for language in Language if language != Language.ENGLISH)


class Translated(Speech):
    """One language, with its catalogue. A sentence that is missing there is said in English."""

    def __init__(self, language: Language, catalogue: Catalog) -> None:
        self.language = language
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)  # leaves out what is marked as fuzzy
        compiled.seek(0)
        self._messages = Translations(compiled)

    def text(self, message: str) -> str:
        return self._messages.gettext(message)

    def texts(self, one: str, several: str, number: int) -> str:
        return self._messages.ngettext(one, several, number)

    def day(self, on: date) -> str:
        return format_skeleton("yMMMMEd", on, locale=self.language)

    def day_of_the_year(self, on: date) -> str:
        return format_skeleton("MMMMEd", on, locale=self.language)


@cache
def speech_of(language: Language) -> Speech:
    """How a reader of this language is spoken to. Read once in a process: some milliseconds."""
    return Speech() if language == Language.ENGLISH else Translated(language, catalogue_of(language))


def catalogue_of(language: Language) -> Catalog:
    """As translators wrote it."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)
