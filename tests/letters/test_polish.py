"""Letters in Polish: each is a whole letter, and the English one stands below it."""

import io
import re
from typing import Any

import pytest
from jinja2 import Environment, meta, nodes
from markupsafe import escape
from pypdf import PdfReader

from domain import words
from domain.agreement_to_mediate import LATEST, TEXTS
from domain.journey import Letter
from domain.languages import Language, speaking, tr
from domain.parties import Channel, PartyRole
from domain.view import CaseView
from letters import post
from letters.agreement import agreement_page, large_print, plain_text
from letters.html import blocks, html_of
from letters.post import Sheet, batch
from letters.reading import LONGEST_SENTENCE
from letters.rendering import (
    ENGLISH_TEXT,
    LINK,
    again,
    line_of,
    proof_letter,
    proof_text,
    render,
    script_of,
    speaks_of_another_date,
    text_message,
)
from letters.situations import NOT_TO_PARTIES, Example, case_as, letter, order_to_p2
from letters.texts import FOLDER, Texts, kinds
from tests.letters.polish import fog, polish_sentences
from tests.letters.test_reading import EXAMPLES
from tests.sample_case import ACCESS, CHILD, NOW, SERVICE, SLOT
from translations import speech_of

POLISH = FOLDER / "pl"
TO_PARTIES = [kind for kind in kinds() if kind not in NOT_TO_PARTIES]
NOT_FOR_PARTIES = {"is_staff", "visited", "childs_voice", "unsigned", "officer"}
"""What only the wordings to staff and to officers speak of, who read English."""
CONTAINS = f"\n\n{ENGLISH_TEXT}\n\n"
MOST_YEARS_OF_SCHOOL = 8


def polish(case: CaseView, to: str = "p2.1") -> CaseView:
    case.person(to).details.reads = Language.POLISH
    case.person(to).details.language = ""
    return case


def in_polish(example: Example) -> tuple[str, str, str]:
    """Subject, Polish text and English text of an example, to the same person when they read Polish."""
    read = example._replace(case=polish(example.case.model_copy(deep=True)))
    rendered = read.rendered(SERVICE)
    own, below, english = rendered.text.partition(CONTAINS)
    assert below, rendered.text
    assert rendered.language == Language.POLISH
    return rendered.subject, own, english


def of_kind(kind: str) -> list[Example]:
    return [one for one in EXAMPLES[kind] if one.role in set(PartyRole)]


def in_polish_words(example: Example) -> str:
    subject, own, _ = in_polish(example)
    return f"{subject}.\n\n{own}"


# Templates


@pytest.mark.parametrize("name", sorted(path.relative_to(POLISH).as_posix() for path in POLISH.rglob("*.txt")))
def test_a_polish_template_speaks_of_the_same_things_under_the_same_conditions(name: str) -> None:
    spoken_of, conditions, parts = (
        [get((folder / name).read_text()) for folder in (FOLDER, POLISH)] for get in (_spoken_of, _conditions, _parts)
    )
    assert spoken_of[0] - NOT_FOR_PARTIES == spoken_of[1] - NOT_FOR_PARTIES
    assert conditions[0] == conditions[1]
    assert parts[0] - {"_the_case.txt"} == parts[1]


def _spoken_of(template: str) -> set[str]:
    return meta.find_undeclared_variables(_parsed(template))


def _conditions(template: str) -> set[str]:
    """What is asked of the case, by whatever sort of `if`."""
    tree = _parsed(template)
    asked = [one.test for one in tree.find_all(nodes.If)] + [one.test for one in tree.find_all(nodes.CondExpr)]
    return {repr(one) for one in asked if not _names(one) & NOT_FOR_PARTIES}


def _parsed(template: str) -> nodes.Template:
    return Environment(autoescape=True).parse(template)


def _names(node: nodes.Node) -> set[str]:
    return {node.name} if isinstance(node, nodes.Name) else {name.name for name in node.find_all(nodes.Name)}


def _parts(template: str) -> set[str | None]:
    return set(meta.find_referenced_templates(_parsed(template)))


def test_every_letter_to_a_party_is_there_in_polish() -> None:
    assert sorted(path.stem for path in POLISH.glob("[a-z]*.txt")) == TO_PARTIES


# Letters


@pytest.mark.parametrize("kind", TO_PARTIES)
def test_below_the_polish_letter_stands_the_english_one_word_for_word(kind: str) -> None:
    assert of_kind(kind)
    for example in of_kind(kind):
        case = example.case.model_copy(deep=True)
        case.person("p2.1").details.language = ""
        _, _, english = in_polish(example)
        assert english == example._replace(case=case).rendered(SERVICE).text


