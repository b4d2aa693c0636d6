"""How hard a letter in Polish is to read: by Gunning's fog index, where words of four syllables and more are hard."""

import re

from letters.reading import sentences

HARD = 4  # syllables


def polish_sentences(text: str) -> list[list[str]]:
    """The sentences of a letter, each as its words; "Pan/Pani" is two."""
    return sentences(re.sub(r"(?<=\w)/(?=\w)", " ", text.partition("Z poważaniem")[0]))


def fog(text: str) -> float:
    """The years of school after which it is understood."""
    said = polish_sentences(text)
    words = [word for sentence in said for word in sentence]
    hard = [word for word in words if _syllables(word.lower()) >= HARD]
    return 0.4 * (len(words) / len(said) + 100 * len(hard) / len(words))


def _syllables(word: str) -> int:
    """Each vowel is one, but for an "i" that only softens the consonant before another vowel."""
    return len(re.findall(r"[aąeęoóuy]|i(?![aąeęoóu])", word))
