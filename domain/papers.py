"""Papers: documents and photographs that parties give. What is taken in, and where a paper stands."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field

from domain.languages import marked, tr
from domain.parties import party_of
from domain.text import Line

MEGABYTE = 1024 * 1024
MOST_BYTES = 10 * MEGABYTE  # of one file
MOST_AT_ONCE = 5  # files of one upload
MOST_OF_ONE_PARTY = 40  # papers in one case; those that were taken back do not count
MOST_PIXELS = 60_000_000  # of a photograph: today's telephones make 12 to 50 million

MEDIA_TYPES: dict[str, tuple[str, str]] = {
    "application/pdf": ("PDF", "pdf"),
    "image/jpeg": ("Photograph (JPEG)", "jpg"),
    "image/png": ("Picture (PNG)", "png"),
    "image/webp": ("Picture (WebP)", "webp"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("Word document", "docx"),
    "text/plain": ("Text", "txt"),
}
"""What is taken in, told by the content of a file: what people call it, and how a downloaded file's name ends."""


KINDS_IN_WORDS = marked("a PDF, a photograph (JPEG, PNG or WebP), a Word document (.docx) or plain text")


class NotTaken(StrEnum):
    """Why a file is not taken in."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    OTHER_KIND = "other_kind"
    HEIC = "heic"
    OLD_WORD = "old_word"
    MACROS = "macros"
    DAMAGED = "damaged"
    TOO_MANY_PIXELS = "too_many_pixels"


WHY_NOT_TAKEN: dict[NotTaken, str] = {
    NotTaken.EMPTY: marked("there is nothing in this file. Choose it again, or send another one."),
    NotTaken.TOO_LARGE: marked(
        "this file is larger than {megabytes} MB. Send it in parts, or photograph its pages one by one."
    ),
    NotTaken.TOO_MANY: marked(
        "{papers} papers are here already, and there is no room for more. Take one back that is not needed, or ring us."
    ),
    NotTaken.OTHER_KIND: marked("we cannot take in this kind of file. Send {kinds}."),
    NotTaken.HEIC: marked(
        "this is a photograph in Apple's HEIC format, which others cannot open. Send it as JPEG: on an iPhone, choose "
        "Settings, Camera, Formats, Most Compatible, or send a screenshot of it."
    ),
    NotTaken.OLD_WORD: marked("this is a file of an old Word, Excel or PowerPoint. Save it as PDF and send that."),
    NotTaken.MACROS: marked("this Word document holds macros, which we do not take in. Save it as PDF and send that."),
    NotTaken.DAMAGED: marked(
        "this file cannot be read. It may be damaged. Open it on your side, save it anew and send that."
    ),
    NotTaken.TOO_MANY_PIXELS: marked("this picture has more than {megapixels} million dots. Make it smaller."),
}


def why_not_taken(why: NotTaken) -> str:
    """The sentence after the file's name. For everyone."""
    return tr(
        WHY_NOT_TAKEN[why],
        kinds=tr(KINDS_IN_WORDS),
        megabytes=MOST_BYTES // MEGABYTE,
        papers=MOST_OF_ONE_PARTY,
        megapixels=MOST_PIXELS // 1_000_000,
    )


WHY_NOT_TAKEN_FOR_STAFF: dict[NotTaken, str] = {
    NotTaken.EMPTY: "it is empty",
    NotTaken.TOO_LARGE: f"it is larger than {MOST_BYTES // MEGABYTE} MB",
    NotTaken.TOO_MANY: "this party has as many papers as it may",
    NotTaken.OTHER_KIND: "it is of a kind that we do not take in",
    NotTaken.HEIC: "it is a photograph in Apple's HEIC format",
    NotTaken.OLD_WORD: "it is a file of an old Word, Excel or PowerPoint",
    NotTaken.MACROS: "it holds macros",
    NotTaken.DAMAGED: "it cannot be read",
    NotTaken.TOO_MANY_PIXELS: "it is a picture of too many dots",
}
"""The same for a file that came by e-mail, as whoever reads the reply is told; the file is still in the mailbox."""


class PaperState(StrEnum):
    """Where a paper stands."""

    BEING_CHECKED = "being_checked"  # for harmful software: nobody can open it
    PRIVATE = "private"
    RELEASED = "released"  # by whoever gave it: it may go to the other parties
    EXCHANGED = "exchanged"  # the other parties can read it
    TAKEN_BACK = "taken_back"
    INFECTED = "infected"


class Paper(BaseModel):
    """A paper of a case, in codes. Its bytes, its name and its title stand in the case file under `key`."""

    key: str
    of: str  # a person key: who gave it
    given: datetime
    check: Literal["waiting", "clean", "not_scanned", "infected"] = "waiting"
    released: datetime | None = None
    exchanged: datetime | None = None
    taken_back: datetime | None = None
    kept_from: list[str] = Field(default_factory=list)  # parties that joined after it was released

    @property
    def state(self) -> PaperState:
        """Where it stands. One that is still being checked may have been released already."""
        if self.taken_back:
            return PaperState.TAKEN_BACK
        if self.check == "infected":
            return PaperState.INFECTED
        if self.check == "waiting":
            return PaperState.BEING_CHECKED
        if self.exchanged:
            return PaperState.EXCHANGED
        return PaperState.RELEASED if self.released else PaperState.PRIVATE

    @property
    def is_there(self) -> bool:
        """Its bytes are kept."""
        return self.state not in (PaperState.TAKEN_BACK, PaperState.INFECTED)

    def is_for(self, party: str) -> bool:
        """It is another's, and this party was in the case when it was released: whoever let the others have it knew of
        them."""
        return party_of(self.of) != party and party not in self.kept_from

    @property
    def can_be_opened(self) -> bool:
        """By those who may."""
        return self.is_there and self.state != PaperState.BEING_CHECKED


class PaperText(BaseModel):
    """What a paper is called: the file's name as it came, and what its giver says that it is."""

    name: Line
    title: Line = ""


class PaperView(BaseModel):
    """A paper as the case file remembers it, its words opened; no text when they were erased."""

    key: str
    media_type: str
    size: int  # bytes
    text: PaperText | None = None

    @property
    def title(self) -> str:
        """What it is called."""
        return (self.text.title or self.text.name) if self.text else "a paper"


def size_in_words(size: int) -> str:
    """ "1.2 MB", "80 KB", of bytes."""
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{-(-size // 1000)} KB"
