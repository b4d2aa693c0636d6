"""The agreement: its wording, comments, its actions, and how it was for everyone."""

from collections.abc import Mapping
from typing import ClassVar

from api.forms import Field, Fold, Group, Option, Typed
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


class Writing(CommandForm):
    ROWS, OPEN = 10, 4
    button: ClassVar[str] = "Write it up"
    blame: ClassVar[Mapping[str, str]] = {
        "terms": "what1",
        "what": "what1",
        **{f"what.{n}": f"what{n + 1}" for n in range(10)},
        **{f"terms.{n}": f"by{n + 1}" for n in range(10)},
    }

    def intro(self, s: Setting) -> str:
        if s.journey.agreement:
            return f"This becomes version {s.journey.agreement.version + 1}. Earlier versions are kept."
        return "Write each term so that everyone can see later whether it was done."

    def questions(self, s: Setting) -> Questions:
        rows = term_rows(s, self.ROWS)
        return [
            *rows[: self.OPEN],
            Fold("More terms", rows[self.OPEN :]),
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

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        terms, what = read_terms(typed, self.ROWS)
        return (
            {"terms": terms, "comments_wanted": typed.one("comments_wanted") == "yes"},
            {"what": what, "wishes": typed.one("wishes"), "note": typed.one("note")},
        )


def term_rows(s: Setting, count: int, *, droppable: bool = False) -> tuple[Group, ...]:
    """The questions about each term, with the wording as it stands; `droppable`: terms that stand there can be marked
    as no longer agreed."""
    agreement = s.journey.agreement
    said = s.case.texts.get(agreement.command, {}).get("what", []) if agreement else []
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
                rows=2,
                value=said[n - 1] if n <= len(said) else "",
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
        return Group(f"Term {n}", tuple(fields), beside=True, optional=optional)

    return tuple(row(n) for n in range(1, count + 1))


def wishes_field(s: Setting) -> Field:
    agreement = s.journey.agreement
    texts = s.case.texts.get(agreement.command, {}) if agreement else {}
    voice = words.childs_voice(s.journey)
    return Field(
        "wishes",
        "The child's wishes and feelings",
        "words",
        hint=f"How the child was to be heard: {voice[0].lower()}{voice[1:]}." if voice else "",
        optional=True,
        value=str(texts.get("wishes", "")),
    )


def read_terms(typed: Typed, count: int) -> tuple[list[Fields], list[str]]:
    """The terms that were typed, and their words. Complains where a part of one is missing."""
    terms, what = [], []
    for n in range(1, count + 1):
        said, owner, by = typed.one(f"what{n}"), typed.one(f"owner{n}"), typed.one(f"by{n}")
        if not (said or owner or by):
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
    return terms, what


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
