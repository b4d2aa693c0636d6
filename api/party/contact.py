"""What is always there on a party's page: to be rung, to say at which times of the day, and how they read."""

from api.forms import Field, Option
from api.party.question import NOTE, Question
from domain import titles, words
from domain.commands import AnswerTexts, AskForCall, SayHowTheyRead, SayWhenToRing
from domain.journey import Journey
from domain.languages import OWN_NAMES, WHOLE, speech, tr
from domain.parties import party_of
from domain.view import CaseView

CALL, WHEN, READING = "call", "when", "reading"
"""Pages beside the one of a link, by the last part of their address."""


def call(case: CaseView, journey: Journey, person: str) -> Question:
    """ "Please ring me"."""
    party, phone = party_of(person), case.person(person).details.phone
    wanted = journey.call_wanted(party)
    said = ""
    if wanted and wanted.due:
        said = tr("You asked us to ring you. We do so, on {day} at the latest.", day=words.day(wanted.due))
    elif wanted:
        said = tr("You asked us to ring you. We do so.")
    number = Field("number", tr("On which number?"), "phone", missing=tr("Give the number."), autocomplete="tel")
    known = tr("We ring the number that ends in {digits}.", digits=phone[-3:]) if phone else ""
    return Question(
        title=tr("Shall we ring you?"),
        template="party/call.html",
        kind=AskForCall,
        form=(
            _times(journey, person, known),
            *([] if phone else [number]),
            Field(
                NOTE, tr("What is it about?"), "words", optional=True, rows=2, hint=tr("One line is enough, or none.")
            ),
        ),
        button=tr("Please ring me"),
        read=lambda typed: {"party": party, "times": typed.many("times")},
        texts=lambda typed: AnswerTexts(note="\n".join(filter(None, (typed.one("number"), typed.one(NOTE))))),
        said=said,
        over=_over(journey, party),
    )


def when(case: CaseView, journey: Journey, person: str) -> Question:
    """When they like to be rung."""
    party = party_of(person)
    return Question(
        title=tr("When may we ring you?"),
        template="party/question.html",
        kind=SayWhenToRing,
        form=(_times(journey, person),),
        button=tr("Save"),
        read=lambda typed: {"party": party, "times": typed.many("times")},
        texts=lambda typed: AnswerTexts(),
        over=_over(journey, party),
    )


def reading(case: CaseView, journey: Journey, person: str) -> Question:
    """In which language we write to them, whether in Easy Read, and whether they need an interpreter."""
    party, known = party_of(person), case.person(person).details
    return Question(
        title=tr("How do you read best?"),
        template="party/question.html",
        kind=SayHowTheyRead,
        form=(
            Field(
                "reads",
                tr("In which language shall we write to you?"),
                "choice",
                options=tuple(Option(language, OWN_NAMES[language]) for language in WHOLE),
                value=known.reads or speech().language,
            ),
            Field(
                "interpreter",
                tr("I need an interpreter when we talk"),
                "tick",
                hint=tr("It is free of charge. Tell us the language when we ring you."),
                value="yes" if known.interpreter else "",
            ),
            Field(
                "easy_read",
                tr("I need Easy Read"),
                "tick",
                hint=tr("Short sentences with pictures. We ring you and see to it."),
                value="yes" if known.easy_read else "",
            ),
        ),
        button=tr("Save"),
        read=lambda typed: {
            "party": party,
            "reads": typed.one("reads"),
            "interpreter": typed.one("interpreter") == "yes",
            "easy_read": typed.one("easy_read") == "yes",
        },
        texts=lambda typed: AnswerTexts(),
        over=_over(journey, party),
    )


def _times(journey: Journey, person: str, known: str = "") -> Field:
    there = journey.person(person)
    return Field(
        "times",
        tr("When is a good time?"),
        "ticks",
        hint=" ".join(filter(None, (known, tr("Nothing ticked: at any time.")))),
        options=tuple(Option(time, tr(title)) for time, title in titles.TIMES_OF_DAY.items()),
        value=" ".join(there.times if there else []),
    )


def _over(journey: Journey, party: str) -> str:
    if journey.closing:
        return tr("The mediation has ended. Ring us on the number below: we are glad to help.")
    return "" if party in journey.contacted else tr("This is not open now.")
