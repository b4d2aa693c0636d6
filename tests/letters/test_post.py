"""Letters on paper, read back from their PDF."""

import io

from pypdf import PdfReader

from letters.post import Sheet, batch
from letters.rendering import LINK
from tests.sample_case import NOW, SERVICE

SHEET = Sheet(
    reference="SM-2026-00042",
    address=["Sam Head", "Oakfield School", "1 School Lane", "EX1 2AB"],
    subject="Would you take part in mediation? (SM-2026-00042)",
    text=f"Dear Sam Head,\n\nYour own page:\n\n{LINK}\n\nJo Coordinator",
    written=NOW.date(),
    token="t" * 43,
    code="K7QX-M2PD-9RTA",
)


def pages(*sheets: Sheet) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(batch(list(sheets), SERVICE, NOW))).pages]


def test_the_way_to_ones_own_page_stands_where_the_link_was() -> None:
    [page] = pages(SHEET)
    assert LINK not in page
    before, _, after = page.partition("Your own page:")
    assert "EX1 2AB" in before
    assert after.index("K7QX-M2PD-9RTA") < after.index("Jo Coordinator")


def test_a_letter_without_a_link_has_no_box() -> None:
    [page] = pages(SHEET.model_copy(update={"text": "Dear Sam Head,\n\nThe case is closed.", "token": "", "code": ""}))
    assert "The case is closed." in page
    assert "type this code" not in page


def test_what_is_enclosed_follows_its_letter() -> None:
    enclosed = batch([SHEET.model_copy(update={"subject": "The agreement"})], SERVICE, NOW)
    found = pages(SHEET.model_copy(update={"enclosed": [enclosed]}), SHEET)
    assert ["The agreement" in page for page in found] == [False, True, False]
