"""Lines of CSV for people who open them with a spreadsheet."""

import csv
from collections.abc import Iterable
from io import StringIO

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_line(cells: Iterable[object]) -> str:
    """One line. What a spreadsheet would take for a formula, it reads as text: a name may hold one."""
    out = StringIO()
    csv.writer(out).writerow([f"'{cell}" if str(cell).startswith(_BEGINS_A_FORMULA) else cell for cell in cells])
    return out.getvalue()
