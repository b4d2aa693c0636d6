"""By what a case is found again, and when two referrals are likely about the same child.

Names are compared without accents, case and order, and by their sound ("Steven", "Stephen"). What is hashed for the
search (casefile/tokens.py) and what is compared in plain text follow the same rules; change them and raise `RULES`."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from jellyfish import jaro_winkler_similarity, metaphone, nysiis
from pydantic import BaseModel

from domain.parties import FAMILY, PartyRole, PersonRole
from domain.referral import Child, PersonDetails, ReferralForm
from domain.text import postcode_of

RULES = 1
"""The version of the rules below. Cases that were indexed by others are indexed anew (casefile/finding.py)."""


class Kind(StrEnum):
    """What a mark was taken from."""

    CHILD = "child"
    CHILD_SOUND = "child_sound"
    PERSON = "person"
    PERSON_SOUND = "person_sound"
    ORGANISATION = "organisation"
    EMAIL = "email"
    PHONE = "phone"
    POSTCODE = "postcode"
    BORN = "born"


class Mark(NamedTuple):
    """One normalised thing by which a case is found: a word of a name, an e-mail address, a date of birth."""

    kind: Kind
    value: str


# Normal forms

_NOT_DECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_APOSTROPHES = re.compile(r"['’‘`´]")
_HYPHENS = re.compile(r"[-‐‑–]")
_EXTENSION = re.compile(r"(?:ext|x|#).*", re.IGNORECASE)
_PARTICLES = frozenset(
    {"al", "bin", "bint", "da", "das", "de", "del", "den", "der", "di", "dos", "du", "el", "ibn", "la", "le", "of"}
    | {"the", "van", "von"}
)
_SHORTEST_WITH_SOUND, _FEWEST_DIGITS = 3, 6
_LETTERS = "l"  # begins a code that keeps a word's vowels


def words_of(name: str) -> list[str]:
    """The words of a name in its order, lower case, without accents and apostrophes: "Zoë O'Brien" -> zoe, obrien."""
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", name.casefold()).translate(_NOT_DECOMPOSED))
    return re.findall(r"[^\W_]+", "".join(letter for letter in plain if not unicodedata.combining(letter)))


def _spellings(name: str) -> list[list[str]]:
    """A name with a hyphen is written as one word or as two: "Anne-Marie", "Annemarie"."""
    apart, together = words_of(name), words_of(_HYPHENS.sub("", name))
    return [apart] if apart == together else [apart, together]


def sounds_of(word: str) -> set[str]:
    """Codes of how a word sounds: "catherine" and "katherine" share one. Two algorithms, since each misses some pairs,
    and for short names, of which both leave next to nothing, the letters themselves: "maya" and "maia". Words of one or
    two letters, and those not in Latin letters, have none."""
    if len(word) < _SHORTEST_WITH_SOUND or not word.isascii() or not word.isalpha():
        return set()
    spoken = re.sub(r"([aou])e", r"\1", word).replace("y", "i")  # "mueller", "oezil": umlauts without their dots
    letters = re.sub(r"(.)\1", r"\1", spoken).removesuffix("h")
    codes = {f"{way}{code}" for way, code in (("m", metaphone(spoken)), ("n", nysiis(spoken))) if len(code) > 1}
    return codes | {f"{_LETTERS}{letters}"}


def email_of(text: str) -> str:
    """Without capitals."""
    return text.strip().casefold()


def phone_of(text: str) -> str:
    """The digits without the country's 44 or the leading 0: "+44 (0)7700 900101" and "07700 900101" are the same. ""
    when there are too few of them to tell anybody from somebody else."""
    text = _EXTENSION.sub("", text)
    digits = "".join(letter for letter in text if letter.isascii() and letter.isdigit())
    if text.lstrip(" (").startswith("+") or digits.startswith("00"):
        digits = digits.removeprefix("00").removeprefix("44")
    digits = digits.lstrip("0")
    return digits if len(digits) >= _FEWEST_DIGITS else ""


# Marks: what a case is found by


def marks_of_child(child: Child) -> set[Mark]:
    """Of the child's name and date of birth."""
    marks = _name_marks(child.name, Kind.CHILD, Kind.CHILD_SOUND)
    return marks | ({Mark(Kind.BORN, child.born.isoformat())} if child.born else set())


def marks_of_person(person: PersonDetails) -> set[Mark]:
    """Of a participant's name, e-mail address, telephone number and postcode."""
    return _name_marks(person.name, Kind.PERSON, Kind.PERSON_SOUND) | contact_marks(person)


