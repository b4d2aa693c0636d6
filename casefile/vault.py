"""Personal text is encrypted with a key of its case, and the case's key with the service's. Erasing a case deletes its
key; what was sealed with it is then noise, in every backup too."""

import hashlib
import hmac
import os
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ValidationError

_NONCE = 12
Text = TypeVar("Text", bound=BaseModel)


class Erased(Exception):
    """The case's key is gone: its personal text cannot be read again."""


class CaseKey:
    """Seals and opens the personal text of one case. `place` (a table and row) is bound in: text moved elsewhere does
    not open."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal_bytes(self, plain: bytes, place: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, place.encode())

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """ValueError: it was not sealed by this key for this place."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
        except InvalidTag as error:
            raise ValueError(f"the sealed text of {place} does not open with the case's key") from error

    def seal(self, text: BaseModel, place: str) -> bytes:
        return self.seal_bytes(text.model_dump_json().encode(), place)

    def open(self, model: type[Text], sealed: bytes, place: str) -> Text:
        """ValueError: sealed elsewhere, or written for another version of `model`. It quotes nothing of the text."""
        try:
            return model.model_validate_json(self.open_bytes(sealed, place))
        except ValidationError:
            raise ValueError(f"the text of {place} is no {model.__name__}") from None


class Vault:
    """Holds the service's master key (setting VAULT_KEY, 32 bytes)."""

    def __init__(self, master_key: bytes) -> None:
        self._master = CaseKey(master_key)
        self._own = CaseKey(hmac.digest(master_key, b"of the service", "sha256"))
        self._hash_key = hmac.digest(master_key, b"keyed hashes", "sha256")
        self._search_key = hmac.digest(master_key, b"search tokens", "sha256")

    def new_case_key(self, case_id: str) -> tuple[bytes, CaseKey]:
        """A fresh key for a case: wrapped for its row, and ready for use."""
        key = AESGCM.generate_key(bit_length=256)
        return self._master.seal_bytes(key, f"case_key/{case_id}"), CaseKey(key)

    def case_key(self, case_id: str, wrapped: bytes | None) -> CaseKey:
        """Erased: the key was deleted."""
        if wrapped is None:
            raise Erased(case_id)
        return CaseKey(self._master.open_bytes(wrapped, f"case_key/{case_id}"))

    @property
    def own(self) -> CaseKey:
        """For what belongs to the service and to no case, such as the secrets of its accounts."""
        return self._own

    def keyed_hash(self, text: str) -> str:
        """256 bits that tell nothing of a short text to whoever has no key."""
        return hmac.new(self._hash_key, text.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()

    def search_hash(self, text: str) -> str:
        """A keyed hash that is the same for the same text: it finds, and tells nothing to whoever has no key."""
        return hmac.new(self._search_key, text.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()[:32]
