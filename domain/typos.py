"""E-mail addresses that look mistyped: what was likely meant. A suggestion, never more: there are odd addresses."""

from jellyfish import damerau_levenshtein_distance

_MAILBOXES = (
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.co.uk",
    "outlook.com",
    "live.com",
    "live.co.uk",
    "msn.com",
    "yahoo.com",
    "yahoo.co.uk",
    "icloud.com",
    "me.com",
    "aol.com",
    "btinternet.com",
    "sky.com",
    "talktalk.net",
    "virginmedia.com",
    "ntlworld.com",
    "blueyonder.co.uk",
    "protonmail.com",
    "nhs.net",
)
"""Where families in England have their mailboxes, and the health service has its own."""

_REAL_TOO = ("mail.com", "ymail.com", "email.com", "gmx.com", "mac.com", "aol.co.uk", "live.ie", "yahoo.ie", "sky.uk")
"""Addresses that look like those, and are right as they are."""

_SHORT = 8  # letters: of a shorter name two letters are too much of it
_ENDINGS = {
    ".con": ".com",
    ".cmo": ".com",
    ".ocm": ".com",
    ".comm": ".com",
    ".co.u": ".co.uk",
    ".couk": ".co.uk",
    ".gov.u": ".gov.uk",
    ".govuk": ".gov.uk",
    ".sch.u": ".sch.uk",
    ".schuk": ".sch.uk",
    ".ku": ".uk",
    ".ukk": ".uk",
}


def likely_address(typed: str) -> str:
    """What was likely meant: "ann@gmail.com" for "ann@gmial.com"; "" where nothing looks wrong."""
    name, at, typed_domain = typed.strip().rpartition("@")
    domain = typed_domain.lower()
    if not (name and at and domain) or domain in (*_MAILBOXES, *_REAL_TOO):
        return ""
    near = min(_MAILBOXES, key=lambda known: damerau_levenshtein_distance(domain, known))
    if damerau_levenshtein_distance(domain, near) <= (1 if len(near) <= _SHORT else 2):
        return f"{name}@{near}"
    for wrong, right in _ENDINGS.items():
        if domain.endswith(wrong):
            return f"{name}@{domain.removesuffix(wrong)}{right}"
    return ""
