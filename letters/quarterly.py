"""The quarterly report for the commissioner, as PDF and as CSV: what is fit to leave the service, and how it is
counted."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.disclosure import FEW, WITHHELD, Figure
from domain.quarter import Period
from domain.words import moment
from letters.bars import chart
from letters.typesetting import typeset

HEADER = ("period", "figure", "group", "measure", "value")
ALL = "All"
"""The group of a figure's overall number."""

EXCEL_READS_UTF8 = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which a spreadsheet takes a cell for a formula


def as_csv(figures: Sequence[Figure], period: Period) -> bytes:
    """One table, a line for each number."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for figure in figures:
        told = [
            (line.group, column.title, cell)
            for line in figure.lines
            for column, cell in zip(figure.columns, line.cells, strict=True)
        ]
        if figure.overall:
            name, cell = figure.overall
            told.append((ALL, f"{name}, {cell.unit}", cell))
        for group, measure, cell in told:
            # bare numbers, and nothing where there is none: programs read this
            value = cell.instead or ("" if cell.value is None else f"{cell.value:.1f}".removesuffix(".0"))
            writer.writerow(map(_harmless, (period.title, figure.title, group, measure, value)))
    return (EXCEL_READS_UTF8 + text.getvalue()).encode()


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _chart(figure: Figure) -> dict[str, Any] | None:
    """The bars of the page of figures, as the template draws them."""
    drawn = chart(figure)
    if drawn is None:
        return None
    return {
        "says": drawn.says,
        "groups": [
            {"title": group.title, "bars": [[bar.width, bar.said, bar.series] for bar in group.bars]}
            for group in drawn.groups
        ],
    }


def as_pdf(figures: Sequence[Figure], period: Period, service_name: str, at: datetime) -> bytes:
    """The report, made at this moment. typesetting.NotTypeset."""
    so_far = " The period was not over then: these are its figures so far." if at < period.ends else ""
    page = {
        "service": service_name,
        "title": "Report to the commissioner",
        "period": period.title,
        "made": f"Counted on {moment(at)}, as the case records stood then.{so_far}",
        "small": f"“{FEW.capitalize()}” stands where a group is so small that a child could be recognised, and "
        f"“{WITHHELD}” where a number would give such a group away. A dash: there was nothing to count.",
        "figures": [
            {
                "title": figure.title,
                "meaning": figure.meaning,
                "header": [figure.groups, *(column.title for column in figure.columns)],
                "rows": [[line.group, *(cell.shown for cell in line.cells)] for line in figure.lines],
                "chart": _chart(figure),
                "overall": f"{figure.overall[0]}: {figure.overall[1].shown}" if figure.overall else "",
            }
            for figure in figures
        ],
    }
    return typeset("quarterly", page, at)
