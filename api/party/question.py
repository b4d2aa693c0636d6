"""A question to one person, as a page shows it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from api.forms import Field, Typed
from domain.commands import Command, Texts

NOTE = "note"


@dataclass(frozen=True)
class Term:
    """One action of an agreement, for the person who reads it."""

    number: int
    owner: str
    what: str
    by: str
    checked: str = ""  # how it is seen that it was done


@dataclass(frozen=True)
class Question:
    """A question to one person."""

    title: str
    template: str
    kind: type[Command]
    form: tuple[Field, ...]
    button: str
    read: Callable[[Typed], dict[str, Any]]  # the command's own fields
    texts: Callable[[Typed], Texts] = lambda typed: Texts(note=typed.one(NOTE))  # and its words
    hidden: tuple[tuple[str, str], ...] = ()  # what the page was shown for, posted back
    said: str = ""  # the answer that was given, in words
    over: str = ""  # why it can no longer be answered
    more: tuple[str, str] | None = None  # a page beside this one (preparation.py), and what its link says
    points: tuple[str, ...] = ()  # of the agreement to mediate
    terms: tuple[Term, ...] = ()
    wishes: str = ""
    not_agreed: str = ""  # the points that stay open

    is_locked: bool = False  # its private words are left out

    def locked(self) -> "Question":
        """Without what others have said: a link is no sign-in."""
        without = tuple(replace(term, what="", checked="") for term in self.terms)
        return replace(self, terms=without, wishes="", not_agreed="", is_locked=bool(self.terms or self.wishes))

    @property
    def open(self) -> bool:
        """Whether it can still be answered."""
        return not self.said and not self.over
