"""Would this text do? It is tried on every situation in which its letters are written, before anything of it is saved:
what must hold is refused, and what makes a letter hard to read is said."""

import re
from collections.abc import Iterable, Iterator

from pydantic import BaseModel, Field

from domain import titles
from domain.commands import StaffRole
from domain.languages import Language
from domain.parties import FAMILY
from domain.view import CaseView
from letters.html import Block, blocks
from letters.reading import LONGEST_SENTENCE, grade, sentences
from letters.rendering import ASKS_TO_RING, LINK, Rendered, Service
from letters.situations import Example, examples_of
from letters.texts import INSIDE, SHIPPED, VARIABLES, Texts, faults, letter_names, shared_parts

FAMILIES, PROFESSIONALS = 6, 8  # school years in which a letter should be understood
LONGEST_SUBJECT = 120  # characters
_ADDRESS = re.compile(r"https?://\S+")


class Situation(BaseModel):
    """A letter as somebody gets it."""

    kind: str
    readers: list[str]  # who get these very words
    special: str  # "by post"; "" for nothing
    subject: str
    text: str
    reference: str
    grade: float

    @property
    def parts(self) -> list[Block]:
        """As mail programs show it."""
        return blocks(self.text)


class Findings(BaseModel):
    """What came of the trial."""

    refusals: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    situations: list[Situation] = Field(default_factory=list)


class Offered(BaseModel):
    """A variable of a text: what it means, an example, and whether each of its letters has it."""

    name: str
    means: str
    example: str
    always: bool


def used_by(name: str, texts: Texts) -> list[str]:
    """The texts of letters that a text goes into: itself, or those that hold this part."""
    if name not in shared_parts():
        return [name]
    if name in texts.parts_of("_frame"):
        return letter_names()
    return [one for one in letter_names() if name in texts.parts_of(one)]


def offered(name: str, service: Service, texts: Texts) -> list[Offered]:
    """What a text may speak of, in the order of `VARIABLES`."""
    known = [one.variables(service) for letter in used_by(name, texts) for one in examples_of(letter)]
    found = []
    for variable, means in VARIABLES.items():
        values = [said[variable] for said in known if variable in said]
        if values:
            shown = next((value for value in values if value), values[0])
            always = len(values) == len(known)
            ways = {f"{variable}.{one}": _of(shown, one) for one in INSIDE.get(variable, ())} or {variable: shown}
            found += [Offered(name=w, means=means, example=_example(v), always=always) for w, v in ways.items()]
    return found


def _of(thing: object, what: str) -> object:
    return thing[what] if isinstance(thing, dict) else getattr(thing, what)


def _example(value: object) -> str:
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, (list, tuple)):
        return "; ".join(str(one) for one in value[:2])
    return str(value)


def tried(name: str, text: str, texts: Texts, service: Service) -> Findings:
    """A text among the others as they stand (`texts`), on all its situations."""
    names = used_by(name, texts)
    if wrong := faults(name, text, {one.name.partition(".")[0] for one in offered(name, service, texts)}, texts):
        return Findings(refusals=wrong)
    edited = {**texts.edited, (Language.ENGLISH, name): text}
    new = Texts((language, one, its) for (language, one), its in edited.items())
    refusals, warnings = dict[str, list[str]](), dict[str, list[str]]()
    seen = dict[tuple[str, str, str], Situation]()
    for example in (one for letter in names for one in examples_of(letter)):
        try:
            rendered = example.rendered(service, new)
        except Exception as error:  # whatever it is, a letter would fail by it
            refusals.setdefault(f"The letter cannot be written ({error}).", []).append(_who(example))
            continue
        shipped = example.rendered(service, SHIPPED)
        for one in _lost(example.case, rendered, shipped, service):
            refusals.setdefault(one, []).append(_who(example))
        its = grade(_whole(rendered))
        for one in _hard(example, rendered, shipped, its):
            warnings.setdefault(one, []).append(_who(example))
        same = seen.setdefault(
            (rendered.subject, rendered.text, example.special),
            Situation(
                kind=example.order.kind,
                readers=[],
                special=example.special,
                subject=rendered.subject,
                text=rendered.text,
                reference=example.case.reference,
                grade=its,
            ),
        )
        same.readers.append(_reader(example))
    return Findings(refusals=_told(refusals), warnings=_told(warnings), situations=list(seen.values()))