@pytest.mark.parametrize("kind", TO_PARTIES)
def test_its_sentences_are_short_and_of_plain_words(kind: str) -> None:
    for example in of_kind(kind):
        whole = in_polish_words(example)
        longest = max(polish_sentences(whole), key=len)
        assert len(longest) <= LONGEST_SENTENCE, " ".join(longest)
        assert fog(whole) <= MOST_YEARS_OF_SCHOOL, f"{example.name}: {fog(whole):.1f}\n{whole}"


@pytest.mark.parametrize("kind", TO_PARTIES)
def test_it_has_one_action_a_date_a_number_to_ring_and_the_reference(kind: str) -> None:
    with speaking(speech_of(Language.POLISH)):
        today = words.day(NOW)
    for example in of_kind(kind):
        subject, own, english = in_polish(example)
        reference = example.case.reference
        print(subject, own, sep="\n\n")
        assert reference in subject
        assert "\n" not in subject
        assert not set(CHILD.split()) & set(re.findall(r"\w+", subject + own))
        for needed in (f"\nTelefon: {SERVICE.phone}\n", f"\nData: {today}\n", f"\nNumer sprawy: {reference}"):
            assert needed in f"{own}\n"
        assert own.count(LINK) == english.count(LINK) <= 1
        actions = [block for block in blocks(own) if block.kind == "action"]
        assert len(actions) == own.count(LINK)
        assert all(len(action.label.split()) <= 10 for action in actions)
        assert not re.search(r"\{|\}|None|Undefined|\n\n\n|[^\n.:] {2,}", subject + own)


ENGLISH = (
    *("the", "and", "of", "you", "your", "us", "our", "is", "are", "was", "were", "will", "would", "please", "not"),
    *("for", "with", "this", "that", "it", "if", "what", "when", "where", "who", "can", "have", "has", "been", "any"),
    *("more", "about", "others", "school", "family", "side", "or", "Mon", "Tue", "Wed", "Thu", "Fri", "Jan", "Dec"),
)
"""Words that are English and not Polish."""
TYPED = (
    *("The room has changed. Please come to the side door.", "The school gives five hours of help a week"),
    *("The hours were wrong", "Oakfield School", "Library, Room 2", "Town Hall, 1 High Street", ACCESS),
    *(SERVICE.name, SERVICE.address, "First-tier Tribunal (SEND)", "SEND Tribunal"),
)
"""What people typed, and names."""


@pytest.mark.parametrize("kind", TO_PARTIES)
def test_nothing_english_is_left_in_it(kind: str) -> None:
    for example in of_kind(kind):
        said = in_polish_words(example)
        for typed in (LINK, *TYPED, *(party.name for party in example.case.parties)):
            said = said.replace(typed, "")
        assert set(re.findall(r"[^\W\d_]+", said)) & set(ENGLISH) == set(), said


def test_dates_are_polish_above_and_english_below() -> None:
    example = next(one for one in of_kind("visit_choice_ask") if one.role == PartyRole.PARENT and not one.to_a_stranger)
    _, own, english = in_polish(example)
    with speaking(speech_of(Language.POLISH)):
        assert f"- {words.slot(SLOT)}\n" in own
    assert "grudnia 2026" in own
    assert f"- {words.slot(SLOT)}\n" in english


def test_one_parent_reads_polish_and_the_school_english() -> None:
    case = polish(case_as("joint_meeting_booked", PartyRole.SCHOOL), to="p1.1")
    order = letter("joint_meeting_booked")
    parent = render(case, order.model_copy(update={"to": "p1.1"}), service=SERVICE, now=NOW)
    school = render(case, order.model_copy(update={"to": "p2.1"}), service=SERVICE, now=NOW)
    assert parent.subject == "Wspólne spotkanie jest umówione (SM-2026-00042)"
    assert parent.text.startswith("Do: Ann Example\nSzanowna Pani, Szanowny Panie!\n")
    assert school.language == Language.ENGLISH
    assert school.text.startswith("Dear Sam Head,")
    assert ENGLISH_TEXT not in school.text
    assert parent.invitation
    assert school.invitation
    assert "SUMMARY:Wspólne spotkanie: mediacja SEN SM-2026-00042" in parent.invitation.ics
    assert "SUMMARY:Joint meeting: SEN mediation SM-2026-00042" in school.invitation.ics
    assert render(case, Letter(kind="visit_booked", about="visit/p1/1", to="mediator/m1"), service=SERVICE,
                  now=NOW).language == Language.ENGLISH  # fmt: skip


