"""Signing in at the organisation's own provider by OpenID Connect: the code flow with PKCE, state and nonce.

What the provider says is believed when it comes from the issuer that the setting names, is signed with one of its keys,
is meant for us and for this very attempt, and calls the e-mail address verified."""

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")  # with keys of the provider's; never "none", never a shared secret
PATIENCE = 10  # seconds
_LEEWAY = 60  # seconds by which clocks may differ


class NotTrusted(Exception):
    """What came back proves nothing. The message is a code for the log."""


class ProviderAway(Exception):
    """The provider does not answer as it should."""


class Attempt(BaseModel):
    """One way to the provider and back."""

    state: str
    nonce: str
    verifier: str


class _Endpoints(BaseModel):
    """What the provider's discovery document says that we use."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Provider:
    """One provider, known by its issuer. `client`: for tests."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str, client: httpx.AsyncClient | None = None
    ) -> None:
        self.issuer, self.client_id, self._secret = issuer, client_id, client_secret
        self._client = client or httpx.AsyncClient(timeout=PATIENCE)

    async def close(self) -> None:
        await self._client.aclose()

    async def begin(self, back: str) -> tuple[str, Attempt]:
        """Where to send the browser, and what to remember until it is back. ProviderAway."""
        endpoints = await self._endpoints()
        attempt = Attempt(
            state=secrets.token_urlsafe(32), nonce=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(48)
        )
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": back,
            "scope": "openid email",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in endpoints.authorization_endpoint else "?"
        return f"{endpoints.authorization_endpoint}{joint}{urlencode(asked)}", attempt

    async def verified_email(self, code: str, attempt: Attempt, back: str, now: int) -> str:
        """The verified e-mail address of whoever came back with this code. NotTrusted, ProviderAway."""
        endpoints = await self._endpoints()
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": attempt.verifier,
        }
        answer = await self._ask("POST", endpoints.token_endpoint, data=given, auth=(self.client_id, self._secret))
        keys = await self._ask("GET", endpoints.jwks_uri)
        return self._read(str(answer.get("id_token", "")), keys, attempt.nonce, now)

    def _read(self, id_token: str, keys: dict[str, Any], nonce: str, now: int) -> str:
        try:
            token = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
            jwt.JWTClaimsRegistry(
                now,
                _LEEWAY,
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": self.client_id},
                nonce={"essential": True, "value": nonce},
                exp={"essential": True},
                iat={"essential": True},
                email={"essential": True},
            ).validate(token.claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise NotTrusted(type(error).__name__) from None
        claims = token.claims
        others = [one for one in claims["aud"] if one != self.client_id] if isinstance(claims["aud"], list) else []
        if others and claims.get("azp") != self.client_id:
            raise NotTrusted("meant_for_another")
        if claims.get("email_verified") is not True or not isinstance(claims["email"], str):
            raise NotTrusted("email_not_verified")
        return claims["email"]

    async def _endpoints(self) -> _Endpoints:
        found = await self._ask("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            endpoints = _Endpoints.model_validate(found)
        except ValidationError:
            raise ProviderAway("discovery") from None
        if endpoints.issuer != self.issuer:
            raise ProviderAway("another_issuer")
        return endpoints

    async def _ask(self, method: str, address: str, **how: Any) -> dict[str, Any]:
        try:
            answer = await self._client.request(method, address, **how)
        except httpx.HTTPError as error:
            raise ProviderAway(type(error).__name__) from None
        if answer.status_code in (400, 401, 403):  # a code that was used, or is none
            raise NotTrusted(f"refused_{answer.status_code}")
        try:
            said = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            raise ProviderAway(f"status_{answer.status_code}") from None
        if not isinstance(said, dict):
            raise ProviderAway("no_object")
        return said
