"""The quarterly report as it leaves the service: PDF for people, CSV for spreadsheets."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

from pypdf import PdfReader

from domain.disclosure import Cell, Column, Figure, Line, count, fit_to_leave
from domain.quarter import Counted, Period, report
from letters.bars import chart
from letters.quarterly import as_csv, as_pdf

SPRING = Period(date(2026, 4, 1), date(2026, 6, 30))
LATER = datetime(2026, 7, 8, 9, 0, tzinfo=UTC)
FIGURES = report(
    Counted(referred=25, stages={"consent": 12, "actions": 9}, outcomes=["full"] * 8 + ["none"] * 2 + ["another"] * 7),
    SPRING,
)


def read(figures: list[Figure]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(figures, SPRING).decode("utf-8-sig"))))


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_the_csv_is_one_table_with_a_line_for_each_number() -> None:
    rows = read(FIGURES)
    assert rows[0] == {
        "period": "Quarter 1 of 2026/27, April to June 2026",
        "figure": "Cases",
        "group": "Referred",
        "measure": "Number",
        "value": "25",
    }
    numbers = sum(len(one.lines) * len(one.columns) for one in FIGURES)
    assert len(rows) == numbers + 1  # the agreement rate
    rate = next(row for row in rows if row["measure"] == "Agreement rate, %")
    assert (rate["group"], rate["value"]) == ("All", "fewer than 5")


def test_excel_is_told_that_the_csv_is_utf_8() -> None:
    assert as_csv(FIGURES, SPRING).startswith(b"\xef\xbb\xbfperiod,figure,group,measure,value\r\n")


def test_numbers_are_bare_and_what_could_not_be_counted_is_empty() -> None:
    cells = (count(12345), Cell(12.0, (9,)), Cell(12.25, (9,)), Cell(None, (0,)))
    columns = tuple(Column(str(n)) for n in range(4))
    figure = Figure("f", "Figure", "", "Group", columns, (Line("a", cells),))
    assert [row["value"] for row in read([figure])] == ["12345", "12", "12.2", ""]


def test_no_cell_is_taken_for_a_formula() -> None:
    names = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "plain - text")
    figure = Figure("f", "=F", "", "Group", (Column("+C"),), tuple(Line(name, (count(9),)) for name in names))
    for row, name in zip(read([figure]), names, strict=True):
        assert row["group"] == (name if name.startswith("plain") else f"'{name}")
        assert (row["figure"], row["measure"]) == ("'=F", "'+C")


def test_the_pdf_says_whose_it_is_the_period_every_figure_and_how_it_is_counted() -> None:
    text = text_of(as_pdf(FIGURES, SPRING, "Westbury SEN Mediation", LATER))
    assert "Westbury SEN Mediation" in text
    assert "Quarter 1 of 2026/27, April to June 2026" in text
    assert "so far" not in text
    for figure in FIGURES:
        assert figure.title in text
        assert " ".join(figure.meaning.split()[:6]) in text
    assert "Agreement rate: fewer than 5" in text


def test_the_pdf_of_a_period_that_is_not_over_says_so() -> None:
    assert "these are its figures so far" in text_of(
        as_pdf(FIGURES, SPRING, "S", datetime(2026, 6, 30, 12, tzinfo=UTC))
    )


def test_the_pdf_is_tagged_with_headings_and_tables_and_the_same_each_time() -> None:
    pdf = as_pdf(FIGURES, SPRING, "S", LATER)
    root: Any = PdfReader(io.BytesIO(pdf)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    kinds = _kinds(root["/StructTreeRoot"])
    assert kinds.count("/Table") == len(FIGURES)
    assert kinds.count("/H1") + kinds.count("/H2") >= len(FIGURES)
    assert "/TH" in kinds
    assert pdf == as_pdf(FIGURES, SPRING, "S", LATER)


def _kinds(node: object) -> list[str]:
    """What the parts of a tagged PDF are, in their order."""
    node = getattr(node, "get_object", lambda: node)()
    if isinstance(node, list):
        return [kind for child in node for kind in _kinds(child)]
    if not isinstance(node, dict):
        return []
    mine = [str(node["/S"])] if "/S" in node else []
    return mine + _kinds(node.get("/K", []))


def alternatives(pdf: bytes) -> list[str]:
    """What is said of each picture to those who do not see it."""
    found: list[str] = []

    def walk(node: Any) -> None:
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            if node.get("/S") == "/Figure":
                found.append(str(node.get("/Alt", "")))
            if "/K" in node:
                walk(node["/K"])

    walk(PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/StructTreeRoot"])  # type: ignore[index]
    return found


def test_each_chart_is_told_to_those_who_do_not_see_it_and_has_its_table() -> None:
    pdf = as_pdf(FIGURES, SPRING, "S", LATER)
    said = alternatives(pdf)
    assert said[0].startswith("Bar chart. The longest bar: Referred, 25 cases.")
    assert len(said) == sum(chart(figure) is not None for figure in FIGURES) == 2
    assert "Open at the end of the period" in text_of(pdf)


def test_the_same_figures_are_the_same_bytes() -> None:
    assert as_pdf(FIGURES, SPRING, "S", LATER) == as_pdf(FIGURES, SPRING, "S", LATER)


def test_no_bar_tells_what_the_table_holds_back() -> None:
    """Neither by its own length nor by that of the others."""
    few = [Line("a", (count(4),)), Line("b", (count(30),)), Line("c", (count(6),))]
    more = [Line("a", (count(2),)), Line("b", (count(30),)), Line("c", (count(6),))]
    column = (Column("Cases", "cases"),)
    drawn = [chart(fit_to_leave(Figure("f", "F", "", "G", column, tuple(lines)))) for lines in (few, more)]
    assert drawn[0] == drawn[1]
    assert drawn[0]
    assert [(group.title, group.bars[0].width) for group in drawn[0].groups] == [("b", 50.0), ("c", 10.0)]
    hidden = fit_to_leave(Figure("f", "F", "", "G", column, (Line("a", (count(3),)), Line("b", (count(0),)))))
    assert chart(hidden) is None
