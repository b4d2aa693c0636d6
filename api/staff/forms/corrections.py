"""What was written down wrongly: the record as it stands, what it becomes, and why."""

from collections.abc import Mapping
from typing import ClassVar

from api.forms import Field, Group, Option, Typed
from api.staff.forms.agreement import MOST_TERMS, not_agreed_field, read_terms, term_rows, wishes_field
from api.staff.forms.base import REASON, CommandForm, Fields, Questions, Setting, everyone, number_of, outcomes
from domain import titles, words
from domain.corrections import NOT_YET, can_become
from domain.parties import ORGANISATIONS


class Details(CommandForm):
    """About "child", "referral", or the party whose organisation it is."""

    button: ClassVar[str] = "Correct the words"
    blame: ClassVar[Mapping[str, str]] = {"": "child_name"}

    def title(self, s: Setting, kind: str) -> str:
        return f"Correct {titles.DETAILS[self._what(s)]}"

    def about_is_known(self, s: Setting) -> bool:
        party = s.journey.party(s.about)
        return s.about in ("child", "referral") or (party is not None and party.role in ORGANISATIONS)

    def intro(self, s: Setting) -> str:
        return (
            "For a slip of the pen. The case is found by the right words from now on, and the old ones stay in its "
            "history. Letters and agreements that have gone out are not changed."
        )

    def questions(self, s: Setting) -> Questions:
        return [*self._words(s), REASON]

    def _words(self, s: Setting) -> list[Field]:
        if s.about == "child":
            born = s.case.child.born.isoformat() if s.case.child.born else ""
            return [
                Field("child_name", "Name of the child", value=s.case.child.name),
                Field("born", "Date of birth", "birthday", optional=True, value=born),
            ]
        if s.about == "referral":
            return [Field("about", "What the referral said", "words", rows=10, value=s.case.about)]
        return [Field("organisation", "Name of the organisation", value=s.case.party(s.about).organisation)]

    def _what(self, s: Setting) -> str:
        return s.about if s.about in titles.DETAILS else "organisation"

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        said: Fields = {one.name: typed.one(one.name) for one in self._words(s)}
        if s.about == "child":
            said["born"] = typed.day("born", "The date of birth")
        what = self._what(s)
        return (
            {"what": what, "party": s.about if what == "organisation" else None},
            {**said, "reason": typed.one("reason")},
        )


class Record(CommandForm):
    """About the key of a record."""

    button: ClassVar[str] = "Correct it"

    def title(self, s: Setting, kind: str) -> str:
        return f"Correct: {words.ask_title(s.case, s.about)}"

    def about_is_known(self, s: Setting) -> bool:
        return bool(can_become(s.journey, s.about))

    def intro(self, s: Setting) -> str:
        fact = s.journey.facts[s.about]
        stands = words.answer_title(s.about, fact.answer)
        return f"As it stands: “{stands}”, recorded on {words.moment(fact.at)}. It stays in the history of the case."

    def questions(self, s: Setting) -> Questions:
        answers = can_become(s.journey, s.about)
        options = tuple(Option(one, _capital(words.answer_title(s.about, one)), _hint(s, one)) for one in answers)
        stands = self._as_it_stands(s, answers)
        now = Field("answer", "What should it say?", "choice", options=options, value=stands)
        return [now, *self._who_came(s), REASON]

    def _as_it_stands(self, s: Setting, answers: list[str]) -> str:
        answer = s.journey.facts[s.about].answer
        return answer if answer in answers else ""

    def _who_came(self, s: Setting) -> list[Field]:
        meeting = s.journey.meeting(s.about)
        if meeting is None or meeting.party:
            return []
        return [
            Field(
                "present",
                "Who came?",
                "ticks",
                hint="If the agreement has been issued, whoever was forgotten receives a copy. None is called back.",
                options=everyone(s),
                value=" ".join(meeting.present),
            ),
            outcomes("As recorded"),
        ]

    def hidden(self, s: Setting) -> dict[str, str]:
        return {"seen": str(s.journey.corrected.get(s.about, 0))}

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        fields: Fields = {"record": s.about, "answer": typed.one("answer"), "seen": number_of(typed, "seen")}
        if self._who_came(s):
            if fields["answer"] in ("full", "partial") and not typed.many("present"):
                typed.wrong("present", "Say who came; everyone present receives a copy of an agreement.")
            fields |= {"present": typed.many("present"), "detail": typed.one("detail") or None}
        return fields, {"reason": typed.one("reason")}