def _told(found: dict[str, list[str]]) -> list[str]:
    """Each sentence once, with a letter in which it is so."""
    return [f"{said} {who[0]}{f', and {len(who) - 1} more' if len(who) > 1 else ''}." for said, who in found.items()]


def _lost(case: CaseView, rendered: Rendered, shipped: Rendered, service: Service) -> Iterator[str]:
    """What a letter must not go without."""
    if case.reference not in rendered.subject:
        yield "The subject must hold our reference: {{ reference }}."
    if len(rendered.subject) > LONGEST_SUBJECT:
        yield f"The subject is {len(rendered.subject)} characters long. At most {LONGEST_SUBJECT} are shown."
    if named := [one for one in _names(case) if one in rendered.subject]:
        yield f"The subject names somebody ({named[0]}). It shows on locked screens."
    if case.child.name in rendered.text:
        yield "The text names the child. It may reach the wrong person."
    for needed, what in (
        (service.phone, "our telephone number: {{ service.phone }}"),
        (f"reference: {case.reference}", "“Our reference: {{ reference }}”"),
        (f"\n\n{ASKS_TO_RING}", f"a paragraph that begins “{ASKS_TO_RING}”: what comes before it is read out on the "
         "telephone"),
        ("Kind regards,", "“Kind regards,”"),
    ):  # fmt: skip
        if needed in shipped.text and needed not in rendered.text:
            yield f"The letter has lost {what}."
    if (LINK in shipped.text and LINK not in rendered.text) or (
        _ADDRESS.search(shipped.text) and not _ADDRESS.search(rendered.text)
    ):
        yield "The letter has lost the link to what is done there: {{ link }}."


def _names(case: CaseView) -> list[str]:
    people = [person.details.name for party in case.parties for person in party.people]
    staff = [one.name for one in (case.coordinator, case.mediator) if one]
    return [one for one in (case.child.name, *people, *staff, *(party.name for party in case.parties)) if one]


def _hard(example: Example, rendered: Rendered, shipped: Rendered, its: float) -> Iterator[str]:
    """What makes a letter hard to read, or to act on."""
    most, whole = FAMILIES if example.role in FAMILY else PROFESSIONALS, _whole(rendered)
    if its > most:
        yield f"It reads like school year {its:.1f}. Aim for {most}: shorter sentences, shorter words."
    for sentence in sentences(whole):
        if len(sentence) > LONGEST_SENTENCE:
            yield f"A sentence of {len(sentence)} words. Aim for {LONGEST_SENTENCE}: “{' '.join(sentence[:9])} …”"
    actions = sum(part.kind == "action" for part in blocks(rendered.text))
    addresses = rendered.text.count(LINK) + len(_ADDRESS.findall(rendered.text))
    if addresses > 1:
        yield f"There are {addresses} addresses. One thing to do is best done."
    elif addresses > actions:
        yield "The address is not shown as a button. Give it a line of its own, below a line that ends with a colon."
    for by in _dates(example, shipped.text):
        if by not in rendered.text:
            yield f"It does not say any more by when an answer is needed ({by})."


def _dates(example: Example, text: str) -> Iterable[str]:
    return re.findall(r"by (\w{3} \d+ \w{3} \d{4})", text) if example.order.kind.endswith(("_ask", "_remind")) else []


def _whole(rendered: Rendered) -> str:
    return f"{rendered.subject}.\n\n{rendered.text}"


def _reader(example: Example) -> str:
    if isinstance(example.role, StaffRole):
        return titles.STAFF_ROLES[example.role]
    return titles.PARTY_ROLES[example.role]


def _who(example: Example) -> str:
    special = f", {example.special}" if example.special else ""
    return f"{titles.LETTERS[example.order.kind]} ({_reader(example).lower()}{special})"
