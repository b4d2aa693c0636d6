"""What comes into the mailbox: no person gives these."""

from pydantic import Field

from domain.commands.base import Command, Texts
from domain.text import Line, Words


class ReplyTexts(Texts):
    """A message as it came: what its author wrote, without what they quoted; names and sizes of its attachments."""

    sender: Line = ""
    subject: Line = ""
    words: Words = ""
    attachments: Words = ""


class ReceiveReply(Command):
    """Somebody answered by e-mail. It is no answer to what was asked before a person has read it and recorded what it
    says; until then nobody of that party is reminded."""

    may = ()
    by_mail = True
    texts = ReplyTexts
    title = "A reply by e-mail"
    person: str
    papers: list[str] = Field(default_factory=list)  # keys of the attachments that were kept in the case file


class NoteAutomaticReply(Command):
    """A machine answered: an out-of-office note, say. It is noted, and changes nothing."""

    may = ()
    by_mail = True
    texts = ReplyTexts
    title = "An automatic reply"
    person: str


class ReportBounce(Command):
    """A letter that had been taken came back for good."""

    may = ()
    by_mail = True
    title = "A letter that came back"
    kind_of_letter: str
    about: str
    to: str
    number: int
