"""Forms in plain HTML: what is asked, what was typed, and what is wrong with it in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Literal

from pydantic import ValidationError
from starlette.datastructures import FormData, QueryParams, UploadFile

from domain.languages import tr
from domain.typos import likely_address
from domain.working_days import LONDON

_ASKING = "?؟"  # how a question ends: in Arabic with a mark of its own


@dataclass(frozen=True)
class Option:
    """One of several answers."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True)
class Field:
    """One question. `birthday`: a date that people know by heart, typed into three fields (`date` opens the browser's
    calendar); `choice`: radio buttons; `pick`: a list that opens; `ticks`: any number of boxes; `tick`: one box
    that means yes; `file` and `files`: one, or any number, which browsers forget when a form is shown again."""

    name: str
    label: str
    kind: Literal[
        "line",
        "words",
        "email",
        "phone",
        "date",
        "birthday",
        "time",
        "number",
        "choice",
        "pick",
        "ticks",
        "tick",
        "file",
        "files",
    ] = "line"
    hint: str = ""
    options: tuple[Option, ...] = ()
    optional: bool = False
    value: str = ""  # what stands there before anything was typed
    rows: int = 4
    missing: str = ""  # what to say when it is not answered
    either: bool = False  # one of several ways to answer: optional, and does not call itself so
    autocomplete: str = "off"  # what browsers may fill in: for questions about whoever fills in the form


@dataclass(frozen=True)
class Group:
    """Questions that belong together, with a heading of their own; `beside`: in one row where there is room."""

    legend: str
    fields: tuple[Field, ...]
    hint: str = ""
    beside: bool = False
    optional: bool = False  # as a whole: its questions do not say so again


@dataclass(frozen=True)
class Fold:
    """Groups that are seldom needed, folded away until somebody opens them or something stands in them."""

    summary: str
    groups: tuple[Group, ...]


Part = Field | Group | Fold


def fields_of(form: Iterable[Part]) -> list[Field]:
    """Every question of a form, in its order."""
    found: list[Field] = []
    for part in form:
        match part:
            case Fold():
                found += fields_of(part.groups)
            case Group():
                found += part.fields
            case Field():
                found.append(part)
    return found


def as_typed(name: str) -> str:
    """The hidden field that says that an address was asked about, and stays as it was typed."""
    return f"{name}_as_typed"


