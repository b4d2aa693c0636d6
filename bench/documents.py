"""The agreement as a PDF."""

from datetime import UTC, datetime
from pathlib import Path

import typst

from activities.documents import typeset_agreement
from bench.rows import Part, Row, Size, in_ms, percentile, timed
from letters.agreement import agreement_page
from letters.typesetting import ACCESSIBLE, OUR_FONTS
from tests.sample_case import sample_case

GOAL = 0.050  # seconds, of 95 in 100
EMPTY = Path(__file__).parent / "empty.typ"
WRITTEN = datetime(2026, 12, 8, 15, tzinfo=UTC)


async def measure(size: Size) -> Part:
    case = sample_case()
    assert case.journey
    assert case.journey.agreement
    page = agreement_page(case, case.journey.agreement, "SEN Mediation Service", "01632 960 100")
    took: list[float] = []
    nothing: list[float] = []
    made = {typeset_agreement(page, WRITTEN)}  # the first reads the fonts
    empty = typst.Compiler(EMPTY, font_paths=OUR_FONTS)
    for _ in range(size.documents):
        with timed(took):
            pdf = typeset_agreement(page, WRITTEN)
        made.add(pdf)
        with timed(nothing):
            empty.compile(format="pdf", pdf_standards=ACCESSIBLE, timestamp=int(WRITTEN.timestamp()))
    high, same = percentile(took, 95), len(made) == 1
    row = Row(
        "the agreement as a PDF",
        f"p95 <= {GOAL * 1000:.0f} ms, byte-identical",
        f"{in_ms(took)}; {'byte-identical' if same else f'{len(made)} different files'}",
        f"an empty page, its compiler kept: {in_ms(nothing)}",
        high <= GOAL and same,
        "It is typeset from nothing each time. Next: try to keep one compiler between documents, as the baseline does.",
    )
    return Part("Documents", [row], "The page of `tests/sample_case.py`, typeset in this process, one after another.")
