"""Codes of six digits, by which somebody shows that a mailbox or a telephone is theirs."""

from datetime import timedelta

from pydantic import BaseModel

CODE_LASTS = timedelta(minutes=10)
TRIES = 5  # of each code
GIVEN_UP_AFTER = timedelta(minutes=3)  # a code that has not left by then; whoever waits for it has other ways
BETWEEN_CODES = timedelta(seconds=20)  # a button pressed twice sends one
KEPT = timedelta(hours=24)  # what only a code would have made use of
OPEN_FOR = timedelta(minutes=30)  # what a code has opened, for one browser: computers are shared


class ProofToSend(BaseModel):
    """A code by its number, never by its digits."""

    proof: str  # key of its row
    number: int

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that sends it: one for each code."""
        return f"proof-{self.proof}-{self.number}"
