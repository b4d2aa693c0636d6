import io
import json
import logging

import structlog

from logs import configure_logging


def test_logs_are_json_without_addresses() -> None:
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        configure_logging("INFO", stream)
        structlog.get_logger("ours").info("letter sent", letter="case-1/ack", recipients=["p1"])
        try:
            raise ValueError("550 no such user: jo.parent@home.example at smtp://user:pass@mail.internal")
        except ValueError:
            logging.getLogger("theirs").exception("refused by %s", "jo.parent@home.example")
    finally:
        root.handlers = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["event"], first["letter"], first["level"]) == ("letter sent", "case-1/ack", "info")
    assert second["exception"] == ["ValueError at test_logs.py:17 test_logs_are_json_without_addresses"]
    assert "no such user" not in stream.getvalue()
    assert "jo.parent" not in stream.getvalue()
    assert "pass@" not in stream.getvalue()
