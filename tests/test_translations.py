"""Every sentence that is to be translated is, in full, and says the same things."""

import re
from datetime import UTC, date, datetime

import pytest
from babel.messages.catalog import Message

from domain import words
from domain.commands import Slot
from domain.languages import WHOLE, Language, speaking, tr
from translations import FOLDER, TRANSLATED, catalogue_of, speech_of
from translations.extract import as_file, source

PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_is_that_of_the_source(language: Language) -> None:
    """Run `make translations`, and translate what is new."""
    assert (FOLDER / f"{language}.po").read_bytes() == as_file(language)


@pytest.mark.parametrize("language", [language for language in WHOLE if language in TRANSLATED])
def test_a_language_in_which_we_write_has_every_sentence(language: Language) -> None:
    known = catalogue_of(language)
    assert [message.id for message in source() if message.id and message.id not in known] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_waits_for_a_translator(language: Language) -> None:
    messages = [message for message in catalogue_of(language) if message.id]
    assert [m.id for m in messages if m.fuzzy or not all(_said(m))] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_stands_for_a_value_stands_in_the_translation_too(language: Language) -> None:
    for message in catalogue_of(language):
        if not message.id:
            continue
        asked = message.id if isinstance(message.id, str) else message.id[1]
        *of_few, said = _said(message)
        assert set(PLACES.findall(said)) == set(PLACES.findall(asked)), (message.id, said)
        for form in of_few:  # "one try" needs no number
            assert set(PLACES.findall(form)) <= set(PLACES.findall(asked)), (message.id, form)


def _said(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def test_days_and_times_are_written_as_the_reader_does() -> None:
    visit = Slot(start=datetime(2026, 12, 3, 10, tzinfo=UTC), minutes=90)
    assert words.slot(visit) == "Thu 3 Dec 2026, 10:00 to 11:30"
    with speaking(speech_of(Language.POLISH)):
        assert words.slot(visit) == "czw., 3 grudnia 2026, 10:00–11:30"
        assert words.half_day_to_choose("2026-12-07/am") == "pon., 7 grudnia, przed południem"
        assert words.day(date(2026, 5, 1)) == "pt., 1 maja 2026"
    assert words.day(date(2026, 5, 1)) == "Fri 1 May 2026"


def test_who_reads_another_language_reads_english_where_a_sentence_is_missing() -> None:
    with speaking(speech_of(Language.POLISH)):
        assert tr("nobody has translated {this}", this="this") == "nobody has translated this"
