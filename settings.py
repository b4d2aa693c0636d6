"""Every setting of the service, in one object. Made in entry points only and handed down from there: nothing below
reads the environment. A setting comes from the environment, else from `.env`, else (development only) from
`<VAR_DIR>/secrets.env`, which `make run` generates."""

import base64
import binascii
import ipaddress
import os
import re
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote, unquote, urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = ("127.0.0.1", "localhost", "::1")
GENERATED = "secrets.env"
REQUIRED_IN_PRODUCTION = (
    "CODEC_KEYS",
    "VAULT_KEY",
    "LINK_SECRET",
    "DATABASE_URL",
    "TEMPORAL_ADDRESS",
    "SMTP_URL",
    "TEXT_URL",
    "MAIL_FROM",
    "CALDAV_URL",
    "PUBLIC_URL",
)
SHORTEST_TOKEN = 24  # characters
KNOWN_TO_EVERYBODY = frozenset(
    ("admin", "change-me", "changeme", "example", "mediation", "password", "postgres", "secret", "temporal", "test")
)  # as passwords in production


class SettingsRefused(Exception):
    """The settings cannot work. The message is for the person who starts the service, and never shows a value."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True)

    environment: Literal["development", "production", "test"] = "development"
    var_dir: Path = Path("var")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    # Where the parts that `make run` starts listen. Whoever sets an address below uses a part of their own instead.
    host: str = "127.0.0.1"
    api_port: int = Field(8000, ge=1, le=65535)
    temporal_port: int = Field(7233, ge=1, le=65535)
    temporal_ui_port: int = Field(8233, ge=1, le=65535)
    smtp_port: int = Field(2525, ge=1, le=65535)
    caldav_port: int = Field(5232, ge=1, le=65535)
    text_port: int = Field(2526, ge=1, le=65535)

    # Base of the links in letters, without a slash at the end
    public_url: str = Field(default_factory=lambda known: f"http://{known['host']}:{known['api_port']}")

    # sqlite+aiosqlite:////path, or postgresql://user:password@host:5432/database
    database_url: str = Field(
        default_factory=lambda known: f"sqlite+aiosqlite:///{known['var_dir']}/casefile.db", repr=False
    )

    temporal_address: str = Field(default_factory=lambda known: f"127.0.0.1:{known['temporal_port']}")
    temporal_namespace: str = "default"
    temporal_task_queue: str = "mediation"
    temporal_tls: bool = False
    temporal_tls_ca: Path | None = None
    temporal_tls_cert: Path | None = None
    temporal_tls_key: Path | None = None
    temporal_api_key: str = Field("", repr=False)
    temporal_ui_url: str = Field(default_factory=lambda known: f"http://127.0.0.1:{known['temporal_ui_port']}")

    # smtp://user:password@host:port, smtps://…, or smtp://…?starttls
    smtp_url: str = Field(default_factory=lambda known: f"smtp://127.0.0.1:{known['smtp_port']}", repr=False)
    mail_from: str = "SEN Mediation Service <mediation@service.example>"

    # Where text messages are handed over, as JSON (texts.py), with a bearer token when there is one
    text_url: str = Field(default_factory=lambda known: f"http://127.0.0.1:{known['text_port']}/messages", repr=False)
    text_token: str = Field("", repr=False)

    caldav_password: str = Field("", repr=False)  # of our own Radicale
    caldav_url: str = Field(
        default_factory=lambda known: (
            f"http://mediation:{quote(known['caldav_password'], safe='')}@127.0.0.1:{known['caldav_port']}/"
        ),
        repr=False,
    )

    codec_keys: str = Field("", repr=False)  # "id:base64,older:base64": the first encrypts, all decrypt
    vault_key: str = Field("", repr=False)  # base64, 32 bytes: master key of the personal data in the case file
    link_secret: str = Field("", repr=False)  # base64, 32 bytes: signs sessions and personal links

    # The seconds-long policy of `make demo`: a development aid, refused in production
    allow_demo_policy: bool = Field(default_factory=lambda known: known["environment"] != "production")

    # The mailbox to which people reply: imaps://user:password@host/INBOX, or imap://…?starttls; without it none is read
    imap_url: str = Field("", repr=False)

    # The virus scanner for papers: tcp://host:3310 or unix:///run/clamav/clamd.ctl; without it none is scanned
    clamav_url: str = ""
    # For whoever watches over the service; each is off unless set (docs/deployment.md)
    metrics_token: str = Field("", repr=False)  # bearer token of GET /metrics
    worker_metrics_address: str = ""  # ip:port where a worker shows its own metrics, to whoever reaches that port
    traces_url: str = ""  # of a collector that takes OTLP over HTTP, such as http://collector:4318/v1/traces

    # Which code a worker has, such as a commit's hash: only the current build takes steps then (docs/runbook.md)
    build_id: str = Field("", pattern=r"^[A-Za-z0-9._-]{0,100}$")
    deployment_name: str = Field("mediation", pattern=r"^[A-Za-z0-9_-]{1,100}$")

    # Where staff sign in with OpenID Connect: https://login.organisation.example, as the provider spells itself. Their
    # accounts are found by the e-mail address that it has verified
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = Field("", repr=False)
    oidc_name: str = "your work account"
    local_passwords: bool = True  # False: nobody signs in with a password of ours

    # A code from an app after the password: demanded of everybody, or for those who set it up
    second_factor: Literal["demanded", "offered"] = Field(
        default_factory=lambda known: "demanded" if known["environment"] == "production" else "offered"
    )

    # A signed-in browser: signed out when nobody has been there for so long, and after so long in any case
    session_idle_minutes: int = Field(30, ge=1, le=12 * 60)
    session_hours: int = Field(12, ge=1, le=24)

    # How long a closed case is kept before its names and words are erased (practice, section 4)
    records_kept_years: int = Field(6, ge=1, le=100)

    service_name: str = "SEN Mediation Service"
    service_phone: str = "01632 960 100"  # numbers and domains reserved for examples, until the service sets its own
    service_email: str = "mediation@service.example"
    service_address: str = "SEN Mediation Service, 1 Example Street, Exampleton EX1 1EX"

    @field_validator("var_dir")
    @classmethod
    def absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @field_validator("temporal_tls_ca", "temporal_tls_cert", "temporal_tls_key")
    @classmethod
    def is_there(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("there is no such file")
        return path

    @field_validator("database_url")
    @classmethod
    def is_a_database_we_know(cls, url: str) -> str:
        return database_url_from(url)

    @field_validator("public_url", "temporal_ui_url")
    @classmethod
    def without_slash_at_the_end(cls, url: str) -> str:
        return cls.is_a_web_address(url).rstrip("/")

    @field_validator("text_url")
    @classmethod
    def is_a_web_address(cls, url: str) -> str:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise ValueError("is no http:// or https:// address")
        return url

    @field_validator("oidc_issuer")
    @classmethod
    def is_an_issuer(cls, url: str) -> str:
        address = urlsplit(url)
        if url and not (address.scheme == "https" or (address.scheme == "http" and address.hostname in LOOPBACK)):
            raise ValueError("should look like https://login.organisation.example, as the provider spells itself")
        return url

    @model_validator(mode="after")
    def somebody_can_sign_in(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret):
            raise ValueError("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET beside it")
        if not self.local_passwords and not self.oidc_issuer:
            raise ValueError("LOCAL_PASSWORDS=false needs OIDC_ISSUER: nobody could sign in")
        return self

    @field_validator("traces_url")
    @classmethod
    def is_a_web_address_or_nothing(cls, url: str) -> str:
        return cls.is_a_web_address(url) if url else url

    @field_validator("metrics_token")
    @classmethod
    def is_hard_to_guess(cls, token: str) -> str:
        if token and (len(token) < SHORTEST_TOKEN or not re.fullmatch(r"[A-Za-z0-9._~+/=-]+", token)):
            raise ValueError(f"needs {SHORTEST_TOKEN} or more letters and digits: `openssl rand -hex 24` makes them")
        return token

    @field_validator("worker_metrics_address")
    @classmethod
    def is_where_to_listen(cls, address: str) -> str:
        host, _, port = address.rpartition(":")
        try:
            if address:
                ipaddress.ip_address(host.strip("[]"))
                if not 0 < int(port) <= 65535:
                    raise ValueError
        except ValueError:
            raise ValueError("should look like 127.0.0.1:9465, or 0.0.0.0:9465 inside a private network") from None
        return address

    @field_validator("smtp_url")
    @classmethod
    def is_a_mail_server(cls, url: str) -> str:
        if urlsplit(url).scheme not in ("smtp", "smtps") or not urlsplit(url).hostname:
            raise ValueError("should look like smtp://user:password@host:587?starttls or smtps://user:password@host")
        return url

    @field_validator("imap_url")
    @classmethod
    def is_a_mailbox(cls, url: str) -> str:
        if not url:
            return url
        address = urlsplit(url)
        known = address.scheme in ("imap", "imaps") and address.hostname and address.username and address.password
        if not known or not re.search(r"@[^:@]+(:[0-9]{1,5})?$", address.netloc):
            raise ValueError("should look like imaps://user:password@host/INBOX (an @ in the user's name as %40)")
        if address.scheme == "imap" and "starttls" not in address.query.lower() and address.hostname not in LOOPBACK:
            raise ValueError("would send the password unencrypted: use imaps://, or imap://…?starttls")
        if not unquote(address.path).isascii():
            raise ValueError("has a folder with letters beyond A to Z, which is not supported")
        return url

    @field_validator("clamav_url")
    @classmethod
    def is_a_scanner(cls, url: str) -> str:
        address = urlsplit(url)
        if (
            url
            and not (address.scheme == "tcp" and address.hostname)
            and not (address.scheme == "unix" and address.path)
        ):
            raise ValueError("should look like tcp://host:3310 or unix:///run/clamav/clamd.ctl")
        return url

    @field_validator("codec_keys")
    @classmethod
    def are_codec_keys(cls, text: str) -> str:
        keys_from(text)
        return text

    @field_validator("vault_key", "link_secret")
    @classmethod
    def is_a_key(cls, text: str) -> str:
        if text:
            key_from(text)
        return text

    @model_validator(mode="after")
    def production_is_complete(self) -> Self:
        if self.environment != "production":
            return self
        given = {name for name in self.model_fields_set if getattr(self, name)}
        missing = [name for name in REQUIRED_IN_PRODUCTION if name.lower() not in given]
        if missing:
            raise ValueError(f"{', '.join(missing)}: missing, and production has no default for it")
        if self.allow_demo_policy:
            raise ValueError("ALLOW_DEMO_POLICY: production refuses the demo policy")
        keys = [*keys_from(self.codec_keys).values(), key_from(self.vault_key), key_from(self.link_secret)]
        if len(set(keys)) < len(keys) or not all(any(key) for key in keys):
            raise ValueError("CODEC_KEYS, VAULT_KEY, LINK_SECRET: each needs a key of its own, and none of zeros")
        for name in ("database_url", "smtp_url", "caldav_url", "imap_url"):
            account = urlsplit(getattr(self, name))
            name_as_password = unquote(account.username or "").lower()
            if account.password and unquote(account.password).lower() in (*KNOWN_TO_EVERYBODY, name_as_password):
                raise ValueError(f"{name.upper()}: production refuses a password that everybody can guess")
        public = urlsplit(self.public_url)
        if public.scheme != "https" and public.hostname not in LOOPBACK:
            raise ValueError("PUBLIC_URL: links in letters need https:// in production")
        return self

    @property
    def over_https(self) -> bool:
        """Whether people reach the service over https: what a browser may keep is then kept for https alone."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def session_idle(self) -> timedelta:
        """After so long without a page, a browser is signed out."""
        return timedelta(minutes=self.session_idle_minutes)

    @property
    def session_lasts(self) -> timedelta:
        """A session ends after so long, whoever is there."""
        return timedelta(hours=self.session_hours)

    def service(self) -> dict[str, str]:
        """The service as it signs its letters: the fields of letters.rendering.Service."""
        return {
            "name": self.service_name,
            "phone": self.service_phone,
            "email": self.service_email,
            "address": self.service_address,
            "public_url": self.public_url,
        }

    def codec_key_ring(self) -> dict[str, bytes]:
        self._require("codec_keys")
        return keys_from(self.codec_keys)

    def vault_master_key(self) -> bytes:
        self._require("vault_key")
        return key_from(self.vault_key)

    def link_signing_key(self) -> bytes:
        self._require("link_secret")
        return key_from(self.link_secret)

    def _require(self, name: str) -> None:
        if not getattr(self, name):
            raise SettingsRefused(
                f"{name.upper()} is missing: set it in the environment or in .env, "
                f"or start once with `make run`, which writes {self.var_dir / GENERATED}."
            )

    def as_environment(self) -> dict[str, str]:
        """For child processes, so that all parts of one run have the same settings."""
        values = {name.upper(): value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}


