"""Where a letter's words come from: the one place that finds a template, by name and language. A name is a kind
("consent_ask"), the wording of a kind for staff ("visit_booked.to_staff"), or a part that letters share ("_signature").
What the service has put into words of its own goes before what ships in templates/email/ (other languages: in a
folder each).

People may write these texts in a browser (api/staff/letter_texts.py), so they run in a sandbox, and `faults` lets in
only the few constructs that a letter needs: no calls, no loops in loops, no attributes but those listed here."""

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.loaders import FunctionLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment

from domain.languages import Language

FOLDER = Path(__file__).parent / "templates" / "email"
FRAME = "_frame"  # greeting, text and signature: the shape of every letter, which nobody edits
TO_STAFF = ".to_staff"
LONGEST = 10_000  # characters of a text
_INCLUDED = re.compile(r"""{%[-+]?\s*include\s+["'](_\w+)\.txt["']""")

Edited = frozenset[tuple[str, str, str]]
"""The service's own texts: language, name, and the text. (casefile/letter_texts.py)"""


class Texts:
    """The texts by which letters are written."""

    def __init__(self, edited: Iterable[tuple[str, str, str]] = ()) -> None:
        self.edited = {(language, name): text for language, name, text in edited}

    def source(self, name: str, language: str = Language.ENGLISH) -> str | None:
        """A text as it was written; None: there is none of this name."""
        for one in dict.fromkeys((language, Language.ENGLISH)):
            if (one, name) in self.edited:
                return self.edited[one, name]
            path = (FOLDER if one == Language.ENGLISH else FOLDER / one) / f"{name}.txt"
            if path.is_file():
                return path.read_text()
        return None

    def written_in(self, name: str, reads: Language) -> Language:
        """The language of a letter to somebody who reads this one: theirs, or English for the whole of it. A
        translation says what ships with us: once the English letter has words of the service's own, it goes alone."""
        if (reads, name) in self.edited:
            return reads
        own = (Language.ENGLISH, name) in self.edited
        return reads if not own and (FOLDER / reads / f"{name}.txt").is_file() else Language.ENGLISH

    def template(self, name: str, language: str = Language.ENGLISH) -> Template:
        """jinja2.TemplateNotFound"""
        if language not in self._environments:
            self._environments[language] = ImmutableSandboxedEnvironment(
                loader=FunctionLoader(lambda file: self.source(file.removesuffix(".txt"), language)),
                autoescape=False,
                undefined=StrictUndefined,
                trim_blocks=True,
                lstrip_blocks=True,
                keep_trailing_newline=True,  # an included part ends its own line
            )
        return self._environments[language].get_template(f"{name}.txt")

    @cached_property
    def _environments(self) -> dict[str, ImmutableSandboxedEnvironment]:
        return {}

    def parts_of(self, name: str, language: str = Language.ENGLISH) -> list[str]:
        """The shared parts that a text uses, and those that they use."""
        found: list[str] = []
        ahead = [name]
        while ahead:
            source = self.source(ahead.pop(), language)
            new = [part for part in included(source or "") if part not in found]
            found += new
            ahead += new
        return found

    def used_for(self, name: str, language: str = Language.ENGLISH) -> list[str]:
        """All texts of which a letter is made."""
        return [name, *self.parts_of(name, language), *self.parts_of(FRAME, language)]


SHIPPED = Texts()
"""Without words of the service's own."""


@lru_cache(maxsize=8)
def texts_with(edited: Edited) -> Texts:
    """The service's own texts before the shipped ones: compiled once, as long as nobody changes any."""
    return Texts(edited) if edited else SHIPPED


def shared_parts() -> list[str]:
    """The parts that letters share, which can be edited."""
    return sorted(path.stem for path in FOLDER.glob("_*.txt") if path.stem != FRAME)


def kinds() -> list[str]:
    """Every kind of letter that can be written."""
    return [name for name in letter_names() if not name.endswith(TO_STAFF)]


def letter_names() -> list[str]:
    """The texts of letters: of every kind, and of those that have one, their wording for staff."""
    return sorted(path.stem for path in FOLDER.glob("[a-z]*.txt"))


def name_of(kind: str, *, to_staff: bool) -> str:
    """The text by which a letter of a kind is written."""
    for_staff = f"{kind}{TO_STAFF}"
    return for_staff if to_staff and (FOLDER / f"{for_staff}.txt").is_file() else kind


def included(source: str) -> list[str]:
    """The parts that a text includes itself."""
    return _INCLUDED.findall(source)


# What may stand in a text

