"""Words that people type, with their limits: what forms, the JSON door and commands accept as a line or an address."""

import re
import unicodedata
from email.errors import MessageError
from email.headerregistry import Address
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from domain.languages import marked

LONGEST_EMAIL = 254
JOINERS = "\u200c\u200d"  # some scripts need them within a word


def _is_control(character: str) -> bool:
    """Control and formatting characters and line ends: they hide what a text says, or break out of its line."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in JOINERS


def _one_line(text: str) -> str:
    if not text.isprintable() and any(_is_control(character) for character in text):
        raise ValueError(marked("must be on one line, without control characters"))
    if "=?" in text:  # how e-mail headers spell encoded characters, line ends among them
        raise ValueError(marked("must not hold “=?”"))
    return text


def _no_controls(text: str) -> str:
    if not text.isprintable() and any(_is_control(character) and character not in "\r\n\t" for character in text):
        raise ValueError(marked("must not hold control characters"))
    return text


def without_controls(text: str) -> str:
    """What came from outside, without what `Words` refuses."""
    return "".join(character for character in text if not _is_control(character) or character in "\n\t")


_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN_EMAIL = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_ATOM}(\.{_ATOM})+")


def _email(text: str) -> str:
    if _PLAIN_EMAIL.fullmatch(text):  # nearly all; the parser would say the same of them, a hundred times as slowly
        return text
    try:
        if text and (not text.isascii() or "." not in Address(addr_spec=text).domain.strip(".")):
            raise ValueError(text)
    except (ValueError, IndexError, AttributeError, MessageError):  # the parser stumbles over some that are none
        raise ValueError(marked("must be an e-mail address, such as name@example.org")) from None
    return text


_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")


def postcode_of(text: str) -> str:
    """A British postcode without spaces and in capitals; "" when the text is none."""
    plain = "".join(text.split()).upper()
    return plain if _POSTCODE.fullmatch(plain) else ""


def _postcode(text: str) -> str:
    if not text:
        return ""
    parts = _POSTCODE.fullmatch(postcode_of(text))
    if parts is None:
        raise ValueError(marked("must be a postcode, such as EX1 2AB"))
    return f"{parts[1]} {parts[2]}"


REFERENCE = r"SM-[0-9]{4}-[0-9]{5,9}"
"""How a case is called in letters and on the telephone: its year, and a number of five digits or more."""

Reference = Annotated[str, StringConstraints(pattern=f"^{REFERENCE}$")]

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_one_line)]
Name = Annotated[Line, StringConstraints(min_length=1)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LONGEST_EMAIL),
    AfterValidator(_one_line),
    AfterValidator(_email),
]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), AfterValidator(_one_line)]
Postcode = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=10), AfterValidator(_one_line), AfterValidator(_postcode)
]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=8000), AfterValidator(_no_controls)]
Message = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_no_controls)]
