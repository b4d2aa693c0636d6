"""What it costs to meet at a venue, as people write and read it."""

import re

FREE = "free"
MOST_PENCE = 1_000_000
_POUNDS = re.compile(r"£?\s*([0-9]{1,6})(?:\.([0-9]{2}))?")


def pence_of(text: str) -> int:
    """Of "45", "£45.50" and "free". ValueError."""
    if text.casefold() == FREE:
        return 0
    written = _POUNDS.fullmatch(text)
    pence = int(written[1]) * 100 + int(written[2] or 0) if written else MOST_PENCE + 1
    if pence > MOST_PENCE:
        raise ValueError(f"write pounds, such as 45 or 45.50, at most {MOST_PENCE // 100}, or “{FREE}”")
    return pence


def pounds(pence: int) -> str:
    """ "£45", "£45.50", or "free"."""
    if not pence:
        return FREE
    return f"£{pence // 100}" + (f".{pence % 100:02}" if pence % 100 else "")


def for_half_a_day(pence: int | None) -> str:
    """ "£45 for half a day", or "free"; "" when it is not known."""
    if pence is None:
        return ""
    return f"{pounds(pence)} for half a day" if pence else FREE