VARIABLES: dict[str, str] = {
    "reference": "Our reference of the case.",
    "link": "The address of the reader's own page, or of the case. Give it a line of its own, below a line that ends "
    "with a colon: mail programs show the two as a button.",
    "to": "The name of whom the letter greets.",
    "is_family": "Whether the reader is a parent or the young person.",
    "is_staff": "Whether the reader works here.",
    "to_a_stranger": "Whether nobody has confirmed yet that we reach the reader at this address.",
    "service": "How our service is called and reached.",
    "coordinator": "The coordinator of the case; our service's name as long as it has none.",
    "mediator": "The mediator of the case, once there is one.",
    "referrer": "Who asked us for mediation. A family is not named.",
    "others": "The other parties, one by one.",
    "written": "The day on which the letter is written.",
    "answer_by": "The day after which we would write or ring again; empty where there is none.",
    "last_day": "When silence becomes an answer; empty where it does not.",
    "number": "How many letters of this kind they have had.",
    "needs": "What the reader needs, such as an interpreter; empty for nothing.",
    "goes_on_as": "The reference under which the matter goes on.",
    "place": "Where the meeting is.",
    "online": "Whether the meeting is online.",
    "access": "How one gets into the venue; empty when we do not know.",
    "date": "When the meeting is.",
    "dates": "The dates that we offer, one by one.",
    "visited": "Whom the mediator visits.",
    "former": "The dates that the meeting had before, one by one.",
    "new_dates": "Whether new dates follow without a manager's decision.",
    "joined": "Who takes part from now on. A family is not named.",
    "record": "What was recorded by mistake: “consent”, “visit” or “joint_meeting”.",
    "version": "The version of the agreement.",
    "because": "Why the agreement takes the place of an earlier one; empty for the first.",
    "action": "The action of the agreement that is due.",
    "points": "The points of the agreement to mediate, one by one.",
    "channel": "How the reader is reached: “email”, “text”, “post” or “phone”.",
    "on_paper": "Whether the letter goes by post.",
    "read_out": "Whether the letter is read out on the telephone.",
    "taken_back": "Whether a signature was taken back.",
    "signed_by": "Who signed.",
    "signed_on": "The day on which they signed.",
    "childs_voice": "How the child is to be heard; empty when that is not settled.",
    "unsigned": "Who has not signed the agreement to mediate, one by one.",
    "given": "The day on which the file came.",
    "task": "What there is to do.",
}
"""What a text may speak of, and what each means to whoever writes it."""

INSIDE = {
    "service": ("name", "phone", "email", "address"),
    "to": ("name",),
    "action": ("what", "by", "number"),
    "loop": ("index", "first", "last", "length"),
}
"""What can be said of a thing that cannot be said whole."""

_FILTERS = ("upper", "lower", "capitalize", "length", "join", "first", "last")
_BUILT_OF = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Slice,
    nodes.Const, nodes.If, nodes.For, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.Not, nodes.And,
    nodes.Or, nodes.CondExpr, nodes.Concat, nodes.Include,
)  # fmt: skip
_parsing = ImmutableSandboxedEnvironment()


def faults(name: str, source: str, offered: Iterable[str], texts: Texts = SHIPPED) -> list[str]:
    """Why a text cannot be taken, in sentences; nothing is run. `offered`: the variables that its letters know."""
    if len(source) > LONGEST:
        return [f"The text is {len(source):,} characters long. At most {LONGEST:,} are possible."]
    try:
        tree = _parsing.parse(source)
    except TemplateSyntaxError as error:
        return [f"Line {error.lineno} cannot be read: {(error.message or 'something is missing').rstrip('.')}."]
    found = [*_of_other_kinds(tree), *_unknown(tree, set(offered)), *_of_parts(name, tree, texts)]
    return list(dict.fromkeys(found))


def _of_other_kinds(tree: nodes.Template) -> Iterable[str]:
    for node in tree.find_all(nodes.Node):
        where = f"Line {node.lineno}"
        if not isinstance(node, _BUILT_OF):
            what = type(node).__name__.lower()
            yield f"{where} holds something that letters do not need ({what}). Please leave it out."
        elif isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            yield f"{where}: “{node.name}” is not among what can be done with a word ({', '.join(_FILTERS)})."
        elif isinstance(node, nodes.Test) and node.name != "defined":
            yield f"{where}: only “is defined” can be asked, not “is {node.name}”."
        elif isinstance(node, nodes.For) and next(node.find_all(nodes.For), None) is not None:
            yield f"{where}: a list cannot stand inside a list."
        elif isinstance(node, nodes.For) and next(node.find_all(nodes.Include), None) is not None:
            yield f"{where}: a shared part cannot stand inside a list."


def _unknown(tree: nodes.Template, offered: set[str]) -> Iterable[str]:
    """Names that its letters do not know, and more of a thing than may be said of it."""
    own = {one.target.name for one in tree.find_all(nodes.For) if isinstance(one.target, nodes.Name)} | {"loop"}
    said_of = set[int]()
    for node in tree.find_all(nodes.Getattr):
        thing = node.node.name if isinstance(node.node, nodes.Name) else ""
        if node.attr in INSIDE.get(thing, ()):
            said_of.add(id(node.node))
        else:
            yield f"Line {node.lineno}: “{thing or 'that'}.{node.attr}” is not known here."
    for item in tree.find_all(nodes.Getitem):
        bounds = [item.arg.start, item.arg.stop, item.arg.step] if isinstance(item.arg, nodes.Slice) else [item.arg]
        if not all(one is None or (isinstance(one, nodes.Const) and isinstance(one.value, int)) for one in bounds):
            yield f"Line {item.lineno}: only a number can stand in brackets."
    for word in tree.find_all(nodes.Name):
        if word.ctx == "store" and word.name in (*VARIABLES, "loop"):
            yield f"Line {word.lineno}: “{word.name}” has a meaning already. Call what the list holds “one”."
        elif word.ctx == "load" and word.name in INSIDE and id(word) not in said_of:
            ways = " or ".join(f"{word.name}.{one}" for one in INSIDE[word.name])
            yield f"Line {word.lineno}: “{word.name}” cannot stand alone. Write {ways}."
        elif word.ctx == "load" and word.name not in own | offered:
            yield f"Line {word.lineno}: “{word.name}” is not known here. Choose from the list beside the text."


def _of_parts(name: str, tree: nodes.Template, texts: Texts) -> Iterable[str]:
    for node in tree.find_all(nodes.Include):
        file = node.template.value if isinstance(node.template, nodes.Const) else ""
        part = str(file).removesuffix(".txt")
        if part not in shared_parts() or not str(file).endswith(".txt"):
            yield f"Line {node.lineno}: there is no shared part “{part}”. There are: {', '.join(shared_parts())}."
        elif part == name or name in texts.parts_of(part):
            yield f"Line {node.lineno}: “{part}” holds this part itself, so it would never end."
