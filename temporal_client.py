"""The one place that makes the Temporal client: how payloads are written, sealed and sent, and how a case begins."""

import os
import re
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.duration_pb2 import Duration
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client, Interceptor
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode, TLSConfig

from domain.journey import CaseStart, workflow_id
from domain.stages import Stage
from settings import Settings
from workflows.details import ESCALATED, ON_HOLD, STAGE, WAITING_FOR

MARKS = (STAGE, WAITING_FOR, ESCALATED, ON_HOLD)
SEARCH_ATTRIBUTES = tuple((mark.name, mark.indexed_value_type.name.title().replace("_", "")) for mark in MARKS)
"""By which operations filter cases: name and type, as whoever runs a Temporal server calls it."""

RETENTION = timedelta(days=180)  # closed cases stay readable for operations

SEALED = b"binary/encrypted"
NOTHING = b"binary/null"  # what a converter writes for None
NONCE_BYTES = 12
PACKED = b"\x00"
"""Begins what was packed before it was sealed. No payload begins so: in Protobuf, no field has the number 0."""
WORTH_PACKING = 1_000  # bytes; a filing shrinks to a quarter, an answer hardly


class CannotUnseal(Exception):
    """A payload that was tampered with, belongs to another workflow, or was sealed with a key we do not have."""


class SealingCodec(PayloadCodec, WithSerializationContext):
    """AES-256-GCM. The key's id and the workflow's id travel in the metadata, both authenticated: keys can be rotated
    (the first seals, all unseal), the Temporal UI's codec endpoint can unseal without a context, and a payload moved
    to another case is refused.

    Outside a workflow, payloads that nobody sealed pass through: the server and the UI write some of their own. The
    codec keeps secrets; it does not replace access control on the Temporal server."""

    def __init__(self, keys: Mapping[str, bytes], workflow_id: str | None = None) -> None:
        if not keys:
            raise ValueError("the codec needs at least one key")
        self._keys = dict(keys)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._sealing_key = next(iter(keys))
        self.workflow_id = workflow_id

    def with_context(self, context: SerializationContext) -> Self:
        workflow_id = None
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            workflow_id = context.workflow_id
        return type(self)(self._keys, workflow_id)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._seal(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._unseal(payload) for payload in payloads]

    def _unsealed(self, payload: Payload) -> Payload:
        """Whoever can write to Temporal could forge an act of ours in the clear. Within a case it becomes a payload
        that no converter reads: the Update is refused, where an error here would stop the whole workflow."""
        if self.workflow_id and payload.metadata.get("encoding") != NOTHING:
            return Payload(metadata={"encoding": b"refused/unsealed"})
        return payload

    def _seal(self, payload: Payload) -> Payload:
        key_id, owner = self._sealing_key.encode(), (self.workflow_id or "").encode()
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._sealing_key].encrypt(nonce, _packed(payload), _bound(key_id, owner))
        return Payload(metadata={"encoding": SEALED, "key-id": key_id, "workflow-id": owner}, data=nonce + sealed)

    def _unseal(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != SEALED:
            return self._unsealed(payload)
        key_id, owner = payload.metadata.get("key-id", b""), payload.metadata.get("workflow-id", b"")
        if self.workflow_id and not _belongs(owner.decode(errors="replace"), self.workflow_id):
            raise CannotUnseal("the payload belongs to another workflow")
        cipher = self._ciphers.get(key_id.decode(errors="replace"))
        if cipher is None:
            raise CannotUnseal(f"CODEC_KEYS has no key with the id {key_id.decode(errors='replace')!r}")
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            return _unpacked(cipher.decrypt(nonce, sealed, _bound(key_id, owner)))
        except (InvalidTag, ValueError):
            raise CannotUnseal("the payload was changed after it had been sealed") from None


def _packed(payload: Payload) -> bytes:
    """Smaller where that pays: a case files its whole state many times, and its history has an end."""
    plain = payload.SerializeToString()
    return PACKED + zlib.compress(plain) if len(plain) >= WORTH_PACKING else plain


def _unpacked(plain: bytes) -> Payload:
    if plain.startswith(PACKED):
        plain = zlib.decompress(plain[len(PACKED) :])
    return Payload.FromString(plain)


def _bound(key_id: bytes, owner: bytes) -> bytes:
    return b"%d:%b%b" % (len(key_id), key_id, owner)


def _belongs(owner: str, workflow_id: str) -> bool:
    # A schedule seals with its workflow's configured id; the server appends the time of each start, and gives each run
    # the result of the one before.
    return _without_start(owner) == _without_start(workflow_id)


def _without_start(workflow_id: str) -> str:
    return re.sub(r"-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", "", workflow_id)


def data_converter(codec_keys: Mapping[str, bytes]) -> DataConverter:
    return DataConverter(
        payload_converter_class=PydanticPayloadConverter,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,  # messages and traces are sealed too
        payload_codec=SealingCodec(codec_keys),
    )


async def connect(
    settings: Settings, *, lazy: bool = False, runtime: Runtime | None = None, interceptors: Sequence[Interceptor] = ()
) -> Client:
    """`lazy`: connects at the first call, so that the API starts while Temporal is away. A worker needs it now.
    `runtime` and `interceptors` watch what goes to and fro (telemetry.py)."""
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=data_converter(settings.codec_key_ring()),
        tls=_tls(settings),
        api_key=settings.temporal_api_key or None,
        lazy=lazy,
        runtime=runtime,
        interceptors=interceptors,
    )


