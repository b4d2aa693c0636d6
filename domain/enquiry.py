"""An enquiry: a referral from the public form, until its author has shown that the e-mail address they gave is theirs.
They are sent a code of six digits and give it back; only then is it a case."""

from pydantic import BaseModel


class CodeToSend(BaseModel):
    """The code of an enquiry by its number, never by its digits."""

    enquiry: str
    number: int

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that sends it: one for each code."""
        return f"enquiry-{self.enquiry}-{self.number}"
