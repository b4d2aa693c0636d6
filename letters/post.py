"""Letters on paper: A4 for window envelopes, with the personal link as a square for the camera and a code to type."""

import io
from datetime import date, datetime
from typing import Any

import segno
from pydantic import BaseModel, Field
from pypdf import PdfReader, PdfWriter

from domain.words import day
from letters.rendering import LINK, Service
from letters.typesetting import typeset


class Sheet(BaseModel):
    """One letter to be printed. `enclosed`: PDFs that go into the same envelope."""

    reference: str
    address: list[str]  # line by line, as on an envelope
    subject: str
    text: str  # with LINK where the personal link goes
    written: date
    token: str = ""  # of the personal link; "" when the letter carries none
    code: str = ""  # the same link, to be typed
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
    page: dict[str, Any] = {
        "service": service.name,
        "title": f"{sheet.subject} {sheet.reference}",
        "sender": service.address,
        "reference": sheet.reference,
        "address": sheet.address,
        "date": day(sheet.written),
        "subject": sheet.subject.removesuffix(f" ({sheet.reference})"),
        "paragraphs": [part for paragraph in sheet.text.strip().split("\n\n") for part in _parts(paragraph)],
        "code": sheet.code,
        "page": f"{service.public_url}/code".removeprefix("https://").removeprefix("http://"),
        "qr": _square(f"{service.public_url}/l/{sheet.token}") if sheet.code else "",
    }
    return typeset("letter", page, at)


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