def test_a_letter_with_words_of_the_services_own_is_english_from_its_first_word_to_its_last() -> None:
    """The translation would say what the service no longer says."""
    case = case_as("consent_ask", PartyRole.PARENT)
    ours = Texts([(Language.ENGLISH, "consent_ask", f"Would you? ({{{{ reference }}}})\n\n{LINK}")])
    english = render(case, order_to_p2("consent_ask"), service=SERVICE, now=NOW, texts=ours)
    case.person("p2.1").details.reads = Language.POLISH
    assert render(case, order_to_p2("consent_ask"), service=SERVICE, now=NOW, texts=ours) == english
    assert render(case, order_to_p2("consent_remind"), service=SERVICE, now=NOW, texts=ours).language == Language.POLISH


def test_words_of_our_own_stand_as_they_were_typed_below_both_greetings() -> None:
    case = polish(case_as("message", PartyRole.PARENT))
    order = order_to_p2("message")
    line = line_of(case, order)
    rendered = render(case, order, service=SERVICE, now=NOW)
    own, _, english = rendered.text.partition(CONTAINS)
    assert f"Szanowny Panie!\n\n{line}\n\n" in own
    assert f"Dear Sam Head,\n\n{line}\n\n" in english
    booked = render(case, order_to_p2("visit_booked"), service=SERVICE, now=NOW)
    sent_again = again(case, order_to_p2("visit_booked").model_copy(update={"line": order.line}), booked)
    assert sent_again.language == Language.POLISH
    assert [part.count(line) for part in sent_again.text.split(CONTAINS)] == [1, 1]
    assert not speaks_of_another_date(case, order_to_p2("visit_booked"), booked)


def test_on_the_telephone_the_english_text_is_said() -> None:
    """By a colleague, and put into Polish by an interpreter."""
    case = polish(case_as("consent_ask", PartyRole.PARENT))
    rendered = render(case, order_to_p2("consent_ask"), service=SERVICE, now=NOW)
    case.person("p2.1").details.reads = Language.ENGLISH
    english = script_of(render(case, order_to_p2("consent_ask"), service=SERVICE, now=NOW).text)
    assert script_of(rendered.text) == english


def test_on_paper_the_agreement_is_explained_in_polish_and_signed_in_english() -> None:
    case = polish(case_as("sign_ask", PartyRole.PARENT))
    in_use = case.journey.person("p2.1") if case.journey else None
    assert in_use
    in_use.channel = Channel.POST
    own, _, english = render(case, order_to_p2("sign_ask"), service=SERVICE, now=NOW).text.partition(CONTAINS)
    assert "podpisać umowę pod tekstem angielskim" in own
    with speaking(speech_of(Language.POLISH)):
        assert [point for point in TEXTS[LATEST] if tr(point) not in own or tr(point) == point] == []
    assert "Signature: ..." in english
    assert "Signature" not in own


@pytest.mark.parametrize(
    ("channel", "english", "said"),
    [
        (Channel.EMAIL, "sent to this e-mail address", "na ten adres e-mail"),
        (Channel.TEXT, "sent to your phone by text message", "SMS-em na swój telefon"),
        (Channel.POST, "Ring us, and we will read the code out", "podamy kod przez telefon"),
        (Channel.PHONE, "Ring us, and we will read the code out", "podamy kod przez telefon"),
    ],
)
@pytest.mark.parametrize("kind", ["comments_ask", "comments_remind", "papers_to_read"])
def test_a_letter_says_that_its_page_asks_for_a_code(kind: str, channel: Channel, english: str, said: str) -> None:
    case = polish(case_as(kind, PartyRole.PARENT))
    in_use = case.journey.person("p2.1") if case.journey else None
    assert in_use
    in_use.channel = channel
    own, _, below = render(case, order_to_p2(kind), service=SERVICE, now=NOW).text.partition(CONTAINS)
    assert said in own
    assert english in below


# What carries them


def test_a_text_message_is_in_polish_alone() -> None:
    case = polish(case_as("consent_ask", PartyRole.PARENT))
    rendered = render(case, order_to_p2("consent_ask"), service=SERVICE, now=NOW)
    assert text_message(rendered, SERVICE, "https://m.example/l/t") == (
        "SEN Mediation Service: Czy weźmie Pan/Pani udział w mediacji? (SM-2026-00042). Prosimy przeczytać i "
        "odpowiedzieć: https://m.example/l/t lub tel. 01632 960 100."
    )
    with_line = text_message(rendered.model_copy(update={"line": "See you on\nMonday."}), SERVICE, "L")
    assert with_line.endswith("See you on Monday. Strona sprawy: L lub tel. 01632 960 100.")


