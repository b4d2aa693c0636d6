"""Codes of six digits, as their rows keep them (tables.CodeColumns).

A code is derived from a secret, its row's own salt and its number, so that it can be sent again although only its hash
is kept. Whoever reads the database cannot tell it."""

import hashlib
import hmac
from datetime import datetime
from typing import Literal

from casefile.tables import CodeColumns
from domain.codes import BETWEEN_CODES, CODE_LASTS, GIVEN_UP_AFTER, TRIES

Verdict = Literal["right", "wrong", "spent", "used", "expired"]
CodeState = Literal["none", "on_its_way", "sent", "told", "bounced", "failed", "over"]


class CodeMaker:
    """Makes and judges the codes of the rows of one sort; writing them down is for whoever has the row."""

    def __init__(self, secret: bytes, sort: str) -> None:
        self._secret, self._sort = secret, sort

    def renew(self, row: CodeColumns, of: str, salt: str, at: datetime) -> bool:
        """A new code, which makes every older one void. False: the newest was asked for a moment ago (a button pressed
        twice). `of`: the row's key."""
        if asked_just_now(row, at):
            return False
        row.code_number += 1
        row.code_hash = self._hash(of, row.code_number, self.digits(row, of, salt))
        row.code_asked, row.code_state, row.tries = at, "queued", 0
        return True

    def to_send(self, row: CodeColumns, number: int, of: str, salt: str, at: datetime) -> str | None:
        """The digits of a code that is still to leave; None: it was sent, replaced or used, or it is too late."""
        if row.code_number != number or row.code_state != "queued" or not row.code_hash:
            return None
        if row.code_asked is None or row.code_asked + CODE_LASTS <= at:
            return None
        return self.digits(row, of, salt)

    def judge(self, row: CodeColumns, of: str, digits: str, at: datetime) -> Verdict:
        """Does somebody know the newest code? The try counts before it is judged; a code opens once."""
        if row.code_asked is None or row.code_asked + CODE_LASTS <= at:
            return "expired"
        if not row.code_hash:
            return "used"
        if row.tries >= TRIES:
            return "spent"
        row.tries += 1
        if hmac.compare_digest(self._hash(of, row.code_number, digits), row.code_hash):
            row.code_hash = ""
            return "right"
        return "spent" if row.tries >= TRIES else "wrong"

    def digits(self, row: CodeColumns, of: str, salt: str) -> str:
        digest = self._mac("code", of, str(row.code_number), salt)
        return f"{int.from_bytes(digest[:8]) % 10**6:06d}"

    def _hash(self, of: str, number: int, digits: str) -> str:
        """Keyed: a million plain hashes are counted out in a moment."""
        return self._mac("hash", of, str(number), digits).hex()

    def _mac(self, *parts: str) -> bytes:
        said = "\x1f".join((self._sort, *parts))
        return hmac.new(self._secret, said.encode(errors="replace"), hashlib.sha256).digest()


def asked_just_now(row: CodeColumns, at: datetime) -> bool:
    """A button pressed twice: the newest code is a moment old, and nothing went wrong with it."""
    return row.code_asked is not None and at - row.code_asked < BETWEEN_CODES and row.code_state in ("queued", "sent")


def state_of(row: CodeColumns, at: datetime) -> CodeState:
    """How it stands with the newest code. One that has not left after a short while was given up."""
    if row.code_asked is None:
        return "none"
    if row.code_state == "bounced":
        return "bounced"
    if row.code_state == "failed" or (row.code_state == "queued" and at - row.code_asked > GIVEN_UP_AFTER):
        return "failed"
    if row.tries >= TRIES or not row.code_hash or row.code_asked + CODE_LASTS <= at:
        return "over"
    if row.code_state == "told":
        return "told"
    return "sent" if row.code_state == "sent" else "on_its_way"
