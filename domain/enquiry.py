"""An enquiry: a referral from the public form, until its author has shown that the e-mail address they gave is theirs.
They are sent a code of six digits and give it back; only then is it a case."""

from datetime import timedelta

from pydantic import BaseModel

CODE_LASTS = timedelta(minutes=10)
TRIES = 5  # of each code
GIVEN_UP_AFTER = timedelta(minutes=3)  # a code that has not left by then; whoever waits for it has other ways
BETWEEN_CODES = timedelta(seconds=20)  # a button pressed twice sends one
KEPT = timedelta(hours=24)  # an enquiry that never becomes a case


class CodeToSend(BaseModel):
    """The code of an enquiry by its number, never by its digits."""

    enquiry: str
    number: int

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that sends it: one for each code."""
        return f"enquiry-{self.enquiry}-{self.number}"
