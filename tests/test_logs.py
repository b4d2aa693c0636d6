import ast
import io
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog

from logs import CODES, NUMBERS, TEXTS, configure_logging

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def logged() -> Callable[[Callable[[], object]], list[dict[str, Any]]]:
    """The lines that something logs, read back."""

    def lines_of(act: Callable[[], object]) -> list[dict[str, Any]]:
        stream, root = io.StringIO(), logging.getLogger()
        handlers, level = root.handlers, root.level
        try:
            configure_logging("INFO", stream)
            act()
        finally:
            root.handlers = handlers
            root.setLevel(level)
            structlog.reset_defaults()
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    return lines_of


Logged = Callable[[Callable[[], object]], list[dict[str, Any]]]


def test_logs_are_json_without_addresses(logged: Logged) -> None:
    def act() -> None:
        structlog.get_logger("ours").info("letter sent", letter="case-1/ack", number=3)
        try:
            raise ValueError("550 no such user: jo.parent@home.example at smtp://user:pass@mail.internal")
        except ValueError:
            logging.getLogger("theirs").exception("refused by %s", "jo.parent@home.example")

    first, second = logged(act)
    assert (first["event"], first["letter"], first["number"], first["level"]) == (
        "letter sent",
        "case-1/ack",
        3,
        "info",
    )
    [exception] = second["exception"]
    assert exception.startswith("ValueError at test_logs.py:")
    assert not any(secret in str(second) for secret in ("no such user", "jo.parent", "pass@"))


@pytest.mark.parametrize(
    "fields",
    [
        {"child": "Maya"},  # nobody has said what this is
        {"case": "Maya Whitfield"},  # words, where an id belongs
        {"case": {"child": "Maya"}},
        {"standards": ["a-2a", "Maya Whitfield"]},
        {"number": "Maya"},
    ],
)
def test_what_nobody_thought_of_does_not_come_out(logged: Logged, fields: dict[str, Any]) -> None:
    [line] = logged(lambda: structlog.get_logger("ours").warning("something", route="/cases/{reference}", **fields))
    assert "Maya" not in str(line)
    assert line["dropped"] == list(fields)
    assert line["route"] == "/cases/{reference}"


def test_fields_of_libraries_come_out_when_they_are_known(logged: Logged) -> None:
    [line] = logged(lambda: logging.getLogger("theirs").error("no PDF", extra={"case": "c-1", "child": "Maya"}))
    assert line["case"] == "c-1"
    assert "Maya" not in str(line)


def test_every_field_that_our_code_logs_is_known() -> None:
    """Or it would be missed when it is needed: say in logs.py of what sort a new one is."""
    used: dict[Any, str] = {}
    for path in ROOT.rglob("*.py"):
        if path.relative_to(ROOT).parts[0] in (".venv", "tests", "var"):
            continue
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("log."):
                for word in call.keywords:
                    extra = word.arg == "extra" and isinstance(word.value, ast.Dict) and word.value.keys
                    names = [key.value for key in extra if isinstance(key, ast.Constant)] if extra else [word.arg]
                    used.update(dict.fromkeys(names, path.name))
    assert used.keys() >= {"case", "error", "to_their_cases", "trouble"}
    assert {name: where for name, where in used.items() if name not in CODES | NUMBERS | TEXTS} == {}
