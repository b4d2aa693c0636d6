"""What parties give to read before everyone meets."""

from typing import ClassVar

from domain.commands.base import MEDIATORS, AnswerTexts, Command, How, Texts
from domain.text import Words


class AddPaper(Command):
    """A party gives a document or a photograph. The file is kept in the case file under the command's id before the
    command is stored; it is private until it is released."""

    may = MEDIATORS
    by_link = "papers"
    title = "Add a paper"
    party: str
    how: How


class ReleasePaper(Command):
    """Whoever gave a paper lets the other parties have it: it is exchanged before the joint meeting."""

    may = MEDIATORS
    texts = AnswerTexts
    by_link = "papers"
    title = "Release a paper"
    paper: str
    how: How

    def has_its_words(self, texts: Texts) -> bool:
        """Whoever records it for a party says who said so."""
        return self.actor.kind == "participant" or (isinstance(texts, AnswerTexts) and bool(texts.said_by))


class TakeBackTexts(AnswerTexts):
    """Why a paper is taken back, and who said so. A party owes no reason."""

    reason: Words = ""


class TakeBackPaper(Command):
    """A paper was given by mistake: it is erased, unless the others have had it."""

    may = MEDIATORS
    texts: ClassVar[type[Texts]] = TakeBackTexts
    by_link = "papers"
    title = "Take a paper back"
    paper: str
    how: How

    def has_its_words(self, texts: Texts) -> bool:
        return self.actor.kind == "participant" or (isinstance(texts, TakeBackTexts) and bool(texts.reason))
