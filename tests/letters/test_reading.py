"""Every letter, to every role that may get it, can be read by a tired person on a telephone."""

import re

import pytest

from domain import words
from domain.agreement_to_mediate import LATEST, TEXTS
from domain.commands import StaffRole
from domain.parties import FAMILY
from letters import reading
from letters.html import blocks
from letters.reading import LONGEST_SENTENCE, estimated, sentences
from letters.rendering import LINK, purpose_of
from letters.situations import CANNOT_OPEN_IT, examples
from letters.texts import kinds
from tests.letters.spoken import grade, syllables
from tests.sample_case import CHILD, NOW, SERVICE

FAMILIES, PROFESSIONALS = 6, 8  # school years


EXAMPLES = {kind: list(examples(kind)) for kind in kinds()}


@pytest.mark.parametrize("kind", kinds())
def test_it_is_easy_to_read(kind: str) -> None:
    for example in EXAMPLES[kind]:
        rendered = example.rendered(SERVICE)
        whole = f"{rendered.subject}.\n\n{rendered.text}"
        most = FAMILIES if example.role in FAMILY else PROFESSIONALS
        assert grade(whole) <= most, f"{example.name}, to {example.role}: grade {grade(whole):.1f}\n{whole}"
        longest = max(sentences(whole), key=len)
        assert len(longest) <= LONGEST_SENTENCE, " ".join(longest)


@pytest.mark.parametrize("kind", kinds())
def test_it_has_one_action_a_date_a_number_to_ring_and_the_reference(kind: str) -> None:
    assert EXAMPLES[kind]
    for example in EXAMPLES[kind]:
        rendered, reference = example.rendered(SERVICE), example.case.reference
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
    for example in EXAMPLES[kind]:
        if ", by " not in example.name:
            text = example.rendered(SERVICE).text
            assert re.search(r"by (Mon|Tue|Wed|Thu|Fri) \d+ \w+ 2026", text), text


def test_a_stranger_reads_nothing_about_the_child() -> None:
    for example in (one for kind in kinds() for one in EXAMPLES[kind]):
        if not example.to_a_stranger:
            continue
        rendered, theirs = example.rendered(SERVICE), example.case.parties[1]
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


def test_the_estimate_is_close_to_what_is_spoken() -> None:
    """Whoever edits a text is warned by the estimate."""
    for kind in kinds():
        for example in EXAMPLES[kind]:
            text = example.rendered(SERVICE).text
            assert abs(reading.grade(text) - grade(text)) < 0.7, example.name
    assert [estimated(word) for word in ("role", "asked", "times", "appointed", "table", "queue", "a")] == [
        syllables(word) for word in ("role", "asked", "times", "appointed", "table", "queue", "a")
    ]
