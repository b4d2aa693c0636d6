"""Letters as they will look, shown before they are sent: written by the same functions that delivery writes them by."""

from dataclasses import dataclass
from datetime import datetime

from jinja2 import TemplateError

from api.services import Services
from domain import titles, words
from domain.commands import Command, Texts
from domain.journey import Letter
from domain.languages import ENGLISH_NAMES, Language
from domain.parties import BY_HAND, Channel
from domain.refusals import SENTENCES, Refusal
from domain.view import CaseView
from letters.html import Block, blocks
from letters.rendering import (
    LINK,
    Rendered,
    Service,
    again,
    line_of,
    render,
    speaks_of_another_date,
    text_message,
)
from letters.texts import texts_with


@dataclass(frozen=True)
class Preview:
    """One letter, with what there is to know about it."""

    to: str
    how: str  # "by e-mail"
    leaves: str  # "at once"
    subject: str
    parts: list[Block]
    notes: list[str]


class NotTrueAnyMore(Exception):
    """A letter that is to be sent again says a date that has been changed since. Its text is for people."""


async def previews(
    services: Services, case: CaseView, letters: list[Letter], command: Command, texts: Texts
) -> list[Preview]:
    """The letters that a command would send. NotTrueAnyMore."""
    case = case.model_copy(update={"texts": {**case.texts, command.id: texts.model_dump()}})
    return [await _preview(services, case, letter) for letter in letters]


async def _preview(services: Services, case: CaseView, letter: Letter) -> Preview:
    service, channel, notes = Service(**services.settings.service()), case.channel_of(letter.to), []
    strange = await services.letters.is_to_a_stranger(case.id, letter.to, channel)
    rendered = await _written(services, case, letter, service, to_a_stranger=strange)
    if rendered is None:
        rendered = Rendered(subject="", text=line_of(case, letter))
        notes.append("The rest of the letter is put into words when it leaves.")
    if strange:
        notes.append(
            "Nobody has confirmed yet that we reach them here: no answer came through their link, and nobody spoke "
            "with them on the telephone. So this first letter tells nothing about the child, and holds back your words."
        )
    if rendered.language != Language.ENGLISH:
        below = "" if channel == Channel.TEXT else ", with the same letter in English below it"
        typed = " Your own words stay as you typed them." if rendered.line else ""
        notes.append(f"They read {ENGLISH_NAMES[rendered.language]}: it goes in that language{below}.{typed}")
    if channel == Channel.TEXT:
        parts = [Block(kind="lines", lines=[text_message(rendered, service, LINK)])]
    else:
        parts = blocks(rendered.text, rendered.language)
    return Preview(
        to=words.recipient(case, letter.to),
        how=titles.BY_CHANNEL[channel],
        leaves=_leaves(case, channel, services.clock()),
        subject=rendered.subject,
        parts=parts,
        notes=notes,
    )


async def _written(
    services: Services, case: CaseView, letter: Letter, service: Service, *, to_a_stranger: bool
) -> Rendered | None:
    """None: it cannot be written yet."""
    if (earlier := letter.of_an_earlier) and not to_a_stranger:
        for known in await services.reading.letters(case.id):
            if (known.kind, known.about, known.to, known.number) == (
                earlier.kind, earlier.about, earlier.to, earlier.number
            ) and known.words:  # fmt: skip
                said = Rendered(**known.words.model_dump())
                if speaks_of_another_date(case, letter, said):
                    raise NotTrueAnyMore(SENTENCES[Refusal.NO_LONGER_TRUE])
                return again(case, letter, said)
    try:
        now, texts = services.clock(), texts_with(await services.letter_texts.current())
        return render(case, letter, service=service, now=now, to_a_stranger=to_a_stranger, texts=texts)
    except (LookupError, ValueError, TemplateError):
        return None


def _leaves(case: CaseView, channel: Channel, now: datetime) -> str:
    journey = case.journey
    if journey and journey.on_hold:
        return "when the safeguarding hold is released"
    if journey and journey.paused:
        return "when the case is resumed"
    if journey and journey.second_thoughts:
        return "when the minutes in which the last step can be undone are over"
    opens = case.policy.office_moment(now)
    when = f"{words.soon(opens)}, when the office opens" if opens > now else "at once"
    if channel in BY_HAND:
        return f"{when}, as a task to {'print and post it' if channel == Channel.POST else 'ring them'}"
    return when
