import base64
import re
import stat
from pathlib import Path

import pytest

from settings import REQUIRED_IN_PRODUCTION, Settings, SettingsRefused, load_settings, make_development_secrets

KEY, OTHER, THIRD = (base64.b64encode(bytes(range(first, first + 32))).decode() for first in (0, 1, 2))
COMPLETE = {
    "ENVIRONMENT": "production",
    "CODEC_KEYS": f"k1:{KEY}",
    "VAULT_KEY": OTHER,
    "LINK_SECRET": THIRD,
    "DATABASE_URL": "postgresql+asyncpg://db/cases",
    "TEMPORAL_ADDRESS": "temporal.internal:7233",
    "SMTP_URL": "smtps://user:hunter2@mail.internal",
    "TEXT_URL": "https://texts.internal/messages",
    "MAIL_FROM": "mediation@service.example",
    "CALDAV_URL": "https://mediation:hunter3@calendar.internal/",
    "PUBLIC_URL": "https://mediation.service.example/",
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `.env` and no setting of the person who runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def set_environment(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_addresses_follow_the_ports_unless_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    set_environment(monkeypatch, {"API_PORT": "9000", "TEMPORAL_PORT": "9001", "SMTP_PORT": "9002", "VAR_DIR": "here"})
    settings = load_settings()
    assert settings.public_url == "http://127.0.0.1:9000"
    assert settings.temporal_address == "127.0.0.1:9001"
    assert settings.smtp_url == "smtp://127.0.0.1:9002"
    assert settings.database_url == f"sqlite+aiosqlite:///{tmp_path}/here/casefile.db"


@pytest.mark.parametrize(
    ("given", "opened"),
    [
        ("postgresql://me:p%40ss@db:5433/cases", "postgresql+asyncpg://me:p%40ss@db:5433/cases"),
        ("postgres://db/cases?sslmode=require", "postgresql+asyncpg://db/cases?ssl=require"),
        ("postgresql+asyncpg:///cases?host=/run/pg", "postgresql+asyncpg:///cases?host=/run/pg"),
        ("sqlite+aiosqlite:////srv/casefile.db", "sqlite+aiosqlite:////srv/casefile.db"),
    ],
)
def test_a_database_is_named_as_its_own_tools_name_it(monkeypatch: pytest.MonkeyPatch, given: str, opened: str) -> None:
    monkeypatch.setenv("DATABASE_URL", given)
    settings = load_settings()
    assert settings.database_url == opened
    set_environment(monkeypatch, settings.as_environment())
    assert load_settings().database_url == opened


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("imaps://replies%40service.example:hunter4@mail.internal/INBOX", ""),
        ("imaps://replies:hunter4@mail.internal:993", ""),
        ("imap://replies:hunter4@mail.internal/INBOX?starttls", ""),
        ("imap://replies:hunter4@127.0.0.1:1143/INBOX", ""),
        ("imap://replies:hunter4@mail.internal/INBOX", "would send the password unencrypted"),
        ("pop3://replies:hunter4@mail.internal", "should look like imaps://"),
        ("imaps://mail.internal/INBOX", "should look like imaps://"),
        ("imaps://replies@mail.internal/INBOX", "should look like imaps://"),
        ("imaps://replies:hunter4@mail.internal:port/INBOX", "should look like imaps://"),
        ("imaps://replies:hun/ter4@mail.internal/INBOX", "should look like imaps://"),
        ("imaps://replies:hunter4@mail.internal/Gel%C3%B6st", "beyond A to Z"),
    ],
)
def test_a_mailbox_is_named_or_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, given: str, sentence: str
) -> None:
    assert load_settings().imap_url == ""
    monkeypatch.setenv("IMAP_URL", given)
    if not sentence:
        assert load_settings().imap_url == given
        return
    with pytest.raises(SettingsRefused, match=f"IMAP_URL: .*{sentence}") as refused:
        load_settings()
    assert "hunter4" not in str(refused.value)


def test_development_secrets_are_made_once_and_are_private(tmp_path: Path) -> None:
    first = load_settings(make_secrets=True)
    kept = tmp_path / "var" / "secrets.env"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(first.vault_master_key()) == 32
    assert load_settings(make_secrets=True) == first
    assert first.caldav_password
    assert first.caldav_password in first.caldav_url


