import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from enum import EnumMeta
from pathlib import Path

import rag_client
from rag_client import (
    AnswerStream,
    AsyncAnswerStream,
    AsyncBackups,
    AsyncCollections,
    AsyncDocuments,
    AsyncJobs,
    AsyncRagClient,
    Backups,
    Collections,
    Documents,
    Jobs,
    RagClient,
)

SURFACE = Path(__file__).with_name("surface.txt")
HEAVY = ("numpy", "typer", "rich", "chromadb", "onnxruntime", "pydantic", "rag_server")


def methods(kind: type) -> dict[str, inspect.Signature]:
    return {
        name: inspect.signature(member)
        for name, member in vars(kind).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }


def call(thing: Callable[..., object]) -> str:
    """The signature without annotations, whose spelling depends on the Python version."""
    signature = inspect.signature(thing)
    bare = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))


def lines() -> Iterator[str]:
    for name in rag_client.__all__:
        thing = getattr(rag_client, name)
        if isinstance(thing, EnumMeta):
            yield f"{name}: {', '.join(thing.__members__)}"
        elif inspect.isclass(thing):
            yield f"{name}{call(thing)}"
            for method in methods(thing):
                yield f"{name}.{method}{call(getattr(thing, method))}"
        else:
            yield name


def test_the_surface_is_what_was_agreed() -> None:
    """A change here is a change for users: it belongs into surface.txt and the changelog."""
    assert list(lines()) == SURFACE.read_text().splitlines()


def test_all_is_sorted_and_everything_in_it_is_documented() -> None:
    assert rag_client.__all__ == sorted(rag_client.__all__)
    classes = [getattr(rag_client, name) for name in rag_client.__all__]
    assert [each.__name__ for each in classes if inspect.isclass(each) and not each.__doc__] == []


def test_both_clients_take_the_same_parameters() -> None:
    pairs = (
        (RagClient, AsyncRagClient),
        (Collections, AsyncCollections),
        (Documents, AsyncDocuments),
        (Jobs, AsyncJobs),
        (Backups, AsyncBackups),
        (AnswerStream, AsyncAnswerStream),
    )
    for blocking, awaited in pairs:
        expected = {name: each.parameters for name, each in methods(blocking).items()}
        found = {name: dict(each.parameters) for name, each in methods(awaited).items()}
        if "ingest" in found:
            # Asynchronous iterables too.
            found["ingest"]["sources"] = expected["ingest"]["sources"]
        assert found == expected
    constructors = [inspect.signature(each) for each in (RagClient, AsyncRagClient)]
    assert constructors[0].parameters == constructors[1].parameters


def test_importing_the_client_imports_nothing_heavy() -> None:
    program = "import sys, rag_client; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint(HEAVY)
