"""What is always there on a party's page: to be rung, and to say at which times of the day."""

from api.forms import Field, Option
from api.party.question import NOTE, Question
from domain import titles, words
from domain.commands import AnswerTexts, AskForCall, SayWhenToRing
from domain.journey import Journey
from domain.parties import party_of
from domain.view import CaseView

CALL, WHEN = "call", "when"
"""Pages beside the one of a link, by the last part of their address."""


def call(case: CaseView, journey: Journey, person: str) -> Question:
    """ "Please ring me"."""
    party, phone = party_of(person), case.person(person).details.phone
    wanted = journey.call_wanted(party)
    by = f", on {words.day(wanted.due)} at the latest" if wanted and wanted.due else ""
    number = Field("number", "On which number?", "phone", missing="Give the number.", autocomplete="tel")
    known = f"We ring the number that ends in {phone[-3:]}." if phone else ""
    return Question(
        title="Shall we ring you?",
        template="party/call.html",
        kind=AskForCall,
        form=(
            _times(journey, person, known),
            *([] if phone else [number]),
            Field(NOTE, "What is it about?", "words", optional=True, rows=2, hint="One line is enough, or none."),
        ),
        button="Please ring me",
        read=lambda typed: {"party": party, "times": typed.many("times")},
        texts=lambda typed: AnswerTexts(note="\n".join(filter(None, (typed.one("number"), typed.one(NOTE))))),
        said=f"You asked us to ring you. We do so{by}." if wanted else "",
        over=_over(journey, party),
    )


def when(case: CaseView, journey: Journey, person: str) -> Question:
    """When they like to be rung."""
    party = party_of(person)
    return Question(
        title="When may we ring you?",
        template="party/question.html",
        kind=SayWhenToRing,
        form=(_times(journey, person),),
        button="Save",
        read=lambda typed: {"party": party, "times": typed.many("times")},
        texts=lambda typed: AnswerTexts(),
        over=_over(journey, party),
    )


def _times(journey: Journey, person: str, known: str = "") -> Field:
    there = journey.person(person)
    return Field(
        "times",
        "When is a good time?",
        "ticks",
        hint=" ".join(filter(None, (known, "Nothing ticked: at any time."))),
        options=tuple(Option(time, title) for time, title in titles.TIMES_OF_DAY.items()),
        value=" ".join(there.times if there else []),
    )


def _over(journey: Journey, party: str) -> str:
    if journey.closing:
        return "The mediation has ended. Ring us on the number below: we are glad to help."
    return "" if party in journey.contacted else "This is not open now."