def contact_marks(person: PersonDetails) -> set[Mark]:
    """Of how a person is reached."""
    found = {
        Mark(Kind.EMAIL, email_of(person.email)),
        Mark(Kind.PHONE, phone_of(person.phone)),
        Mark(Kind.POSTCODE, postcode_of(person.postcode)),
    }
    return {mark for mark in found if mark.value}


def marks_of_organisation(name: str) -> set[Mark]:
    """Of the words of an organisation's name."""
    return {Mark(Kind.ORGANISATION, word) for words in _spellings(name) for word in _telling(words)}


def _name_marks(name: str, written: Kind, spoken: Kind) -> set[Mark]:
    words = {word for spelling in _spellings(name) for word in spelling}
    return {Mark(written, word) for word in words} | {Mark(spoken, code) for word in words for code in sounds_of(word)}


def _telling(words: list[str]) -> list[str]:
    """Without "de", "van", "of" …, unless there is nothing else."""
    return [word for word in words if word not in _PARTICLES] or words


# What somebody on the telephone says


class Wanted(BaseModel):
    """One word of what is looked for, with the marks it may be, and how much each tells."""

    marks: dict[Mark, int]


class Sought(BaseModel):
    """What is looked for: a case's reference or the end of it, and words."""

    reference: str = ""
    words: list[Wanted] = []


LONGEST_SEARCH, _MOST_WORDS = 200, 8
_REFERENCE = re.compile(r"\bSM[- ]?(\d{4})[- ]?(\d{1,9})\b", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s,;<>]+@[^\s,;<>]+")
_DATE = re.compile(r"\b(?:(\d{1,2})[/.](\d{1,2})[/.](\d{4})|(\d{4})-(\d{1,2})-(\d{1,2}))\b")
_PHONE = re.compile(r"[+(]*\d[\d\s().-]{4,}\d")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b", re.IGNORECASE)
_END_OF_REFERENCE = re.compile(r"\b\d{5}\b")


def sought(text: str) -> Sought:
    """What was typed into the one box of the search: reference, e-mail address, date of birth, telephone number and
    postcode are told by their looks, in any order; the rest are words of names."""
    found, rest = Sought(), text[:LONGEST_SEARCH]

    def take(pattern: re.Pattern[str]) -> list[re.Match[str]]:
        nonlocal rest
        matches = list(pattern.finditer(rest))
        rest = pattern.sub(" ", rest)
        return matches

    for match in take(_REFERENCE):
        found.reference = f"SM-{match[1]}-{match[2]:0>5}"
    for match in take(_EMAIL):
        found.words.append(Wanted(marks={Mark(Kind.EMAIL, email_of(match[0])): 8}))
    for match in take(_DATE):
        day, month, year = (match[3 - n] and int(match[3 - n]) for n in (2, 1, 0))
        if match[4]:
            year, month, day = int(match[4]), int(match[5]), int(match[6])
        if born := _date(int(year), int(month), int(day)):
            found.words.append(Wanted(marks={Mark(Kind.BORN, born.isoformat()): 4}))
    for match in take(_END_OF_REFERENCE) if not found.reference and _END_OF_REFERENCE.fullmatch(rest.strip()) else []:
        found.reference = match[0]
    for match in take(_PHONE):
        if phone := phone_of(match[0]):
            found.words.append(Wanted(marks={Mark(Kind.PHONE, phone): 8}))
    for match in take(_POSTCODE):
        found.words.append(Wanted(marks={Mark(Kind.POSTCODE, postcode_of(match[0])): 4}))
    for word in _telling(words_of(rest))[:_MOST_WORDS]:
        marks = {Mark(kind, code): 1 for kind in (Kind.CHILD_SOUND, Kind.PERSON_SOUND) for code in sounds_of(word)}
        marks |= {Mark(Kind.CHILD, word): 4, Mark(Kind.PERSON, word): 3, Mark(Kind.ORGANISATION, word): 2}
        found.words.append(Wanted(marks=marks))
    return found


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:  # 31/2/2017 is nobody's birthday
        return None


# The same child?


class Sign(StrEnum):
    """What speaks for two cases being about the same child."""

    SAME_NAME = "same_name"
    SIMILAR_NAME = "similar_name"
    PART_OF_NAME = "part_of_name"
    SAME_BIRTHDAY = "same_birthday"
    SAME_EMAIL = "same_email"
    SAME_PHONE = "same_phone"
    SAME_POSTCODE = "same_postcode"


