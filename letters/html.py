"""The HTML of a letter, derived from its text: there is one place for every word. The text's own habits say what is
what: paragraphs stand between blank lines, "- " and "1. " begin the lines of a list, and a line that ends with a colon,
before an address alone on its line, is the one thing to do. Below a letter in another language the line ENGLISH_TEXT
begins the same letter in English.

Nothing is fetched from anywhere when it is read: no image, no font, nothing that tells us who opened it."""

import re
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel, Field

from domain.languages import Language, speaking, tr
from letters.rendering import ENGLISH_TEXT, LINK, Service
from translations import speech_of

_LINKED = Markup('<a href="{}" style="white-space:nowrap;color:#1d3b53">{}</a>')
_NUMBERED = re.compile(r"(\d+)\. ")


class Block(BaseModel):
    """A part of a letter, as it is shown."""

    kind: Literal["lines", "bullets", "numbers", "action", "heading"]
    language: Language = Language.ENGLISH
    lines: list[str] = Field(default_factory=list)
    first: int = 1  # of "numbers"
    label: str = ""  # of "action": "Say yes or no on your own page"
    address: str = ""


def blocks(text: str, language: Language = Language.ENGLISH) -> list[Block]:
    """The parts of a letter's text, in their order. `language`: of the letter."""
    found: list[Block] = []
    for paragraph in text.strip().split("\n\n"):
        block = _block(paragraph.strip().split("\n"))
        language = Language.ENGLISH if block.kind == "heading" else language
        block.language = language
        if block.kind == "numbers" and found and found[-1].kind == "numbers":  # points with a blank line between them
            found[-1].lines += block.lines
        else:
            found.append(block)
    return found


def _block(lines: list[str]) -> Block:
    if is_action(lines):
        return Block(kind="action", label=lines[0].removesuffix(":"), address=lines[1])
    if lines == [ENGLISH_TEXT]:
        return Block(kind="heading", lines=lines)
    if all(line.startswith("- ") for line in lines):
        return Block(kind="bullets", lines=[line.removeprefix("- ") for line in lines])
    numbers = [_NUMBERED.match(line) for line in lines]
    if all(numbers):
        first = int(numbers[0][1]) if numbers[0] else 1
        return Block(kind="numbers", first=first, lines=[_NUMBERED.sub("", line, count=1) for line in lines])
    return Block(kind="lines", lines=lines)


def is_action(lines: list[str]) -> bool:
    """Whether these lines of a paragraph are the one thing to do, and the address where it is done."""
    return (
        len(lines) == 2 and lines[0].endswith(":") and bool(re.fullmatch(r"https?://\S+", lines[1]) or lines[1] == LINK)
    )


def html_of(subject: str, text: str, service: Service, language: Language = Language.ENGLISH) -> str:
    """The whole message, for mail programs: styles stand where they are used, since many take no others."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates" / "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["linked"] = lambda line: linked(line, service)
    environment.filters["if_it_does_not_open"] = _if_it_does_not_open
    heading = re.sub(r" \(SM-[\d-]+\)$", "", subject)
    return environment.get_template("message.html").render(
        subject=subject, heading=heading, blocks=blocks(text, language), service=service, language=language
    )


def _if_it_does_not_open(language: Language) -> str:
    with speaking(speech_of(language)):
        return tr("If it does not open, copy this address:")


def linked(line: str, service: Service) -> Markup:
    """A line in which the service's telephone and e-mail address can be pressed."""
    number = "".join(sign for sign in service.phone if sign.isdigit() or sign == "+")
    addresses = {service.phone: f"tel:{number}", service.email: f"mailto:{service.email}"}
    parts = re.split("(" + "|".join(re.escape(words) for words in addresses if words) + ")", line)
    return Markup("").join(_LINKED.format(addresses[part], part) if part in addresses else part for part in parts)


def put_words(message: EmailMessage, text: str, service: Service, language: Language = Language.ENGLISH) -> None:
    """A message's words as text and as HTML, of which the reader's mail program shows one."""
    message.set_content(text)
    message.add_alternative(html_of(str(message["Subject"]), text, service, language), subtype="html")
