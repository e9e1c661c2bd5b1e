import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from rag_server.observability.logging import configure_logging
from rag_server.observability.metrics import Metrics
from rag_server.observability.redaction import SENSITIVE
from rag_server.observability.telemetry import Observer

SECRET = "the patient's name is"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    # Out of sight, or the set-up would close those of the test run.
    root.handlers[:] = []
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


Log = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def lines(out: io.StringIO) -> Log:
    """Configures, and gives the lines written since."""
    configure_logging("info", "json", lambda: "", out)
    return lambda: [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_event_is_one_json_object_with_time_and_level(lines: Log) -> None:
    structlog.get_logger().info("call", code="OK", seconds=0.5)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "call", "level": "info", "code": "OK", "seconds": 0.5}


def test_the_request_is_named_on_each_line_while_it_lasts(lines: Log) -> None:
    with bound_contextvars(request_id="r1"):
        structlog.get_logger().info("call")
        logging.getLogger("library").warning("slow")
    structlog.get_logger().info("idle")
    assert [line.get("request_id") for line in lines()] == ["r1", "r1", None]


def test_the_trace_is_named_when_there_is_one(out: io.StringIO) -> None:
    traces = iter(["0af7", ""])
    configure_logging("info", "json", lambda: next(traces), out)
    structlog.get_logger().info("traced")
    structlog.get_logger().info("untraced")
    found = [json.loads(line).get("trace_id") for line in out.getvalue().splitlines()]
    assert found == ["0af7", None]


@pytest.mark.parametrize(
    ("level", "expected"),
    [("debug", ["d", "i", "e"]), ("info", ["i", "e"]), ("error", ["e"])],
)
def test_what_is_below_the_level_is_not_written(
    out: io.StringIO, level: str, expected: list[str]
) -> None:
    configure_logging(level, "json", None, out)
    log = structlog.get_logger()
    log.debug("d")
    log.info("i")
    log.error("e")
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == expected


@pytest.mark.parametrize("name", [*sorted(SENSITIVE), "Authorization"])
def test_sensitive_names_are_dropped(lines: Log, out: io.StringIO, name: str) -> None:
    structlog.get_logger().info("call", **{name: SECRET})
    assert len(lines()) == 1
    assert SECRET not in out.getvalue()


def test_of_anything_but_a_scalar_only_the_type_is_kept(lines: Log, out: io.StringIO) -> None:
    structlog.get_logger().info("call", given={"text": SECRET}, error_value=ValueError(SECRET))
    assert SECRET not in out.getvalue()
    assert lines()[0]["given"] == "dict"
    assert lines()[0]["error_value"] == "ValueError"


def fail() -> None:
    raise ValueError(SECRET)


@pytest.mark.parametrize("style", ["json", "console"])
def test_of_an_error_the_type_and_the_places_are_kept_but_not_the_text(
    out: io.StringIO, style: str
) -> None:
    configure_logging("info", style, None, out)
    for log in (structlog.get_logger(), logging.getLogger("library")):
        try:
            fail()
        except ValueError:
            log.exception("failed")
    written = out.getvalue()
    assert SECRET not in written
    assert written.count("ValueError") == 2
    assert written.count("test_logging:") >= 4
    assert "fail" in written


def test_a_failed_background_part_is_logged_without_the_text_of_its_error(
    lines: Log, out: io.StringIO
) -> None:
    try:
        fail()
    except ValueError as error:
        Observer(Metrics()).failed("follower", error)
    (line,) = lines()
    assert (line["event"], line["part"], line["error"]) == (
        "background part failed",
        "follower",
        "ValueError",
    )
    assert line["at"].startswith("test_logging:")
    assert SECRET not in out.getvalue()


def test_of_a_library_the_template_is_kept_but_not_its_arguments(
    lines: Log, out: io.StringIO
) -> None:
    logging.getLogger("chromadb").warning("Add of %s failed", SECRET)
    logging.getLogger("asyncio").error("Task failed\nfuture: %s", SECRET)
    assert [(line["logger"], line["level"], line["event"]) for line in lines()] == [
        ("chromadb", "warning", "Add of %s failed"),
        ("asyncio", "error", "Task failed"),
    ]
    assert SECRET not in out.getvalue()


def test_libraries_are_heard_from_warning_on_even_when_debugging(out: io.StringIO) -> None:
    configure_logging("debug", "json", None, out)
    logging.getLogger("openai").debug("Request options: %s", SECRET)
    logging.getLogger("httpx").info("HTTP Request")
    assert out.getvalue() == ""


def test_the_console_is_for_people(out: io.StringIO) -> None:
    configure_logging("info", "console", None, out)
    structlog.get_logger().info("serving", port=50051)
    assert "serving" in out.getvalue()
    assert "port=50051" in out.getvalue()
    assert "{" not in out.getvalue()