class Household(BaseModel):
    """The child of a case, and the family's own people. Schools and authorities have many cases; that theirs are the
    same says nothing, nor does a supporter who helps many families."""

    child: Child
    people: list[PersonDetails]


_OF_THE_FAMILY = (PersonRole.LEAD, PersonRole.DECISION_MAKER, PersonRole.IN_COPY)


def household(child: Child, people: Iterable[tuple[PartyRole, PersonDetails]]) -> Household:
    """Of all people of a case, those who tell one family from another."""
    return Household(
        child=child,
        people=[person for role, person in people if role in FAMILY and person.role in _OF_THE_FAMILY],
    )


def household_of(form: ReferralForm) -> Household:
    """Of a referral that is about to be saved."""
    return household(form.child, [(party.role, person) for party in form.parties for person in party.people])


def marks_of_household(home: Household) -> set[Mark]:
    """By which cases are found that may be about the same child."""
    return marks_of_child(home.child).union(*(contact_marks(person) for person in home.people))


def why_the_same(one: Household, other: Household) -> list[Sign]:
    """The signs that both are about the same child, the strongest first; none when they are likely two children.

    - The same or a similar whole name, unless the dates of birth differ. With the same way to reach the family a date
      of birth may be a slip.
    - The same date of birth, and a part of the name or the same way to reach the family.
    - The same way to reach the family, when a date of birth is missing; with two that differ it is a sibling.
    A surname alone, however common, is never enough; nor is a postcode."""
    name = _compare_names(one.child.name, other.child.name)
    born = (one.child.born, other.child.born)
    same_birthday, other_birthday = born[0] is not None and born[0] == born[1], None not in born and born[0] != born[1]
    shared = _contacts(one) & _contacts(other)
    signs = [name] if name else []
    signs += [Sign.SAME_BIRTHDAY] if same_birthday else []
    signs += [sign for kind, sign in _BY_CONTACT.items() if any(mark.kind == kind for mark in shared)]
    reached = Sign.SAME_EMAIL in signs or Sign.SAME_PHONE in signs
    whole_name = name in (Sign.SAME_NAME, Sign.SIMILAR_NAME)
    likely = (
        (whole_name and (not other_birthday or reached))
        or (same_birthday and (name is not None or reached))
        or (reached and not other_birthday)
    )
    return signs if likely else []


_BY_CONTACT: Mapping[Kind, Sign] = {
    Kind.EMAIL: Sign.SAME_EMAIL,
    Kind.PHONE: Sign.SAME_PHONE,
    Kind.POSTCODE: Sign.SAME_POSTCODE,
}


def _contacts(home: Household) -> set[Mark]:
    return {mark for person in home.people for mark in contact_marks(person)}


def _compare_names(one: str, other: str) -> Sign | None:
    found = [
        sign
        for mine in _spellings(one)
        for theirs in _spellings(other)
        if (sign := _compare_words(_telling(mine), _telling(theirs)))
    ]
    return min(found, key=list(Sign).index, default=None)


def _compare_words(mine: list[str], theirs: list[str]) -> Sign | None:
    """The whole name: every word of the shorter one is in the longer one, or the first names agree and another word
    does. Two words at least; "Maya" alone is a part of many names."""
    left, exact, alike = list(theirs), 0, 0
    for word in mine:
        if word in left:
            left.remove(word)
            exact += 1
        elif twin := next((other for other in left if _sound_alike(word, other)), None):
            left.remove(twin)
            alike += 1
    shorter = min(len(mine), len(theirs))
    first_agrees = bool(mine and theirs) and (mine[0] == theirs[0] or _sound_alike(mine[0], theirs[0]))
    if exact + alike >= 2 and (exact + alike == shorter or first_agrees):
        return Sign.SIMILAR_NAME if alike or len(mine) != len(theirs) else Sign.SAME_NAME
    return Sign.PART_OF_NAME if exact + alike else None


def _sound_alike(one: str, other: str) -> bool:
    near, shared = jaro_winkler_similarity(one, other), sounds_of(one) & sounds_of(other)
    if any(code.startswith(_LETTERS) for code in shared):
        return True
    short = min(len(one), len(other)) <= _SHORTEST_WITH_SOUND
    if shared:
        return near >= (0.85 if short else 0.75)
    return near >= 0.9 and not short
