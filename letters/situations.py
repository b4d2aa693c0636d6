"""The situations in which a letter of each kind is written: every reader, and every wording that it has. Tests read
all of them, and so does whoever edits a text."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from domain.commands import StaffRole
from domain.journey import MESSAGE, Letter, MeetingStatus, OpenAsk
from domain.parties import FAMILY, Channel, PartyRole
from domain.stages import Closing, ClosingReason
from domain.view import CaseView, StaffView
from letters.rendering import Rendered, Service, render, variables
from letters.sample import NOW, SLOT, sample_case
from letters.texts import SHIPPED, TO_STAFF, Texts, name_of

_ABOUT = {
    "consent": ("consent/p2", "p2.1"),
    "visit_choice": ("visit_choice/p1/1", "p1.1"),
    "visit": ("visit/p1/1", "p1.1"),
    "sign": ("sign/p2", "p2.1"),
    "availability": ("availability/p2/1", "p2.1"),
    "joint_meeting": ("joint_meeting/1", "p3.1"),
    "comments": ("comments/p2/1", "p2.1"),
    "action": ("action/1", "p2.1"),
    "feedback": ("feedback/p1", "p1.1"),
    "permission": ("permission", "p1.1"),
    "agreement": ("agreement/1", "p2.1"),
    "acceptance": ("acceptance/1", "mediator/m1"),
    "correction": ("consent/p2", "p2.1"),
    "staff_task": ("explaining_call", "coordinator"),
    "staff_remind": ("joint_date/1", "coordinator"),
    "staff_escalate": ("visit_dates/p2/1", "manager"),
    "papers_to_read": ("joint_meeting/1", "p2.1"),
    "paper_destroyed": ("paper/paper1", "p1.1"),
    "closed_mediator": ("", "mediator/m1"),
    "mediator_released": ("", "mediator/m1"),
    "party_joined": ("joined/p3", "p1.1"),
}
"""What the letters of a kind are about, and to whom, by the beginning of its name."""

STAFF = ("acceptance_ask", "staff_task", "staff_remind", "staff_escalate", "closed_mediator")
CANNOT_OPEN_IT = ("mediator_released",)  # staff who no longer see the case
NOT_TO_PARTIES = (*STAFF, *CANNOT_OPEN_IT)
_TO_THE_MEDIATOR = ("case_reopened", "mediator_released", "visit_", "joint_meeting_")
_BOSS = StaffView(id="s9", name="Bo Manager", email="bo@service.example")


def letter(kind: str) -> Letter:
    """A letter of this kind about something of the sample case."""
    prefix = max((prefix for prefix in _ABOUT if kind.startswith(prefix)), key=len, default="")
    about, to = _ABOUT.get(prefix, ("", "p1.1"))
    return Letter(kind=kind, about=about, to=to, line="write-1" if kind == MESSAGE else "")


def case_for(kind: str) -> CaseView:
    """A case that holds what a letter of this kind speaks of."""
    if kind == "closed_duplicate":
        return sample_case(closing=Closing(reason=ClosingReason.DUPLICATE, into="SM-2026-00007"))
    return sample_case()


class Example(NamedTuple):
    """A letter as somebody of this role gets it."""

    name: str  # "sign_ask, by post": the kind, and what is special about it
    role: PartyRole | StaffRole
    order: Letter
    case: CaseView
    to_a_stranger: bool = False

    @property
    def special(self) -> str:
        """What is special about it; "" for nothing."""
        return self.name.partition(", ")[2]

    def rendered(self, service: Service, texts: Texts = SHIPPED) -> Rendered:
        """What `render` raises, too."""
        return render(
            self.case,
            self.order,
            service=service,
            now=NOW,
            staff=self._staff,
            to_a_stranger=self.to_a_stranger,
            texts=texts,
        )

    def variables(self, service: Service) -> dict[str, Any]:
        """What its text may speak of."""
        return variables(self.case, self.order, service=service, now=NOW, staff=self._staff,
                         to_a_stranger=self.to_a_stranger)  # fmt: skip

    @property
    def _staff(self) -> StaffView | None:
        return _BOSS if self.order.to == StaffRole.MANAGER else None


def examples(kind: str) -> Iterator[Example]:
    """Every situation of a kind: to parties of each role first, then to staff."""
    if kind not in NOT_TO_PARTIES:
        for role in PartyRole:
            yield from _to_a_party(kind, role)
    if kind in STAFF or (kind.startswith(_TO_THE_MEDIATOR) and not kind.endswith(("_ask", "choice_remind"))):
        order = letter(kind)
        reader = StaffRole(order.to) if order.to in set(StaffRole) else StaffRole.MEDIATOR
        to = order.to if kind in STAFF and order.to != "p1.1" else "mediator/m1"
        yield Example(kind, reader, order.model_copy(update={"to": to}), case_for(kind))


@cache
def examples_of(name: str) -> list[Example]:
    """Every situation in which a text is used: one of a kind, or of its wording for staff."""
    kind = name.removesuffix(TO_STAFF)
    return [
        one for one in examples(kind)
        if name_of(kind, to_staff=one.role in set(StaffRole)) == name
    ]  # fmt: skip


def _to_a_party(kind: str, role: PartyRole) -> Iterator[Example]:
    """As it is, to a stranger, and each wording that it has beside."""
    yield Example(kind, role, order_to_p2(kind), case_as(kind, role))
    yield Example(
        f"{kind}, at an address that nobody has confirmed",
        role,
        order_to_p2(kind),
        case_as(kind, role),
        to_a_stranger=True,
    )
    if kind.startswith("sign_"):
        for channel in (Channel.POST, Channel.PHONE):
            case = case_as(kind, role)
            in_use = case.journey.person("p2.1") if case.journey else None
            assert in_use
            in_use.channel = channel
            yield Example(f"{kind}, by {channel}", role, order_to_p2(kind), case)
    if kind.endswith(("_missed", "_not_held")):
        case = case_as(kind, role)
        for meeting in case.journey.meetings if case.journey else []:
            meeting.status, meeting.absent = MeetingStatus.NO_SHOW, ["p1", "p2"]
        case.policy = case.policy.model_copy(update={"no_shows_before_decision": 1})
        yield Example(f"{kind}, a manager decides", role, order_to_p2(kind), case)
    if kind == "correction":
        for about, what in (("visit/p1/1", "an initial visit"), ("joint_meeting/1", "a joint meeting")):
            yield Example(f"{kind}, of {what}", role, order_to_p2(kind).model_copy(update={"about": about}),
                          case_as(kind, role))  # fmt: skip
    if kind.endswith("_moved"):
        case = case_as(kind, role)
        for meeting in case.journey.meetings if case.journey else []:
            meeting.former = [SLOT.model_copy(update={"start": SLOT.start - timedelta(days=1)})]
        yield Example(f"{kind}, to another day", role, order_to_p2(kind), case)
    if kind == "no_longer_part":
        of_a_meeting = order_to_p2(kind).model_copy(update={"about": "joint_meeting/1"})
        yield Example(f"{kind}, with a meeting ahead", role, of_a_meeting, case_as(kind, role))
    if kind == "agreement_copy":
        case = case_as(kind, role)
        assert case.journey
        assert case.journey.agreement
        case.journey.agreement.version, case.journey.agreement.command = 2, "amend1"
        case.texts["amend1"] = {"reason": "The hours were wrong."}
        yield Example(f"{kind}, amended", role, order_to_p2(kind).model_copy(update={"about": "agreement/2"}), case)


def order_to_p2(kind: str) -> Letter:
    return letter(kind).model_copy(update={"to": "p2.1"})


def case_as(kind: str, role: PartyRole) -> CaseView:
    """The sample case, with a second party of this role, of whom everything is still asked that can be."""
    case = case_for(kind)
    case.parties[1].role = role
    if role in FAMILY:
        case.parties[1].organisation = ""
    case.parties[1].people[0].details.language = "Polish, interpreter"
    about = letter(kind).about
    if case.journey and kind.endswith(("_ask", "_remind")) and about and case.journey.open_ask(about) is None:
        ask = OpenAsk(key=about, of="p2", asked=NOW, climbed=1)
        if ask.kind in case.policy.ladders and case.policy.ladder(ask.kind)[0].anchor == "asked":
            case.journey.asks.append(ask)
    return case
