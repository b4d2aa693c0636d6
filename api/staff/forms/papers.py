"""Papers that staff take in for a party, and what they do with them on its word."""

from dataclasses import replace
from typing import ClassVar

from api.forms import Field, Typed
from api.staff.forms.base import HOW, NOTE, SAID_BY, CommandForm, Fields, PartyForm, Questions, Setting, told
from domain import words
from domain.papers import KINDS_IN_WORDS, MEGABYTE, MOST_BYTES, Paper
from domain.parties import party_of

HOW_IT_CAME = replace(HOW, label="How did it reach you?")


class AddingPaper(PartyForm):
    button: ClassVar[str] = "Take this paper in"
    takes_a_file: ClassVar[bool] = True

    def intro(self, s: Setting) -> str:
        return (
            f"For what {s.party} sent by post or handed over. It is theirs, and private: only staff of this case and "
            "its mediator can open it until they let the others have it."
        )

    def questions(self, s: Setting) -> Questions:
        hint = f"One file: {KINDS_IN_WORDS}, up to {MOST_BYTES // MEGABYTE} MB."
        return [
            Field("title", "What is it?", hint="One line, such as “Report of the speech therapist”."),
            Field("files", "File", "file", hint=hint, missing="Choose the file."),
            HOW_IT_CAME,
            NOTE,
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        if len(typed.files.get("files", [])) > 1:
            typed.wrong("files", "Choose one file at a time, so that each has its own title.")
        return {"party": s.about, "how": typed.one("how")}, {"note": typed.one("note")}


class _OfAPaper(CommandForm):
    def paper(self, s: Setting) -> Paper | None:
        return s.journey.paper(s.about)

    def about_is_known(self, s: Setting) -> bool:
        return self.paper(s) is not None

    def named(self, s: Setting) -> tuple[str, str]:
        """The party that gave it, and what it is called."""
        paper, known = self.paper(s), s.case.papers.get(s.about)
        return words.who(s.case, party_of(paper.of)) if paper else "the party", known.title if known else "a paper"


class ReleasingPaper(_OfAPaper):
    button: ClassVar[str] = "Let the others have it"

    def about_is_known(self, s: Setting) -> bool:
        paper = self.paper(s)
        return paper is not None and not paper.released

    def intro(self, s: Setting) -> str:
        party, title = self.named(s)
        paper = self.paper(s)
        hidden = paper is not None and s.case.hides_an_address(paper.of)
        look = "Their address is hidden from the others: look whether this paper tells it. " if hidden else ""
        return (
            f"“{title}”. Only {party} decides this. {look}The other parties can read it {s.case.policy.papers_days} "
            "working days before the joint meeting, or soon after this when that day has passed. Then it cannot be "
            "taken back."
        )

    def questions(self, s: Setting) -> Questions:
        said_by = Field("said_by", "Who said so?", hint="Who of the party allowed it.", missing="Give the name.")
        return [HOW, said_by, NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"paper": s.about, "how": typed.one("how")}, told(typed)


class TakingPaperBack(_OfAPaper):
    button: ClassVar[str] = "Take it back and erase it"
    grave: ClassVar[bool] = True

    def about_is_known(self, s: Setting) -> bool:
        paper = self.paper(s)
        return paper is not None and not paper.exchanged

    def intro(self, s: Setting) -> str:
        party, title = self.named(s)
        return f"“{title}” of {party} is erased, and cannot be brought back. It can be taken in anew at any time."

    def questions(self, s: Setting) -> Questions:
        reason = Field("reason", "Why?", "words", rows=2, hint="For the case file.", missing="Give the reason.")
        return [HOW, SAID_BY, reason]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        said = {name: typed.one(name) for name in ("said_by", "reason")}
        return {"paper": s.about, "how": typed.one("how")}, said