def _hint(s: Setting, answer: str) -> str:
    """What follows when a record becomes this."""
    kind = s.about.partition("/")[0]
    was = s.journey.facts[s.about].answer
    match kind, answer:
        case ("explaining_call", "signpost" | "not_now") | ("permission" | "consent", "no") | ("joint_meeting", "none"):
            minutes = s.case.policy.minutes_to_regret
            return "This ends the case" + (f", and can be undone for {minutes} minutes." if minutes else ".")
        case "consent", "not_yet":
            return (
                "They are asked again, from the first reminder. If they were thanked for their consent, a letter puts "
                "that right."
            )
        case "explaining_call", "not_yet":
            return "You have the task of the call again."
        case "visit", "no_show":
            return "The mediator offers other dates."
        case "visit", "held":
            return (
                "Other dates that were offered or booked since are taken back. A letter says that it was our mistake."
            )
        case "joint_meeting", "full" | "partial" if was in ("another", "no_show"):
            return "No other meeting is arranged; whoever was told otherwise is told so. The agreement is written up."
        case "action", _ if answer == NOT_YET:
            return "It is followed again: reminders go on."
    return ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


class Amending(CommandForm):
    button: ClassVar[str] = "Issue the new version to everyone who had a copy"
    grave: ClassVar[bool] = True
    MORE = 4  # rows for new terms
    blame: ClassVar[Mapping[str, str]] = {
        "terms": "what1",
        "what": "what1",
        **{f"{name}.{n}": f"{name}{n + 1}" for n in range(MOST_TERMS) for name in ("what", "checked")},
        **{f"terms.{n}": f"by{n + 1}" for n in range(MOST_TERMS)},
    }

    def about_is_known(self, s: Setting) -> bool:
        return not s.about and s.journey.agreement is not None

    def intro(self, s: Setting) -> str:
        version = s.journey.agreement.version if s.journey.agreement else 0
        return (
            f"This becomes version {version + 1}. It says that it replaces version {version}, and why. Everyone who "
            "had a copy receives it. Terms keep their numbers; what is done stays done, and new dates are followed."
        )

    def _rows(self, s: Setting) -> int:
        return min(len(s.journey.agreement.terms) + self.MORE, MOST_TERMS) if s.journey.agreement else self.MORE

    def questions(self, s: Setting) -> Questions:
        meeting = s.journey.latest_joint()
        outcomes = tuple(Option(one, titles.MEETING_OUTCOMES[one]) for one in ("full", "partial"))
        rows: tuple[Group, ...] = term_rows(s, self._rows(s), droppable=True)
        return [
            *rows,
            not_agreed_field(s),
            wishes_field(s),
            Field("outcome", "It is", "choice", options=outcomes, value=meeting.outcome if meeting else ""),
            Field(
                "reason",
                "Why does it change?",
                "words",
                hint="This stands in the new version and in the letter with it: everyone who gets a copy reads it.",
                missing="Say why, in words that everyone may read.",
                rows=3,
            ),
        ]

    def hidden(self, s: Setting) -> dict[str, str]:
        return {"version": str(s.journey.agreement.version if s.journey.agreement else 0)}

    def read(self, typed: Typed, s: Setting) -> tuple[Fields, Fields]:
        terms, said = read_terms(typed, self._rows(s))
        return (
            {"version": number_of(typed, "version"), "terms": terms, "outcome": typed.one("outcome") or None},
            {**said, **{name: typed.one(name) for name in ("wishes", "not_agreed", "reason")}},
        )
