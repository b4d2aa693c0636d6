"""Words that people type, with their limits: what forms, the JSON door and commands accept as a line or an address."""

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _one_line(text: str) -> str:
    if re.search(r"[\x00-\x1f\x7f\u2028\u2029]", text):
        raise ValueError("must be on one line, without control characters")
    return text


def _no_controls(text: str) -> str:
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
        raise ValueError("must not hold control characters")
    return text


def _email(text: str) -> str:
    if text and not re.fullmatch(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\.]+(\.[^@\s<>,;:\"()\[\]\\.]+)+", text):
        raise ValueError("must be an e-mail address, such as name@example.org")
    return text


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_one_line)]
Name = Annotated[Line, StringConstraints(min_length=1)]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(_one_line), AfterValidator(_email)
]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), AfterValidator(_one_line)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=8000), AfterValidator(_no_controls)]
