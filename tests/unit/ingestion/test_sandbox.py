"""Whatever happens in a process that parses, the server gets a text or an error of its own."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from rag_server.core.call import Deadline
from rag_server.core.content import ContentType
from rag_server.core.errors import DeadlineExceeded, InvalidRequest
from rag_server.ingestion.parsers import PARSERS
from rag_server.ingestion.sandbox.answer import ParserDefect
from rag_server.ingestion.sandbox.answer import parsed as answered
from rag_server.ingestion.sandbox.pool import ParsingPool
from tests.files import a_pdf

HTML = b"<title>T</title><h1>One</h1><p>Caf\xc3\xa9.</p><h2>Two</h2><p>More.</p>"
TABLE = b"<h1>T</h1><table><caption>C</caption><tr><th>a<th>\xc3\xa9<tr><td>1<td>2</table>"


def do(pool: ParsingPool, deed: str, seconds: float = 60.0) -> str:
    """The text that the hostile library gives for a document."""
    return pool.parse(ContentType.PDF, deed.encode(), Deadline(seconds)).text


def ended(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def wait_until_ended(pid: int) -> None:
    for _ in range(600):
        if ended(pid):
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} is still there")


@pytest.mark.parametrize(
    ("content_type", "content"),
    [(ContentType.HTML, HTML), (ContentType.PDF, a_pdf([["One."], ["Two."]], "Title", [("A", 2)]))],
)
def test_a_process_makes_of_a_document_what_its_parser_does(
    pool: ParsingPool, content_type: ContentType, content: bytes
) -> None:
    found = pool.parse(content_type, content, Deadline(60.0))
    assert found == PARSERS[content_type].parse(content)
    assert found.marks


def test_it_tells_of_tables_too(pool: ParsingPool) -> None:
    found = pool.parse(ContentType.HTML, TABLE, Deadline(60.0))
    assert found == PARSERS[ContentType.HTML].parse(TABLE)
    assert [each.caption for each in found.tables] == ["C"]


@pytest.mark.parametrize(
    "tables",
    [
        [[0, 1, 9, "c"]],
        [[2, 1, 3, ""]],
        [[1, 1, 1, ""]],
        [[-1, 0, 2, ""]],
        [[0, 1, 3, ""], [2, 2, 4, ""]],
        # Within a character.
        [[0, 2, 5, ""]],
        [[0, 1.0, 3, ""]],
        [[0, 1, 3, None]],
        [[0, 1, 3]],
        [[0, 1, 3, "\ud800"]],
        None,
    ],
)
def test_tables_that_make_no_sense_are_not_believed(tables: object) -> None:
    head = {"title": "", "marks": [], "tables": tables}
    # As `process` takes it.
    with pytest.raises((ValueError, TypeError)):
        answered(head, "a\u00e9bcd".encode())


@pytest.mark.usefixtures("hostile_library")
def test_one_process_serves_one_document_after_the_other(pool: ParsingPool) -> None:
    assert do(pool, "pid") == do(pool, "pid") != str(os.getpid())


@pytest.mark.usefixtures("hostile_library")
@pytest.mark.parametrize("deed", ["segfault", "abort", "exit", "nonsense"])
def test_a_crash_is_an_error_of_its_document(pool: ParsingPool, deed: str) -> None:
    first = do(pool, "pid")
    with pytest.raises(InvalidRequest, match="crashed its parser") as caught:
        do(pool, deed)
    assert caught.value.reason == "UNREADABLE_DOCUMENT"
    wait_until_ended(int(first))
    assert do(pool, "pid") != first


@pytest.mark.usefixtures("hostile_library")
@pytest.mark.parametrize("deed", ["loop", "sleep"])
def test_what_takes_too_long_is_stopped(pool: ParsingPool, deed: str) -> None:
    with pytest.raises(InvalidRequest, match="over 2 s to parse") as caught:
        do(pool, deed)
    assert caught.value.metadata == {"limit": "timeout_seconds"}
    assert do(pool, "pid")


@pytest.mark.usefixtures("hostile_library")
def test_a_stopped_process_does_not_outlive_the_deadline(pool: ParsingPool) -> None:
    pid = int(do(pool, "pid"))
    with pytest.raises(DeadlineExceeded):
        do(pool, "stop", seconds=1.0)
    assert ended(pid)


@pytest.mark.usefixtures("hostile_library")
def test_nobody_waiting_ends_the_process(pool: ParsingPool) -> None:
    pid = int(do(pool, "pid"))
    deadline = Deadline(60.0)
    threading.Timer(0.3, deadline.cancel).start()
    with pytest.raises(DeadlineExceeded):
        pool.parse(ContentType.PDF, b"sleep", deadline)
    assert ended(pid)


@pytest.mark.usefixtures("hostile_library")
@pytest.mark.parametrize(
    ("deed", "limit"), [("memory", "max_memory_bytes"), ("text", "max_text_bytes")]
)
def test_what_grows_too_large_is_refused(pool: ParsingPool, deed: str, limit: str) -> None:
    first = do(pool, "pid")
    with pytest.raises(InvalidRequest) as caught:
        do(pool, deed)
    assert (caught.value.reason, caught.value.metadata) == ("PARSING_LIMIT", {"limit": limit})
    assert do(pool, "pid") == first


@pytest.mark.usefixtures("hostile_library")
def test_what_nests_too_deeply_is_refused(pool: ParsingPool) -> None:
    with pytest.raises(InvalidRequest, match="nested too deeply"):
        do(pool, "recursion")


@pytest.mark.usefixtures("hostile_library")
def test_a_defect_is_named_by_its_type_alone(pool: ParsingPool) -> None:
    with pytest.raises(ParserDefect) as caught:
        do(pool, "defect")
    assert str(caught.value) == "ZeroDivisionError"


@pytest.mark.usefixtures("hostile_library")
def test_a_document_whose_processes_are_killed_fails_by_itself(pool: ParsingPool) -> None:
    # Mostly by the system, for want of memory: it would be so the next time.
    with pytest.raises(InvalidRequest, match="needs more memory"):
        do(pool, "killed")
    assert do(pool, "pid")


@pytest.mark.usefixtures("hostile_library")
def test_one_that_was_killed_while_idle_is_replaced_unnoticed(pool: ParsingPool) -> None:
    first = int(do(pool, "pid"))
    os.kill(first, signal.SIGKILL)
    wait_until_ended(first)
    assert do(pool, "pid") != str(first)


@pytest.mark.usefixtures("hostile_library")
def test_a_process_writes_no_file_and_inherits_nothing(
    pool: ParsingPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAGRPC_OPENAI__API_KEY", "secret")
    assert do(pool, "file") == "OSError"
    names, _, rest = do(pool, "surroundings").partition("] ")
    assert set(names.strip("[").replace("'", "").split(", ")) <= {
        "LANG", "LC_CTYPE", "LD_LIBRARY_PATH", "OPENBLAS_NUM_THREADS", "ORT_DISABLE_TELEMETRY",
    }  # fmt: skip
    assert rest == "['0', '1', '2'] /"


@pytest.mark.usefixtures("hostile_library")
def test_processes_end_with_the_pool(pool: ParsingPool) -> None:
    pid = int(do(pool, "pid"))
    pool.close()
    assert ended(pid)


def test_a_missing_library_says_what_to_install(
    pool: ParsingPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docx.py").write_text("raise ImportError")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(Exception, match=r"pip install 'ragrpc\[documents\]'") as caught:
        pool.parse(ContentType.DOCX, b"PK", Deadline(60.0))
    assert type(caught.value).__name__ == "PreconditionFailed"