def test_a_code_comes_in_the_language_of_whoever_asked_for_it() -> None:
    made = proof_letter("123 456", NOW, service=SERVICE, reference="SM-1", officer=False, language=Language.POLISH)
    own, _, english = made.text.partition(CONTAINS)
    assert made.subject == "Kod do strony Pana/Pani sprawy"
    assert "Kod:\n\n123 456\n\n" in own
    assert "Your code is:\n\n123 456\n\n" in english
    assert "Mediacja jest dla rodzin" not in own
    assert proof_text("123 456", NOW, SERVICE, Language.POLISH).startswith(
        f"{SERVICE.name}: kod 123 456, ważny do 10:00."
    )
    assert proof_text("123 456", NOW, SERVICE).startswith(f"{SERVICE.name}: your code is 123 456.")


def test_html_says_which_part_is_in_which_language() -> None:
    case = polish(case_as("consent_ask", PartyRole.PARENT))
    rendered = render(case, order_to_p2("consent_ask"), service=SERVICE, now=NOW)
    html = html_of(rendered.subject, rendered.text, SERVICE, rendered.language)
    assert '<html lang="pl">' in html
    polish_part, _, english_part = html.partition(f">{ENGLISH_TEXT}</h2>")
    assert "Jeśli się nie otwiera" in polish_part
    assert 'lang="en"' not in polish_part.replace('<h2 lang="en"', "")
    assert "If it does not open" in english_part
    assert len(re.findall(r"<(?:p|ul|ol)\b", english_part)) == len(
        re.findall(r'<(?:p|ul|ol)\b[^>]* lang="en"', english_part)
    )
    english = html_of("Hello", "Dear Sam,\n\nEnglish text", SERVICE)
    assert '<html lang="en">' in english
    assert str(escape("Dear Sam,")) in english


def test_polish_letters_are_printed_with_our_own_fonts_and_say_their_language() -> None:
    case = polish(case_as("consent_ask", PartyRole.PARENT))
    rendered = render(case, order_to_p2("consent_ask"), service=SERVICE, now=NOW)
    sheet = Sheet(
        reference=case.reference,
        address=["Zażółć Gęślą-Jaźń", "1 School Lane", "EX1 2AB"],
        subject=rendered.subject,
        text=rendered.text,
        written=NOW.date(),
        token="t" * 43,
        code="K7QX-M2PD-9RTA",
        language=rendered.language,
    )
    pdf = PdfReader(io.BytesIO(batch([sheet], SERVICE, NOW)))
    root: Any = PdfReader(io.BytesIO(post._letter(sheet, SERVICE, NOW))).trailer["/Root"]  # before it goes into a batch
    assert root["/Lang"] == "pl"
    text = "\n".join(page.extract_text() for page in pdf.pages)
    for said in (
        "Zażółć Gęślą-Jaźń",
        "Numer sprawy: SM-2026-00042",
        "i wpisać ten kod:",
        ENGLISH_TEXT,
        "and type this code:",
    ):
        assert said in text
    assert text.count("K7QX-M2PD-9RTA") == 2
    assert LINK not in text
    fonts = {str(font) for page in pdf.pages for font in _fonts(page)}
    assert fonts
    assert all("Libertinus" in font for font in fonts)


def test_the_agreement_is_read_within_a_frame_in_polish_and_its_words_stand_as_they_were_agreed() -> None:
    case = case_as("agreement_copy", PartyRole.PARENT)
    assert case.journey
    assert case.journey.agreement
    case.journey.meetings[1].present = ["p1.1", "p2.1"]
    with speaking(speech_of(Language.POLISH)):
        page = agreement_page(case, case.journey.agreement, SERVICE.name, SERVICE.phone)
    text = plain_text(page)
    for said in (
        *("POROZUMIENIE Z MEDIACJI\n", "KTO BYŁ OBECNY\nAnn Example, rodzic lub opiekun\n", "USTALENIA\n"),
        "1. The school gives five hours of help a week\nKto: Sam Head\nDo kiedy: pt., 15 stycznia 2027\n",
    ):
        assert said in text
    assert text.endswith("Wiążący jest egzemplarz w języku\nangielskim.\n")
    for typed in (*TYPED, *(party.name for party in case.parties)):
        text = text.replace(typed, "")
    assert set(re.findall(r"[^\W\d_]+", text)) & set(ENGLISH) == set(), text
    pdf = PdfReader(io.BytesIO(large_print(page, NOW)))
    root: Any = pdf.trailer["/Root"]
    assert root["/Lang"] == "pl"
    assert "Strona 1 z" in pdf.pages[0].extract_text()
    english = agreement_page(case, case.journey.agreement, SERVICE.name, SERVICE.phone)
    assert "binds" not in plain_text(english)
    assert english["language"] == "en"


def _fonts(page: object) -> list[object]:
    resources = page["/Resources"]  # type: ignore[index]
    return [font.get_object()["/BaseFont"] for font in resources["/Font"].values()]