class _Whereabouts(BaseSettings):
    """What must be known before `secrets.env` can be found."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    environment: str = "development"
    var_dir: Path = Path("var")


def load_settings(*, make_secrets: bool = False, **overrides: Any) -> Settings:
    """The settings of this process. `make_secrets`: write what development lacks to `secrets.env` first."""
    known = {name: value for name, value in overrides.items() if name in _Whereabouts.model_fields}
    where = _Whereabouts(**known)
    files: list[Path] = [Path(".env")]
    if where.environment != "production":
        if make_secrets:
            make_development_secrets(where.var_dir / GENERATED)
        files.insert(0, where.var_dir / GENERATED)  # the later file wins
    try:
        return Settings(_env_file=files, **overrides)
    except ValidationError as error:
        raise SettingsRefused(_sentences(error)) from None


def make_development_secrets(path: Path) -> None:
    """Generated once, kept beside the data they protect, readable by their owner only."""
    kept = path.read_text() if path.exists() else ""
    fresh = {
        "CODEC_KEYS": f"dev1:{_random_key()}",
        "VAULT_KEY": _random_key(),
        "LINK_SECRET": _random_key(),
        "CALDAV_PASSWORD": secrets.token_urlsafe(24),
    }
    lines = [f"{name}={value}\n" for name, value in fresh.items() if not re.search(f"^{name}=", kept, re.MULTILINE)]
    if not lines:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines([kept, *lines])
        file.flush()
        os.fsync(file.fileno())  # a lost vault key would lose every name in the case file
    draft.replace(path)


def database_url_from(text: str) -> str:
    """The address as casefile.database opens it, from one as PostgreSQL's own tools and hosting services spell it.
    ValueError: it is of no database that we know."""
    scheme, _, rest = text.partition("://")
    if scheme == "sqlite+aiosqlite" and rest:
        return text
    if scheme not in ("postgresql+asyncpg", "postgresql", "postgres") or not rest:
        raise ValueError(
            "should look like sqlite+aiosqlite:////path/casefile.db or postgresql://user:password@host/name"
        )
    rest, question, query = rest.partition("?")
    query = re.sub(r"(^|&)sslmode=", r"\1ssl=", query)  # the driver's name for the same
    return f"postgresql+asyncpg://{rest}{question}{query}"


def keys_from(text: str) -> dict[str, bytes]:
    """The keys of "id:base64,older:base64" by id, in order."""
    keys: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        key_id, colon, encoded = entry.partition(":")
        if not colon or not re.fullmatch(r"[A-Za-z0-9._-]{1,32}", key_id):
            raise ValueError("should look like id:base64,older-id:base64")
        if key_id in keys:
            raise ValueError("has the same key id twice")
        keys[key_id] = key_from(encoded)
    return keys


def key_from(text: str) -> bytes:
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise ValueError("is not base64") from None
    if len(key) != 32:
        raise ValueError("needs 32 random bytes in base64: `openssl rand -base64 32` makes them")
    return key


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _sentences(error: ValidationError) -> str:
    def sentence(name: str, message: str) -> str:
        message = message.removeprefix("Value error, ")
        return f"{name}: {message}" if name else message

    return "\n".join(
        sentence("_".join(str(part) for part in problem["loc"]).upper(), problem["msg"]) for problem in error.errors()
    )
