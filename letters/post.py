"""Letters on paper: A4 for window envelopes, with the personal link as a square for the camera and a code to type."""

import io
from datetime import date, datetime
from typing import Any

import segno
from pydantic import BaseModel, Field
from pypdf import PdfReader, PdfWriter

from domain.languages import Language, speaking, tr
from domain.words import day
from letters.rendering import ENGLISH_TEXT, LINK, Service
from letters.typesetting import typeset
from translations import speech_of


class Sheet(BaseModel):
    """One letter to be printed. `enclosed`: PDFs that go into the same envelope."""

    reference: str
    address: list[str]  # line by line, as on an envelope
    subject: str
    text: str  # with LINK where the personal link goes
    written: date
    token: str = ""  # of the personal link; "" when the letter carries none
    code: str = ""  # the same link, to be typed
    language: Language = Language.ENGLISH  # of subject and text, above the English text
    enclosed: list[bytes] = Field(default_factory=list)


def batch(sheets: list[Sheet], service: Service, at: datetime) -> bytes:
    """One PDF of all letters in their order, each followed by what is enclosed. typesetting.NotTypeset."""
    whole = PdfWriter()
    for sheet in sheets:
        for part in (_letter(sheet, service, at), *sheet.enclosed):
            whole.append(PdfReader(io.BytesIO(part)))
    printed = io.BytesIO()
    whole.write(printed)
    return printed.getvalue()


def _letter(sheet: Sheet, service: Service, at: datetime) -> bytes:
    with speaking(speech_of(sheet.language)):
        written = day(sheet.written)
    page: dict[str, Any] = {
        "service": service.name,
        "title": f"{sheet.subject} {sheet.reference}",
        "sender": service.address,
        "reference": sheet.reference,
        "address": sheet.address,
        "date": written,
        "language": sheet.language,
        "words": {language: _fixed_words(language) for language in (sheet.language, Language.ENGLISH)},
        "english_text": ENGLISH_TEXT,
        "subject": sheet.subject.removesuffix(f" ({sheet.reference})"),
        "paragraphs": [part for paragraph in sheet.text.strip().split("\n\n") for part in _parts(paragraph)],
        "code": sheet.code,
        "page": f"{service.public_url}/code".removeprefix("https://").removeprefix("http://"),
        "qr": _square(f"{service.public_url}/l/{sheet.token}") if sheet.code else "",
    }
    return typeset("letter", page, at)


def _fixed_words(language: Language) -> dict[str, str]:
    """What stands on the sheet beside the letter itself."""
    with speaking(speech_of(language)):
        return {
            "our_reference": tr("Our reference:"),
            "of_the_square": tr("The address of your page, for the camera of a telephone"),
            "point": tr("Point the camera of your telephone at the square,"),
            "or_go_to": tr("or go to"),
            "and_type": tr("and type this code:"),
        }


def _parts(paragraph: str) -> list[list[str]]:
    """A paragraph as its lines; no lines stand for the box with the way to one's own page."""
    lines = paragraph.strip().split("\n")
    if lines[-1] != LINK:
        return [lines]
    return [lines[:-1], []] if lines[:-1] else [[]]


def _square(address: str) -> str:
    """The QR code of an address, as SVG."""
    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", border=2, xmldecl=False)
    return drawn.getvalue().decode()
