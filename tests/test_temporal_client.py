"""How we come to a Temporal server: our own, a cluster behind mutual TLS, or Temporal Cloud."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode, TLSConfig
from temporalio.testing import WorkflowEnvironment

import cli
import temporal_client
from settings import Settings
from temporal_client import RETENTION, SEARCH_ATTRIBUTES, connect, prepare_namespace
from tests.api.fakes import KEY
from tests.temporal_servers import real


def settings_with(**more: object) -> Settings:
    return Settings.model_validate({"environment": "test", "codec_keys": f"test:{KEY}", **more})


# Security of the way there


class Authority:
    """Signs the certificates of the server and of its callers."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the test")])
        self.write("ca", self.sign(self.name, self.key.public_key(), ca=True), self.key)

    def sign(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool = False) -> x509.Certificate:
        here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(here, critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def issue(self, name: str) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return self.write(name, self.sign(subject, key.public_key()), key)

    def write(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> tuple[Path, Path]:
        paths = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return paths


async def test_a_cluster_behind_mutual_tls_is_shown_our_certificate(tmp_path: Path) -> None:
    """TEMPORAL_TLS_CA, TEMPORAL_TLS_CERT, TEMPORAL_TLS_KEY, before a server that demands a certificate and then hangs
    up: the handshake is what is looked at."""
    authority = Authority(tmp_path)
    server_pem, server_key = authority.issue("server")
    pem, key = authority.issue("mediation-worker")
    demanding = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "ca.pem"))
    demanding.load_cert_chain(server_pem, server_key)
    demanding.verify_mode = ssl.CERT_REQUIRED
    demanding.set_alpn_protocols(["h2"])
    callers: list[str] = []

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        subject = writer.get_extra_info("peercert")["subject"]
        callers.append(dict(pair for [pair] in subject)["commonName"])
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=demanding) as listening:
        address = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        with pytest.raises(RuntimeError):
            await connect(
                settings_with(
                    temporal_address=address,
                    temporal_tls_ca=tmp_path / "ca.pem",
                    temporal_tls_cert=pem,
                    temporal_tls_key=key,
                )
            )
        assert set(callers) == {"mediation-worker"}
        with pytest.raises(RuntimeError):  # without a certificate nobody gets as far
            await connect(settings_with(temporal_address=address, temporal_tls_ca=tmp_path / "ca.pem"))
        assert set(callers) == {"mediation-worker"}


@pytest.mark.parametrize(
    ("given", "tls"),
    [
        ({}, False),
        ({"temporal_tls": True}, True),
        ({"temporal_api_key": "k"}, True),  # never in the clear
    ],
)
async def test_what_a_key_or_certificate_is_sent_through(
    given: dict[str, object], tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, object] = {}

    async def note(address: str, **how: object) -> None:
        seen.update(how, address=address)

    monkeypatch.setattr(Client, "connect", note)
    await connect(settings_with(temporal_address="eu.api.temporal.io:7233", temporal_namespace="sen.a1b2c", **given))
    assert (seen["address"], seen["namespace"], seen["tls"]) == ("eu.api.temporal.io:7233", "sen.a1b2c", tls)
    assert seen["api_key"] == (given.get("temporal_api_key") or None)
    assert not isinstance(seen["tls"], TLSConfig)


# The namespace


@pytest.fixture
async def server() -> AsyncIterator[WorkflowEnvironment]:
    async with real(attributes=False) as env:
        yield env


async def test_a_new_server_is_given_all_that_a_case_needs(server: WorkflowEnvironment) -> None:
    settings = settings_with(
        temporal_address=server.client.service_client.config.target_host, temporal_namespace="mediation"
    )
    client = await connect(settings)
    for _ in range(2):  # again it changes nothing
        assert await asyncio.to_thread(cli.COMMANDS["prepare-temporal"], settings, None) == 0  # type: ignore[arg-type]
    described = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="mediation"))
    assert described.config.workflow_execution_retention_ttl.ToTimedelta() == RETENTION
    listed = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace="mediation"))
    assert {name for name, _ in SEARCH_ATTRIBUTES} <= set(listed.custom_attributes)


async def test_a_server_of_an_earlier_release_is_given_what_is_new(server: WorkflowEnvironment) -> None:
    known = {name: kind for name, kind in SEARCH_ATTRIBUTES if name != "CaseWaitingFor"}
    keyword, yes_or_no = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD, IndexedValueType.INDEXED_VALUE_TYPE_BOOL
    of_old = {name: keyword if kind == "Keyword" else yes_or_no for name, kind in known.items()}
    await server.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace="default", search_attributes=of_old)
    )
    await prepare_namespace(server.client)
    listed = await server.client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace="default")
    )
    added = listed.custom_attributes["CaseWaitingFor"]
    assert added == IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST
    assert set(known) <= set(listed.custom_attributes)


async def test_a_server_that_keeps_its_namespaces_to_itself_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def refused(_: object) -> None:
        raise RPCError("not for you", RPCStatusCode.PERMISSION_DENIED, b"")

    async def nobody(_: object) -> None:
        return None

    monkeypatch.setattr(temporal_client, "prepare_namespace", refused)
    monkeypatch.setattr(temporal_client, "connect", nobody)
    settings = settings_with(temporal_namespace="sen.a1b2c")
    assert await asyncio.to_thread(cli.COMMANDS["prepare-temporal"], settings, None) == 1  # type: ignore[arg-type]
    said = capsys.readouterr().err
    assert "does not let us prepare the namespace sen.a1b2c (PERMISSION_DENIED)" in said
    assert "a retention of 180 days and the search attributes CaseStage (Keyword), CaseWaitingFor (KeywordList)" in said