@dataclass
class Typed:
    """What was typed into a form, kept as it was, and what is wrong with it, by the question's name."""

    values: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    posted: bool = False
    files: dict[str, list[UploadFile]] = field(default_factory=dict)
    suggested: set[str] = field(default_factory=set)  # questions whose complaint is a suggestion, and no fault

    @classmethod
    def of(cls, form: FormData | QueryParams) -> "Typed":
        """Text, and apart from it files: one that somebody attaches elsewhere is no answer to anything."""
        values: dict[str, list[str]] = {}
        files: dict[str, list[UploadFile]] = {}
        for name, value in form.multi_items():
            if isinstance(value, str):
                values.setdefault(name, []).append(value.replace("\r\n", "\n"))
            elif value.filename:  # else a field in which no file was chosen
                files.setdefault(name, []).append(value)
        for name in [name.removesuffix("-day") for name in values if name.endswith("-day")]:
            if {f"{name}-month", f"{name}-year"} <= values.keys():  # of a birthday
                given = [values.pop(f"{name}-{part}")[0].strip() for part in ("day", "month", "year")]
                values[name] = ["/".join(given) if any(given) else ""]
        return cls(values, posted=True, files=files)

    def raw(self, name: str, otherwise: str = "") -> str:
        """As it was typed; `otherwise` before anything was."""
        return self.values.get(name, [otherwise])[0]

    def birthday(self, name: str, otherwise: str = "") -> list[str]:
        """Day, month and year, each as it was typed."""
        text = self.raw(name, otherwise)
        parts = text.split("/") if "/" in text else [part.lstrip("0") for part in reversed(text.split("-"))]
        return parts if len(parts) == 3 else [text, "", ""]

    def one(self, name: str) -> str:
        """Without the spaces around it."""
        return self.raw(name).strip()

    def many(self, name: str) -> list[str]:
        """All that was ticked."""
        return self.values.get(name, [])

    def wrong(self, name: str, message: str) -> None:
        """The first complaint about a question stands."""
        self.errors.setdefault(name, message)

    def in_order(self, form: Iterable[Part]) -> None:
        """Complaints in the order of the questions, those about the whole first."""
        names = [one.name for one in fields_of(form)]
        self.errors = dict(
            sorted(self.errors.items(), key=lambda item: names.index(item[0]) if item[0] in names else -1)
        )

    def fills(self, fold: Fold) -> bool:
        """Does anything stand in it, or is anything wrong there? A list that opens always has something in it."""
        return any(
            one.name in self.errors or (one.kind != "pick" and self.raw(one.name, one.value))
            for one in fields_of([fold])
        )

    def check(self, form: Iterable[Part]) -> None:
        """What must be answered is, and answers are among those that were offered."""
        for one in fields_of(form):
            given = [value for value in self.many(one.name) if value.strip()] or self.files.get(one.name, [])
            offered = {option.value for option in one.options}
            if not given and not one.optional and one.kind not in ("ticks", "tick"):
                self.wrong(one.name, one.missing or _missing(one))
            elif one.options and any(value not in offered for value in given):
                self.wrong(one.name, tr("{label}: choose from what is offered.", label=one.label.rstrip(_ASKING)))
            elif one.kind == "email":
                self._look_twice(one.name)

    def _look_twice(self, name: str) -> None:
        """An address that looks mistyped is asked about once. Who leaves it as it is goes on with it."""
        address, meant = self.one(name), self.likely(name)
        if meant and self.one(as_typed(name)) != address:
            self.wrong(
                name,
                tr(
                    "Did you mean {meant}? If {address} is right, leave it as it is and go on.",
                    meant=meant,
                    address=address,
                ),
            )
            self.suggested.add(name)

    def likely(self, name: str) -> str:
        """The address that was likely meant; "" where nothing looks wrong."""
        return likely_address(self.one(name))

    def left_as_typed(self) -> dict[str, str]:
        """The marks of the addresses that were asked about: kept with the answers, so that nobody is asked twice."""
        return {name: self.raw(name) for name in self.values if name.endswith(as_typed(""))}

    def day(self, name: str, label: str = "The date") -> date | None:
        """A date as browsers send it, or as people write it (3/12/2026)."""
        text = self.one(name)
        if not text:
            return None
        try:
            return _day(text)
        except (ValueError, OverflowError):
            self.wrong(name, tr("{label} must be a real date, such as 3/12/2026.", label=label))
            return None

    def moment(self, day: str, clock: str) -> datetime | None:
        """A time on London's clocks; None and a complaint when it is none."""
        on = self.day(day)
        if on is None:
            self.wrong(day, "Give the date.")
            return None
        try:
            at = time.fromisoformat(self.one(clock).replace(".", ":"))
        except (ValueError, OverflowError):
            self.wrong(clock, "The time must be written like 14:30.")
            return None
        return datetime.combine(on, at.replace(tzinfo=None, second=0, microsecond=0), LONDON)

    def blame(self, error: ValidationError, names: Mapping[str, str], labels: Mapping[str, str]) -> None:
        """Puts a model's complaints at the questions. `names`: "parties.0.people" -> question; the longest known part
        of a complaint's place counts."""
        for problem in error.errors():
            place = [str(part) for part in problem["loc"]]
            name = next(
                (names[key] for n in range(len(place), -1, -1) if (key := ".".join(place[:n])) in names),
                place[0] if place else "",
            )
            self.wrong(name, sentence(problem, labels.get(name, "")))


def sentence(problem: Any, label: str) -> str:
    """A model's complaint, for people."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in ("missing", "string_too_short", "too_short"):
        said = tr("this must be filled in.")
        return of_question(label, said) if label else tr("Something that is needed is missing.")
    if kind == "string_too_long":
        said = tr("use at most {most} characters.", most=context["max_length"])
    elif kind in ("enum", "literal_error"):
        said = tr("choose one of the answers.")
    elif kind == "too_long":
        said = tr("at most {most} are possible.", most=context["max_length"])
    else:
        message = problem["msg"].removeprefix("Value error, ").rstrip(".")
        said = tr(message) + "."
        if message.startswith("must ") and label:
            return tr("{label} {said}", label=label, said=said)
    return of_question(label, said)


def of_question(label: str, said: str) -> str:
    """A complaint behind what a question is called: "Name: this must …", and "What is it? This must …"."""
    capital = said[:1].upper() + said[1:]
    if not label:
        return capital
    return f"{label} {capital}" if label.endswith(tuple(_ASKING)) else f"{label}: {said}"


def _missing(one: Field) -> str:
    match one.kind:
        case "choice" | "pick":
            return tr("{label}: choose an answer.", label=one.label.rstrip(_ASKING))
        case "date" | "birthday":
            return tr("{label}: give the date.", label=one.label)
        case "time":
            return tr("{label}: give the time.", label=one.label)
        case _:
            return of_question(one.label, tr("this must be filled in."))


def _day(text: str) -> date:
    if "/" in text:
        day, month, year = (int(part) for part in text.split("/"))
        return date(year, month, day)
    return date.fromisoformat(text)