def test_a_secret_that_a_later_version_adds_is_appended(tmp_path: Path) -> None:
    kept = tmp_path / "var" / "secrets.env"
    kept.parent.mkdir()
    kept.write_text(f"VAULT_KEY={KEY}\n")
    make_development_secrets(kept)
    assert kept.read_text().startswith(f"VAULT_KEY={KEY}\n")
    assert "CODEC_KEYS=" in kept.read_text()


def test_the_environment_wins_over_generated_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    load_settings(make_secrets=True)
    monkeypatch.setenv("VAULT_KEY", KEY)
    assert load_settings().vault_master_key() == bytes(range(32))


@pytest.mark.parametrize(
    ("url", "works"),
    [
        ("tcp://clamav.internal:3310", True),
        ("unix:///run/clamav/clamd.ctl", True),
        ("clamav.internal:3310", False),
        ("unix://", False),
        ("http://clamav.internal", False),
    ],
)
def test_a_virus_scanner_is_named_as_we_can_reach_it(url: str, works: bool) -> None:
    if works:
        assert load_settings(clamav_url=url).clamav_url == url
    else:
        with pytest.raises(SettingsRefused, match="CLAMAV_URL"):
            load_settings(clamav_url=url)


def test_a_missing_secret_is_named() -> None:
    with pytest.raises(SettingsRefused, match=r"CODEC_KEYS is missing: set it .* or start once with `make run`"):
        load_settings().codec_key_ring()


def test_complete_production_settings_work(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, COMPLETE)
    settings = load_settings()
    assert settings.public_url == "https://mediation.service.example"
    assert settings.allow_demo_policy is False
    assert settings.second_factor == "demanded"
    assert settings.codec_key_ring() == {"k1": bytes(range(32))}


@pytest.mark.parametrize("name", REQUIRED_IN_PRODUCTION)
def test_production_refuses_what_is_missing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    set_environment(monkeypatch, {**COMPLETE, name: ""})
    with pytest.raises(SettingsRefused, match=f"^{name}: missing"):
        load_settings()


def test_production_does_not_read_development_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make_development_secrets(tmp_path / "var" / "secrets.env")
    set_environment(monkeypatch, {**COMPLETE, "VAULT_KEY": ""})
    with pytest.raises(SettingsRefused, match="VAULT_KEY"):
        load_settings(make_secrets=True)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("ALLOW_DEMO_POLICY", "true", "ALLOW_DEMO_POLICY: production refuses the demo policy"),
        ("PUBLIC_URL", "http://mediation.service.example", "PUBLIC_URL: links in letters need https://"),
        ("BUILD_ID", "release of May", "BUILD_ID: "),
        ("DEPLOYMENT_NAME", "sen.mediation", "DEPLOYMENT_NAME: "),
        ("CODEC_KEYS", KEY, "CODEC_KEYS: should look like id:base64"),
        ("CODEC_KEYS", f"a:{KEY},a:{KEY}", "CODEC_KEYS: has the same key id twice"),
        ("VAULT_KEY", KEY, "each needs a key of its own"),
        ("VAULT_KEY", "c2hvcnQ=", "VAULT_KEY: needs 32 random bytes"),
        ("DATABASE_URL", "mysql://me:hunter2@db/cases", "DATABASE_URL: should look like sqlite+aiosqlite:"),
        (
            "DATABASE_URL",
            "postgresql+psycopg://me:hunter2@db/cases",
            "DATABASE_URL: should look like sqlite+aiosqlite:",
        ),
        ("SMTP_URL", "mail.internal:587", "SMTP_URL: should look like smtp://"),
        ("DATABASE_URL", "postgresql://cases:changeme@db/cases", "DATABASE_URL: production refuses a password"),
        ("DATABASE_URL", "postgresql://cases:cases@db/cases", "DATABASE_URL: production refuses a password"),
        ("CALDAV_URL", "https://cal:Password@calendar.internal/", "CALDAV_URL: production refuses a password"),
        ("DATABASE_URL", "postgresql://Cases:cases@db/cases", "DATABASE_URL: production refuses a password"),
        (
            "IMAP_URL",
            "imaps://a%40b.org:A%40b.org@mail.internal/INBOX",
            "IMAP_URL: production refuses a password",
        ),
        ("IMAP_URL", "imaps://box:secret@mail.internal/INBOX", "IMAP_URL: production refuses a password"),
        ("METRICS_TOKEN", "hunter2", "METRICS_TOKEN: needs 24 or more letters and digits"),
        ("METRICS_TOKEN", f"hunter2 {KEY}", "METRICS_TOKEN: needs 24 or more letters and digits"),
        ("WORKER_METRICS_ADDRESS", "9465", "WORKER_METRICS_ADDRESS: should look like 127.0.0.1:9465"),
        ("WORKER_METRICS_ADDRESS", "localhost:9465", "WORKER_METRICS_ADDRESS: should look like 127.0.0.1:9465"),
        ("WORKER_METRICS_ADDRESS", "127.0.0.1:http", "WORKER_METRICS_ADDRESS: should look like 127.0.0.1:9465"),
        ("TEMPORAL_TLS_CERT", "/nowhere/hunter2.pem", "TEMPORAL_TLS_CERT: there is no such file"),
        ("TRACES_URL", "collector:4317", "TRACES_URL: is no http:// or https:// address"),
        ("API_PORT", "eighty", "API_PORT: "),
        ("ENVIRONMENT", "prod", "ENVIRONMENT: "),
    ],
)
def test_refusals_name_the_setting_and_show_no_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    set_environment(monkeypatch, {**COMPLETE, name: value})
    with pytest.raises(SettingsRefused) as refused:
        load_settings()
    assert sentence in str(refused.value)
    assert not any(secret in str(refused.value) for secret in (KEY, OTHER, "hunter2", "hunter3"))


