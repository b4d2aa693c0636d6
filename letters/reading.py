"""How hard a letter is to read: its sentences, and their grade by Flesch and Kincaid. What is not prose does not count:
addresses, links, dates, numbers and short labels would make a letter look easier than it is.

Tests count syllables as they are spoken, by a dictionary whose licence keeps it out of the service (tests/letters/
spoken.py); whoever edits a text is told an estimate."""

import re
from collections.abc import Callable
from functools import lru_cache

LONGEST_SENTENCE = 25  # words
FEWEST_WORDS = 3  # what is shorter is a label, a greeting or a date
_END = re.compile(r"(?<=[.!?])\s+")
_LIST_ITEM = re.compile(r"^(?:- |\d+\. )", re.MULTILINE)


def sentences(text: str) -> list[list[str]]:
    """The sentences of a letter, each as its words."""
    body = text.partition("Kind regards,")[0]
    parts = [part for paragraph in body.split("\n\n") for part in _LIST_ITEM.split(paragraph)]
    found = [_words(sentence) for part in parts for sentence in _END.split(" ".join(part.split()))]
    return [words for words in found if len(words) >= FEWEST_WORDS]


def grade(text: str, syllables_of: Callable[[str], int] | None = None) -> float:
    """The school year (US) in which it is understood: Flesch-Kincaid. 0 for a text without sentences. `syllables_of`:
    of a word in small letters; by its letters alone, where none is given."""
    count = syllables_of or estimated
    said = sentences(text)
    words = [word for sentence in said for word in sentence]
    if not words:
        return 0.0
    syllables = sum(count(word.lower()) for word in words)
    return 0.39 * len(words) / len(said) + 11.8 * syllables / len(words) - 15.59


def _words(sentence: str) -> list[str]:
    """Without numbers, references and addresses."""
    whole = [word for word in sentence.split() if not re.search(r"[\d@\[\]/]", word)]
    return re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", " ".join(whole))


@lru_cache(maxsize=10_000)
def estimated(word: str) -> int:
    """The syllables of a word by its letters alone: right for most, and for a text as a whole."""
    sounds = re.findall(r"[aeiouy]+", word)
    silent = re.search(r"([^aeiouyl]|[aeiouy]l)e$|[^aeiouytd]ed$|[^aeiouyszxcg]es$", word)  # made, role, asked, times
    return max(1, len(sounds) - bool(silent))
