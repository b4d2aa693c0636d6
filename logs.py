"""Logs of all our processes: one JSON object a line, on stderr, without personal data."""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

# Third-party loggers that would write addresses, URLs with tokens or message texts at INFO
TALKATIVE = (
    "httpx",
    "httpcore",
    "caldav",
    "aiosmtplib",
    "mail.log",
    "urllib3",
    "niquests",
    "multipart",
    "alembic.runtime.plugins",
)
# What a line may say beside its event. Whatever else somebody logs is left out, and named under `dropped`.
CODES = frozenset(  # ids, codes, route templates, servers: no words
    (
        *(
            "at",
            "build",
            "by",
            "case",
            "code",
            "document",
            "enquiry",
            "kind",
            "letter",
            "method",
            "paper",
            "route",
            "server",
            "standards",
        ),
        *("task_queue", "trouble", "workflow"),
    )
)
NUMBERS = frozenset(("compared", "left_for_a_person", "number", "to_their_cases"))
TEXTS = frozenset(("error", "event", "exception", "level", "logger", "timestamp"))  # ours, or of a library
CODE = re.compile(r"[A-Za-z0-9_./:,+{}-]{0,150}")
E_MAIL_ADDRESS = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+")
FRAMES = 8  # of each exception, the innermost first
CREDENTIALS_IN_URL = re.compile(r"(?<=://)[^\s/@]+:[^\s/@]+(?=@)")


def configure_logging(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Both structlog's and the standard library's loggers end here."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(allow=CODES | NUMBERS),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                exceptions_without_their_words,
                known_keys_only,
                without_addresses,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def exceptions_without_their_words(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What failed and where. Never an exception's message: it may quote a row, a name or a password."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else None
    if error is not None:
        event["exception"] = _chain(error)
    return event


def _chain(error: BaseException) -> list[str]:
    lines = []
    while error is not None:
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        where = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[::-1])
        lines.append(f"{type(error).__name__} at {where}")
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None or len(lines) >= FRAMES:
            break
        error = cause
    return lines


def known_keys_only(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Whoever adds a field says here of what sort it is; one that nobody thought of might hold a name."""
    shown: dict[str, Any] = {key: value for key, value in event.items() if key in TEXTS}
    dropped = []
    for key in sorted(event.keys() - TEXTS):
        if (key in CODES and _is_code(event[key])) or (key in NUMBERS and isinstance(event[key], int)):
            shown[key] = event[key]
        else:
            dropped.append(key)
    return {**shown, "dropped": dropped} if dropped else shown


def _is_code(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_code(one) for one in value)
    return isinstance(value, str) and CODE.fullmatch(value) is not None


def without_addresses(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A second wall: our own code logs ids only, but an exception's text may quote an address or a password."""
    return {key: _masked(value) for key, value in event.items()}


def _masked(value: Any) -> Any:
    match value:
        case str():
            return E_MAIL_ADDRESS.sub("(address)", CREDENTIALS_IN_URL.sub("(credentials)", value))
        case dict():
            return {key: _masked(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_masked(inner) for inner in value]
        case None | bool() | int() | float():
            return value
        case _:
            return _masked(str(value))