def test_settings_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, COMPLETE)
    assert not any(secret in repr(load_settings()) for secret in (KEY, OTHER, "hunter2", "hunter3"))


def test_child_processes_get_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(make_secrets=True, api_port=9100)
    set_environment(monkeypatch, settings.as_environment())
    assert load_settings() == settings


@pytest.mark.parametrize("page", ["docs/deployment.md", ".env.example", "docker-compose.yml", "docs/runbook.md"])
def test_every_setting_that_we_write_about_exists(page: str) -> None:
    of_others = {
        *("CASEFILE_DB_PASSWORD", "TEMPORAL_DB_PASSWORD"),  # of docker-compose.yml
        *("READY_FILE", "FORWARDED_ALLOW_IPS", "OTEL_EXPORTER_OTLP_HEADERS"),
        *(
            "OTEL_TRACES_SAMPLER",
            "OTEL_TRACES_SAMPLER_ARG",
            "TEMPORAL_CODEC_ENDPOINT",
            "TEMPORAL_DISABLE_WRITE_ACTIONS",
        ),
    }
    text = (Path(__file__).resolve().parents[1] / page).read_text()
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)\b|^# ([A-Z_]+)=|\$\{([A-Z_]+)", text, re.MULTILINE))
    found = {name for groups in named for name in groups if name}
    assert len(found) > 3
    assert {name for name in found - of_others if name.lower() not in Settings.model_fields} == set()


def test_who_signs_in_elsewhere_needs_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    complete = {"OIDC_ISSUER": "https://login.example", "OIDC_CLIENT_ID": "m", "OIDC_CLIENT_SECRET": "s" * 24}
    set_environment(monkeypatch, {**COMPLETE, **complete, "LOCAL_PASSWORDS": "false"})
    assert load_settings().local_passwords is False
    for changed, sentence in (
        ({"OIDC_CLIENT_SECRET": ""}, "OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"),
        ({"OIDC_ISSUER": "http://login.example"}, "OIDC_ISSUER: should look like https://"),
        ({"OIDC_ISSUER": ""}, "nobody could sign in"),
    ):
        set_environment(monkeypatch, {**COMPLETE, **complete, "LOCAL_PASSWORDS": "false", **changed})
        with pytest.raises(SettingsRefused, match=sentence):
            load_settings()