async def begin_case(
    client: Client,
    task_queue: str,
    start: CaseStart,
    reuse: WorkflowIDReusePolicy,
    patience: timedelta,
    public_url: str,
) -> None:
    """Start a case's workflow; one that runs already is the same. RPCError, or RuntimeError: how a lazy client reports
    an unreachable server."""
    journey = start.as_filed.journey if start.as_filed else None
    attributes = TypedSearchAttributes(
        [
            SearchAttributePair(STAGE, (journey.stage if journey else Stage.REFERRAL).value),
            SearchAttributePair(ESCALATED, bool(journey and journey.escalated)),
            SearchAttributePair(ON_HOLD, bool(journey and journey.on_hold)),
        ]
    )
    with suppress(WorkflowAlreadyStartedError):
        await client.start_workflow(
            "MediationCase",
            start,
            id=workflow_id(start.case_id),
            task_queue=task_queue,
            id_reuse_policy=reuse,
            search_attributes=attributes,
            static_summary=start.reference,
            static_details=f"[The case page]({public_url}/cases/{start.reference}), for those who may read it",
            rpc_timeout=patience,
        )


def _tls(settings: Settings) -> TLSConfig | bool:
    ca, cert, key = (
        path.read_bytes() if path else None
        for path in (settings.temporal_tls_ca, settings.temporal_tls_cert, settings.temporal_tls_key)
    )
    if ca or cert or key:
        return TLSConfig(server_root_ca_cert=ca, client_cert=cert, client_private_key=key)
    return settings.temporal_tls or bool(settings.temporal_api_key)


async def register_search_attributes(client: Client) -> None:
    """Registered ones stay as they are. An unregistered one would make every workflow task fail, silently."""
    types = {mark.name: IndexedValueType.ValueType(mark.indexed_value_type) for mark in MARKS}
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=client.namespace, search_attributes=types)
    )


async def prepare_namespace(client: Client) -> None:
    """What a case needs before it begins: the namespace, its search attributes, its retention. Run again, it changes
    nothing. RPCError NOT_FOUND: it was made just now, and the server needs some seconds to know it."""
    retention = Duration()
    retention.FromTimedelta(RETENTION)
    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        await client.workflow_service.register_namespace(
            RegisterNamespaceRequest(namespace=client.namespace, workflow_execution_retention_period=retention)
        )
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    if any(name not in listed.custom_attributes for name, _ in SEARCH_ATTRIBUTES):
        await register_search_attributes(client)
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(
            namespace=client.namespace, config=NamespaceConfig(workflow_execution_retention_ttl=retention)
        )
    )
