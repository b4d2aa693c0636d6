"""Accounts of the staff: what a password must be, and the link by which somebody chooses a new one."""

from datetime import timedelta

from pydantic import BaseModel

from domain.text import without_controls

LINK_LASTS = timedelta(minutes=30)
LINKS_KEPT = timedelta(days=1)  # the rows, whatever became of them
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200  # characters


class PasswordLinkToSend(BaseModel):
    """A link by its row's id, never by its token."""

    link: str

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that sends it: one for each link."""
        return f"password-link-{self.link}"


def objection_to(password: str, email: str) -> str:
    """Why this may not be the password of this account; "" when it may. Length is what counts: no rule about kinds of
    characters, which only makes passwords that are hard to remember and easy to guess (NIST SP 800-63B, 5.1.1)."""
    if password != without_controls(password) or "\n" in password or "\t" in password:
        return "Use letters, digits, signs and spaces only."
    if len(password) < SHORTEST_PASSWORD:
        return f"Use {SHORTEST_PASSWORD} characters or more. Three or four words that do not belong together are good."
    if len(password) > LONGEST_PASSWORD:
        return f"Use at most {LONGEST_PASSWORD} characters."
    plain, name = password.lower(), email.partition("@")[0].lower()
    if len(set(plain)) < 6 or (len(name) > 3 and name in plain):
        return "This is easy to guess. Three or four words that do not belong together are better."
    return ""
