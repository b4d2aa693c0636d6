"""What is deployed: containers, the metrics they are watched by, and when somebody is called."""

import base64
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.metrics import Metrics, families_of
from api.shield import LARGEST_UPLOAD
from casefile.figures import Figures
from domain.papers import MEGABYTE
from settings import Settings
from tests.test_telemetry import OF_THE_WORKER

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
NOT_OURS = {"READY_FILE", "FORWARDED_ALLOW_IPS"}  # of processes.py, of uvicorn
NOT_TOLD = re.compile(  # what listens and is stored where the image has it, Temporal beside us, what is refused; and
    # builds of workers, since these are all renewed at once
    "host|(api|caldav|smtp|temporal|temporal_ui|text)_port|var_dir|temporal_(api_key|task_queue|tls.*)|caldav_password"
    "|allow_demo_policy|build_id|deployment_name"
)
MAY_BE_EMPTY = ("METRICS_TOKEN", "TEXT_TOKEN", "OIDC_CLIENT_SECRET", "LOCAL_PASSWORDS")  # the last is no secret
ONE_SHOT = {"prepare", "temporal-schema"}


def program(name: str) -> str:
    """One of the development tools, beside Python."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    assert found, f"{name} is in requirements-dev.lock, and not installed"
    return found


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=DEPLOY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


# Containers


def test_the_containers_are_described_as_compose_wants_it() -> None:
    run(program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(ROOT / "docker-compose.yml"))


def test_the_image_is_built_as_its_linter_wants_it() -> None:
    run(program("hadolint"), str(ROOT / "Dockerfile"))


def test_every_container_is_pinned_restarted_and_asked_how_it_is(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert re.search(r":v?\d+\.\d+(\.\d+)?$", service["image"]), name
        assert service["restart"] == ("on-failure" if name in ONE_SHOT else "unless-stopped")
        assert ("healthcheck" in service) == (name not in ONE_SHOT), name
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), f"{name} would be open to the world"
    for stage in re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE):
        assert re.search(r":\d+\.\d+\.\d+-slim$", stage)


def test_nobody_waits_for_a_container_that_is_only_started(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for other, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
            assert how["condition"] == wanted, f"{name} waits for {other}"


def test_our_containers_can_change_nothing_but_their_own(compose: dict[str, Any]) -> None:
    assert re.search(r"^USER 10001:10001$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for name in ("api", "worker", "prepare", "calendar"):
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert compose["services"]["worker"]["deploy"]["replicas"] == 2


def test_no_secret_has_a_default(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    secrets = re.findall(r"\$\{(\w*(?:KEY|SECRET|PASSWORD|TOKEN|KEYS)\w*)([^}]*)\}", text)
    assert {name for name, _ in secrets} >= {"CODEC_KEYS", "VAULT_KEY", "CASEFILE_DB_PASSWORD", "METRICS_TOKEN"}
    for name, otherwise in secrets:  # refused when it is missing, or empty, which turns a thing off
        assert otherwise.startswith(":?") or (otherwise == ":-" and name in MAY_BE_EMPTY), name
    for name, service in compose["services"].items():
        for key, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|PWD|SECRET|TOKEN|KEY", key):
                assert str(value).startswith("${"), f"{key} of {name}"


def filled_in(environment: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """As compose fills in variables."""

    def value(found: re.Match[str]) -> str:
        return given.get(found.group(1)) or (found.group(2) or "").removeprefix(":-")

    return {name: re.sub(r"\$\{(\w+)(:[-?][^}]*)?\}", value, str(text)) for name, text in environment.items()}


@pytest.mark.parametrize("name", ["api", "worker", "prepare"])
def test_the_settings_of_the_containers_are_ours_and_are_accepted(
    compose: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    keys = [base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3)]
    given = {
        "CODEC_KEYS": f"k1:{keys[0]}",
        "VAULT_KEY": keys[1],
        "LINK_SECRET": keys[2],
        "CASEFILE_DB_PASSWORD": "c" * 48,
        "CALDAV_PASSWORD": "d" * 48,
        "METRICS_TOKEN": "m" * 48,
        "TEXT_URL": "https://texts.example/messages",
    }
    environment = filled_in(compose["services"][name]["environment"], given)
    ours = {key: value for key, value in environment.items() if key not in NOT_OURS}
    assert {key.lower() for key in ours} <= set(Settings.model_fields)
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
    for key, value in ours.items():
        monkeypatch.setenv(key, value)
    settings = Settings()
    assert settings.environment == "production"
    assert settings.database_url == f"postgresql+asyncpg://casefile:{'c' * 48}@casefile-db:5432/casefile"


def test_every_other_setting_reaches_the_containers(compose: dict[str, Any]) -> None:
    told = {key.lower() for name in ("api", "worker") for key in compose["services"][name]["environment"]}
    assert [field for field in Settings.model_fields if field not in told and not NOT_TOLD.fullmatch(field)] == []


def test_the_proxy_is_told_to_let_papers_through() -> None:
    assert f"bodies up to {LARGEST_UPLOAD // MEGABYTE} MB" in (ROOT / "docs" / "deployment.md").read_text()


def test_secrets_and_cases_are_never_built_in() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".git", ".env", ".env.*", "var", "tests"} <= set(ignored)


# Watching


def expressions() -> dict[str, str]:
    """What the alerts and the dashboard ask Prometheus, by their titles."""
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]
    panels = json.loads((DEPLOY / "grafana.json").read_text())["panels"]
    asked = {rule["alert"]: rule["expr"] for rule in rules}
    return asked | {f"{panel['title']} {t['refId']}": t["expr"] for panel in panels for t in panel["targets"]}


def metrics_asked_for() -> set[str]:
    """Their names, without what Prometheus makes of a histogram."""
    text = " ".join(re.sub(r'"[^"]*"', "", expression) for expression in expressions().values())
    names = set(re.findall(r"\b((?:mediation|temporal|process)_\w+)\b", text))
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in names}


def test_nothing_is_asked_for_that_nobody_tells() -> None:
    fields = Figures.model_fields.items()
    nothing: dict[str, Any] = {name: {} if field.annotation == dict[str, int] else 0 for name, field in fields}
    told = {family.name for family in families_of(Figures.model_validate(nothing))}
    told |= {family.name for family in Metrics().registry.collect()}
    told |= {"mediation_part_up", "mediation_case_file_up", "mediation_office_open"}
    told |= {re.sub(r"_(bucket|count|sum)$", "", name) for name in OF_THE_WORKER}
    told |= {f"{name}_total" for name in told}
    assert metrics_asked_for() <= told


def test_each_alert_says_what_is_wrong_and_how_urgent_it_is() -> None:
    for rule in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]:
        assert rule["labels"]["severity"] in ("page", "office"), rule["alert"]
        assert rule["annotations"]["summary"].endswith("."), rule["alert"]


@pytest.mark.parametrize(
    "check", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts-test.yml")], ids=lambda c: " ".join(c[:2])
)
def test_the_alerts_are_rules_and_go_off_when_they_should(check: tuple[str, ...]) -> None:
    run(promtool(), *check)


def test_prometheus_reads_what_we_give_it(tmp_path: Path) -> None:
    for name in ("prometheus.yml", "alerts.yml"):
        shutil.copy(DEPLOY / name, tmp_path)
    (tmp_path / "metrics-token").write_text("m" * 48)
    run(promtool(), "check", "config", str(tmp_path / "prometheus.yml"))


def promtool() -> str:
    found = shutil.which("promtool")
    if not found:
        pytest.skip("promtool is not installed: on Debian and Ubuntu it comes with the package `prometheus`")
    return found
