"""Every letter, to every role that may get it, can be read by a tired person on a telephone."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from domain import words
from domain.agreement_to_mediate import LATEST, TEXTS
from domain.commands import StaffRole
from domain.journey import Letter, MeetingStatus, OpenAsk
from domain.parties import FAMILY, Channel, PartyRole
from domain.view import CaseView, StaffView
from letters.html import blocks
from letters.rendering import LINK, Rendered, kinds, purpose_of, render
from tests.letters.reading import LONGEST_SENTENCE, grade, sentences
from tests.letters.test_letters import CANNOT_OPEN_IT, STAFF, case_for, letter
from tests.sample_case import CHILD, NOW, SERVICE

FAMILIES, PROFESSIONALS = 6, 8  # school years
TO_THE_MEDIATOR = ("case_reopened", "mediator_released", "visit_", "joint_meeting_")
NOT_TO_PARTIES = (*STAFF, *CANNOT_OPEN_IT)


class Example(NamedTuple):
    """A letter as somebody of this role gets it."""

    name: str
    role: PartyRole | StaffRole
    order: Letter
    case: CaseView
    to_a_stranger: bool = False

    def rendered(self) -> Rendered:
        boss = StaffView(id="s9", name="Bo Manager", email="bo@service.example")
        staff = boss if self.order.to == StaffRole.MANAGER else None
        return render(self.case, self.order, service=SERVICE, now=NOW, staff=staff, to_a_stranger=self.to_a_stranger)


def examples() -> Iterator[Example]:
    for kind in kinds():
        if kind not in NOT_TO_PARTIES:
            for role in PartyRole:
                yield from to_a_party(kind, role)
        if kind in STAFF or (kind.startswith(TO_THE_MEDIATOR) and not kind.endswith(("_ask", "choice_remind"))):
            order = letter(kind)
            reader = StaffRole(order.to) if order.to in set(StaffRole) else StaffRole.MEDIATOR
            to = order.to if kind in STAFF and order.to != "p1.1" else "mediator/m1"
            yield Example(kind, reader, order.model_copy(update={"to": to}), case_for(kind))


def to_a_party(kind: str, role: PartyRole) -> Iterator[Example]:
    """As it is, to a stranger, and each wording that it has beside."""
    yield Example(kind, role, order_to_p2(kind), case_as(kind, role))
    yield Example(f"{kind}, to a stranger", role, order_to_p2(kind), case_as(kind, role), to_a_stranger=True)
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
        for about in ("visit/p1/1", "joint_meeting/1"):
            yield Example(f"{kind} of {about}", role, order_to_p2(kind).model_copy(update={"about": about}),
                          case_as(kind, role))  # fmt: skip
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


EXAMPLES = list(examples())


def of_kind(kind: str) -> list[Example]:
    return [one for one in EXAMPLES if one.order.kind == kind]


@pytest.mark.parametrize("kind", kinds())
def test_it_is_easy_to_read(kind: str) -> None:
    for example in of_kind(kind):
        rendered = example.rendered()
        whole = f"{rendered.subject}.\n\n{rendered.text}"
        most = FAMILIES if example.role in FAMILY else PROFESSIONALS
        assert grade(whole) <= most, f"{example.name}, to {example.role}: grade {grade(whole):.1f}\n{whole}"
        longest = max(sentences(whole), key=len)
        assert len(longest) <= LONGEST_SENTENCE, " ".join(longest)


@pytest.mark.parametrize("kind", kinds())
def test_it_has_one_action_a_date_a_number_to_ring_and_the_reference(kind: str) -> None:
    assert of_kind(kind)
    for example in of_kind(kind):
        rendered, reference = example.rendered(), example.case.reference
        assert not set(CHILD.split()) & set(re.findall(r"\w+", rendered.subject + rendered.text))
        assert reference in rendered.subject
        for needed in (f"Date: {words.day(NOW)}\n", f"Phone: {SERVICE.phone}\n", f"Our reference: {reference}"):
            assert needed in rendered.text
        actions = [block for block in blocks(rendered.text) if block.kind == "action"]
        to_staff = example.role in set(StaffRole)
        addresses = rendered.text.count(LINK) + rendered.text.count("https://")
        assert len(actions) == addresses <= 1, "an address stands below what is done there, and nowhere else"
        if purpose_of(example.order) or (to_staff and kind not in CANNOT_OPEN_IT):
            [action] = actions
            assert len(action.label.split()) <= 10
            assert action.address == LINK or to_staff


ASKING = [kind for kind in kinds() if kind.endswith("_ask") and kind not in ("acceptance_ask", "feedback_ask")]


@pytest.mark.parametrize("kind", ASKING)
def test_a_question_says_by_when(kind: str) -> None:
    """Where silence becomes an answer, and where we would only write again. On paper and on the telephone the agreement
    to mediate is handed over in the room, or there and then."""
    for example in of_kind(kind):
        if ", by " not in example.name:
            text = example.rendered().text
            assert re.search(r"by (Mon|Tue|Wed|Thu|Fri) \d+ \w+ 2026", text), text


def test_a_stranger_reads_nothing_about_the_child() -> None:
    for example in EXAMPLES:
        if not example.to_a_stranger:
            continue
        rendered, theirs = example.rendered(), example.case.parties[1]
        said = (rendered.subject + rendered.text).replace(theirs.lead.details.name, "")
        hidden = [party.name for party in example.case.parties if party.key != theirs.key]
        for name in (*hidden, "Oakfield", "Westshire", "Library", "Town Hall", "five hours of help", "Polish"):
            assert name not in said, example.name
        assert rendered.attachments == []
        if rendered.invitation:
            assert "Library" not in rendered.invitation.ics


def test_the_agreement_to_mediate_is_easy_to_read() -> None:
    assert grade("\n\n".join(TEXTS[LATEST])) <= FAMILIES


def test_the_count_tells_plain_from_hard() -> None:
    plain = "We will ring you. We can help you with this."
    hard = "Notwithstanding the aforementioned considerations, participation necessitates comprehensive documentation."
    assert grade(plain) < 2
    assert grade(hard) > 20
    assert [len(one) for one in sentences("Dear Ann,\n\nWe ring you. It is free.\n\n- a long list of things")] == [
        3,
        3,
        5,
    ]
    assert sentences("Please ring us on 01632 960 100.") == [["Please", "ring", "us", "on"]]
