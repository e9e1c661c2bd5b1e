"""A whole tour: serve, ingest real documents, ask, and see what the answers rest on.

python examples/demo.py            shows everything and stops what it started
python examples/demo.py --serve    does the same and goes on serving until Ctrl-C
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from pydoc_data.topics import topics
from threading import Thread
from typing import IO
from urllib.request import urlopen

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rag_client import Answer, Document, RagClient, StageTiming, TextDelta

ROOT = Path(__file__).parents[1]
PYTHON, PROJECT = "python-reference", "ragrpc-docs"
QUESTIONS = (
    (PYTHON, "When is the else clause of a try statement executed?"),
    (PYTHON, "How are default parameter values evaluated?"),
    (PROJECT, "When does the client retry a call?"),
    (PROJECT, "Is the client safe to use after a fork?"),
    (PYTHON, "Who won the football world cup in 1998?"),
)
METRICS = ("ragrpc_documents ", "grpc_server_handled_total", "ragrpc_stage_seconds_count")
DEFAULT_PORTS = (50051, 9464)
# Small calls, so that the progress bar moves.
BATCH_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True)
class Server:
    """A server process that listens."""

    process: "subprocess.Popen[str]"
    address: str
    metrics_url: str


def main() -> int:
    asked = arguments()
    # Whoever ends this process ends the server with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    console = Console(highlight=False)
    with data_directory(asked.data_dir) as data_dir, serving(console, data_dir, asked) as server:
        with RagClient(server.address) as rag:
            ingest(console, rag, PYTHON, python_reference())
            ingest(console, rag, PROJECT, project_docs())
            for collection, question in QUESTIONS:
                ask(console, rag, collection, question)
        show_metrics(console, server)
        if asked.serve:
            go_on(console, server)
    console.print(f"Stopped the server (process {server.process.pid}).")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", action="store_true", help="go on serving until Ctrl-C")
    parser.add_argument("--data-dir", type=Path, help="kept between runs; default: a temporary one")
    return parser.parse_args()


@contextmanager
def data_directory(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        yield chosen
        return
    with tempfile.TemporaryDirectory(prefix="ragrpc-demo-") as scratch:
        yield Path(scratch)


@contextmanager
def serving(console: Console, data_dir: Path, asked: argparse.Namespace) -> Iterator[Server]:
    port, sidecar_port = map(free_or_any, DEFAULT_PORTS) if asked.serve else (0, 0)
    command = [sys.executable, "-m", "rag_server", "serve", "--data-dir", str(data_dir)]
    command += ["--port", str(port), "--sidecar-port", str(sidecar_port)]
    # Settings of this shell must not leak into the demonstration.
    env = {name: value for name, value in os.environ.items() if not name.startswith("RAGRPC_")}
    with subprocess.Popen(  # noqa: S603 - the command is this interpreter's own
        command, stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        try:
            with console.status("Starting the server; the very first start prepares the model"):
                server = listening(process)
            console.print(f"Server (process {process.pid}) on [bold]{server.address}[/]")
            yield server
        finally:
            process.terminate()


def free_or_any(port: int) -> int:
    """The port, or 0 (any free one) where it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


def listening(process: "subprocess.Popen[str]") -> Server:
    """Wait for the log line that says where the server listens."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        event = json.loads(line) if line.startswith("{") else {}
        if event.get("event") == "serving":
            # A pipe that nobody reads would stop the server one day.
            Thread(target=_drain, args=(process.stdout,), daemon=True).start()
            return Server(
                process,
                f"127.0.0.1:{event['port']}",
                f"http://127.0.0.1:{event['sidecar_port']}/metrics",
            )
    raise SystemExit("The server did not start:\n" + "".join(lines))


def _drain(pipe: IO[str]) -> None:
    # Closed beneath it when the server has ended.
    with suppress(ValueError):
        deque(pipe, 0)


def python_reference() -> list[Document]:
    """The language reference that ships with the interpreter; a topic's first line is its title."""
    return [
        Document(
            id=name, text=text, title=text.lstrip().partition("\n")[0], metadata={"topic": name}
        )
        for name, text in topics.items()
    ]


def project_docs() -> list[Document]:
    """The Markdown files of this project."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}
    return [Document(id=name, text=text, content_type="markdown") for name, text in texts.items()]


def ingest(
    console: Console, rag: RagClient, collection: str, documents: Sequence[Document]
) -> None:
    rag.collections.create(collection, exist_ok=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task(f"Ingesting {collection}", total=len(documents))
        rag.documents.upsert(
            collection,
            documents,
            batch_bytes=BATCH_BYTES,
            on_progress=lambda done: progress.update(task, completed=done.documents),
        ).raise_for_failures()
    stored = rag.collections.get(collection)
    console.print(f"  {stored.document_count} documents, {stored.chunk_count} chunks", style="dim")


def ask(console: Console, rag: RagClient, collection: str, question: str) -> None:
    console.print()
    console.print(f"[bold cyan]{escape(question)}[/]  [dim]({collection})[/]", soft_wrap=True)
    with rag.stream_query(collection, question) as events:
        for event in events:
            if isinstance(event, TextDelta):
                console.print(event.text, end="", markup=False, soft_wrap=True)
        answer = events.answer()
    if answer.text:
        console.print()
    show_sources(console, answer)
    console.print(f"  {timings(answer.timings)}", style="dim", soft_wrap=True)


def show_sources(console: Console, answer: Answer) -> None:
    for reason in answer.abstain_reasons:
        console.print(f"[yellow]No answer:[/] {reason}")
    for number, cited in enumerate(answer.citations, 1):
        span = f"bytes {cited.source_span.start}-{cited.source_span.end}"
        console.print(
            f"  [green]\\[{number}][/] {escape(cited.document_id)}, {span},"
            f" support {cited.support:.2f}",
            soft_wrap=True,
        )


def timings(stages: Sequence[StageTiming]) -> str:
    return " · ".join(f"{stage.stage} {stage.milliseconds:.1f} ms" for stage in stages)


def show_metrics(console: Console, server: Server) -> None:
    with urlopen(server.metrics_url, timeout=10) as response:  # noqa: S310 - always http
        lines = response.read().decode().splitlines()
    console.print(f"\nMetrics are at [bold]{server.metrics_url}[/], among them")
    for line in lines:
        if line.startswith(METRICS) and not line.endswith(" 0.0"):
            console.print(f"  {line}", style="dim", markup=False, soft_wrap=True)
    console.print()


def go_on(console: Console, server: Server) -> None:
    client = os.path.relpath(Path(sys.executable).with_name("ragrpc"))
    console.print(f"Serving on [bold]{server.address}[/] until Ctrl-C. In another terminal:")
    for command in (
        f'query -c {PYTHON} "What does the global statement do?"',
        f'retrieve -c {PROJECT} "which calls are retried" -k 3',
        "status",
    ):
        line = f"  {client} --address {server.address} {command}"
        console.print(line, markup=False, soft_wrap=True)
    try:
        server.process.wait()
    except KeyboardInterrupt:
        console.print()


if __name__ == "__main__":
    sys.exit(main())
