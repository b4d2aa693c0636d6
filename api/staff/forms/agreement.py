"""The agreement: its wording, comments, its actions, and how it was for everyone."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from api.forms import Field, Group, Option, Press, Typed
from api.staff.forms.base import (
    HOW,
    NOTE,
    SAID_BY,
    CommandForm,
    Fields,
    PartyForm,
    Questions,
    Setting,
    number_of,
    told,
)
from domain import words

MOST_TERMS = 40
_OF_A_TERM = ("what", "checked", "owner", "by")  # its questions, each with the number of its row behind it
_MOVE = re.compile(r"(up|down|remove)-(\d{1,2})|add")


class Writing(CommandForm):
    ROWS = 3  # at first
    has_rows: ClassVar[bool] = True
    button: ClassVar[str] = "Write it up"
    blame: ClassVar[Mapping[str, str]] = {
        "terms": "what1",
        "what": "what1",
        **{f"{name}.{n}": f"{name}{n + 1}" for n in range(MOST_TERMS) for name in ("what", "checked")},
        **{f"terms.{n}": f"by{n + 1}" for n in range(MOST_TERMS)},
    }

    def intro(self, s: Setting) -> str:
        if s.journey.agreement:
            return f"This becomes version {s.journey.agreement.version + 1}. Earlier versions are kept."
        return "Write each term so that everyone can see later whether it was done. Rows that are empty do not count."

    def _rows(self, s: Setting) -> int:
        written = len(s.journey.agreement.terms) if s.journey.agreement else self.ROWS
        return min(s.rows or written, MOST_TERMS)

    def questions(self, s: Setting) -> Questions:
        meeting = s.journey.latest_joint()
        partial = meeting is not None and meeting.outcome == "partial"
        rows = term_rows(s, self._rows(s))
        return [
            *(replace(row, buttons=_buttons(n, len(rows))) for n, row in enumerate(rows, 1)),
            *([not_agreed_field(s)] if partial else []),
            wishes_field(s),
            Field(
                "comments_wanted",
                "The parties are to comment on the wording first",
                "tick",
                hint="As a rule terms are agreed at the meeting, and everyone receives the copy at once.",
                optional=True,
            ),
            NOTE,
        ]

    def only_moves(self, typed: Typed) -> bool:
        """A term goes up, down or away, or a row for another is added: what was typed goes with it."""
        move, rows = _MOVE.fullmatch(typed.one("action")), rows_typed(typed)
        if move is None:
            return False
        if move[1] is None:
            typed.values["rows"] = [str(min(rows + 1, MOST_TERMS))]
            return True
        n = int(move[2])
        order = list(range(1, rows + 1))
        if n not in order:
            return True  # a row that is not there
        order.remove(n)
        if move[1] != "remove":
            order.insert(max(n - 2, 0) if move[1] == "up" else n, n)
        before = {name: typed.raw(name) for row in range(1, rows + 1) for name in _names(row)}
        for place in range(1, rows + 1):
            from_row = order[place - 1] if place <= len(order) else 0
            for name, earlier in zip(_names(place), _names(from_row), strict=True):
                typed.values[name] = [before.get(earlier, "")]
        typed.values["rows"] = [str(max(len(order), 1))]
        return True

    def hidden(self, s: Setting) -> dict[str, str]:
        return {"rows": str(self._rows(s))}

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        terms, said = read_terms(typed, self._rows(s))
        return (
            {"terms": terms, "comments_wanted": typed.one("comments_wanted") == "yes"},
            {**said, **{name: typed.one(name) for name in ("wishes", "not_agreed", "note")}},
        )


def rows_typed(typed: Typed) -> int:
    """How many rows the form had that was sent, or as many as something stands in; 0 for a form without rows."""
    rows = typed.one("rows")
    shown = int(rows) if rows.isascii() and rows.isdigit() and len(rows) < 3 else 0
    filled = (n for n in range(MOST_TERMS, 0, -1) if any(typed.one(name) for name in _names(n)))
    return min(max(shown, next(filled, 0)), MOST_TERMS)


def _names(row: int) -> list[str]:
    return [f"{name}{row}" for name in _OF_A_TERM]


def _buttons(n: int, rows: int) -> tuple[Press, ...]:
    which = f"term {n}"
    found = []
    if n > 1:
        found.append(Press(f"up-{n}", "Move up", which, leads_to=f"term-{n - 1}"))
    if n < rows:
        found.append(Press(f"down-{n}", "Move down", which, leads_to=f"term-{n + 1}"))
    if rows > 1:
        found.append(Press(f"remove-{n}", "Remove", which, leads_to=f"term-{max(n - 1, 1)}"))
    if n == rows < MOST_TERMS:
        found.append(Press("add", "Add another term", leads_to=f"term-{n + 1}"))
    return tuple(found)


def not_agreed_field(s: Setting) -> Field:
    """The points on which nothing was agreed, as they stand."""
    return Field(
        "not_agreed",
        "Points on which nothing was agreed",
        "words",
        hint="They stand in the agreement, which everyone present receives. Say what is open, and not why.",
        optional=True,
        value=str(_texts(s).get("not_agreed", "")),
    )


def _texts(s: Setting) -> Mapping[str, Any]:
    """The words of the agreement as it stands."""
    return s.case.texts.get(s.journey.agreement.command, {}) if s.journey.agreement else {}


def term_rows(s: Setting, count: int, *, droppable: bool = False) -> tuple[Group, ...]:
    """The questions about each term, with the wording as it stands; `droppable`: terms that stand there can be marked
    as no longer agreed."""
    agreement = s.journey.agreement
    said, checked = _texts(s).get("what", []), _texts(s).get("checked", [])
    terms = agreement.terms if agreement else []
    owners = (Option("", "Choose"), *(Option(party.key, party.name) for party in s.case.parties))

    def row(n: int) -> Group:
        stands = n <= len(terms)
        optional = n > 1 and not (droppable and stands)
        keep = f"Term {n}: leave its words, and tick “No longer agreed”, if it is dropped."
        fields = [
            Field(
                f"what{n}",
                "What is done",
                "words",
                optional=optional,
                missing=keep if droppable else "Write at least one term.",
                rows=3,
                value=said[n - 1] if n <= len(said) else "",
            ),
            Field(
                f"checked{n}",
                "How it is checked",
                "words",
                optional=True,
                hint="Who looks, when, and what shows that it was done.",
                rows=2,
                value=checked[n - 1] if n <= len(checked) else "",
            ),
            Field(
                f"owner{n}",
                "Who does it",
                "pick",
                options=owners,
                optional=optional,
                missing=f"Term {n}: say who does it.",
                value=terms[n - 1].owner if stands else "",
            ),
            Field(
                f"by{n}",
                "By when",
                "date",
                optional=optional,
                missing=f"Term {n}: say by when.",
                value=terms[n - 1].by.isoformat() if stands else "",
            ),
        ]
        if droppable and stands:
            dropped = "yes" if terms[n - 1].dropped else ""
            fields.append(Field(f"dropped{n}", "No longer agreed", "tick", optional=True, value=dropped))
        return Group(f"Term {n}", tuple(fields), beside=True, optional=optional, id=f"term-{n}")

    return tuple(row(n) for n in range(1, count + 1))


def wishes_field(s: Setting) -> Field:
    voice = words.childs_voice(s.journey)
    return Field(
        "wishes",
        "The child's wishes and feelings",
        "words",
        hint=f"How the child was to be heard: {voice[0].lower()}{voice[1:]}." if voice else "",
        optional=True,
        value=str(_texts(s).get("wishes", "")),
    )


def read_terms(typed: Typed, count: int) -> tuple[list[Fields], Fields]:
    """The terms that were typed, and their words. Complains where a part of one is missing."""
    terms: list[Fields] = []
    what, checked = [], []
    for n in range(1, count + 1):
        said, how, owner, by = (typed.one(name) for name in _names(n))
        if not (said or how or owner or by):
            continue
        day = typed.day(f"by{n}", f"The date of term {n}")
        if not said:
            typed.wrong(f"what{n}", f"Term {n}: say what is done.")
        if not owner:
            typed.wrong(f"owner{n}", f"Term {n}: say who does it.")
        if not by:
            typed.wrong(f"by{n}", f"Term {n}: say by when.")
        terms.append({"owner": owner, "by": day, "dropped": typed.one(f"dropped{n}") == "yes"})
        what.append(said)
        checked.append(how)
    return terms, {"what": what, "checked": checked if any(checked) else []}


class Comment(PartyForm):
    def hidden(self, s: Setting) -> dict[str, str]:
        return {"version": str(s.journey.agreement.version if s.journey.agreement else 0)}

    def questions(self, s: Setting) -> Questions:
        return [
            Field(
                "agrees",
                f"What does {s.party} say to the wording?",
                "choice",
                options=(Option("yes", "They agree with it"), Option("no", "They want it changed")),
            ),
            HOW,
            SAID_BY,
            Field("note", "Their words", "words", optional=True),
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return (
            {
                "party": s.about,
                "version": number_of(typed, "version"),
                "agrees": typed.one("agrees") == "yes",
                "how": typed.one("how"),
            },
            told(typed),
        )


class Issue(CommandForm):
    button: ClassVar[str] = "Issue it to everyone present"

    def intro(self, s: Setting) -> str:
        agreement = s.journey.agreement
        if agreement is None:
            return ""
        says = {"agrees": "agrees", "wants_changes": "wants changes", "silent": "said nothing"}
        comments = [f"{words.who(s.case, p)} {says.get(c, c)}" for p, c in agreement.comments.items()]
        return f"Version {agreement.version}. " + (f"{'; '.join(comments)}." if comments else "Nobody has commented.")

    def hidden(self, s: Setting) -> dict[str, str]:
        return {"version": str(s.journey.agreement.version if s.journey.agreement else 0)}

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"version": number_of(typed, "version")}, {"note": typed.one("note")}


class DoneAction(CommandForm):
    def title(self, s: Setting, kind: str) -> str:
        return f"Record action {s.about} of the agreement"

    def about_is_known(self, s: Setting) -> bool:
        return any(str(action.number) == s.about for action in s.journey.actions)

    def intro(self, s: Setting) -> str:
        action = next(action for action in s.journey.actions if str(action.number) == s.about)
        texts = s.case.texts.get(s.journey.agreement.command, {}) if s.journey.agreement else {}
        said = texts.get("what", [])
        what = said[action.number - 1] if action.number <= len(said) else "The action"
        return f"“{what}” — {words.who(s.case, action.owner)}, by {words.day(action.by)}."

    def questions(self, s: Setting) -> Questions:
        done = (Option("yes", "Yes"), Option("no", "No, and it will not be"))
        return [Field("done", "Was it done?", "choice", options=done), HOW, SAID_BY, NOTE]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return (
            {"action": int(s.about), "done": typed.one("done") == "yes", "how": typed.one("how")},
            told(typed),
        )


class Feedback(PartyForm):
    def questions(self, s: Setting) -> Questions:
        scores = ("1 – poor", "2", "3", "4", "5 – very good")
        return [
            Field(
                "score",
                f"How was it for {s.party}?",
                "choice",
                options=tuple(Option(str(n), label) for n, label in enumerate(scores, 1)),
            ),
            Field("note", "Their words", "words", optional=True),
        ]

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        return {"party": s.about, "score": number_of(typed, "score")}, {"note": typed.one("note")}
