"""The command `ragrpc-server verify`: does the catalog keep its rules, and the index follow it?"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.core.findings import Finding
from rag_server.settings import Settings, load_settings

if TYPE_CHECKING:
    from rag_server.stores.catalog.catalog import SqlCatalog

DataDir = Annotated[Path | None, typer.Option(help="Directory of the catalog and its indexes.")]
Config = Annotated[Path | None, typer.Option(help="YAML file of settings.")]


class Verdict(IntEnum):
    """Exit codes; 1 and 2 mean that nothing could be verified."""

    CLEAN = 0
    INDEX_DIFFERS = 3
    CATALOG_BROKEN = 4

    @classmethod
    def on(cls, findings: Sequence[Finding]) -> "Verdict":
        """The worst of what is open."""
        still = [each for each in findings if each.open]
        if any(not each.kind.derived for each in still):
            return cls.CATALOG_BROKEN
        return cls.INDEX_DIFFERS if still else cls.CLEAN


def verify(
    repair: Annotated[
        bool, typer.Option(help="Make the index what the catalog says; the model is not needed.")
    ] = False,
    catalog_only: Annotated[
        bool, typer.Option(help="Leave the index out; works beside a running server.")
    ] = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check the catalog's own rules, and compare the index with it.

    The server must be stopped. Exit code 0: all is well, or was repaired; 3: the index differs,
    which --repair mends, unless it has just tried; 4: the catalog breaks a rule, restore it
    from a backup.
    """
    settings = load_settings(config, {"data.directory": data_dir})
    findings = _catalog_only(settings) if catalog_only else _everything(settings, repair)
    verdict = Verdict.on(findings)
    if as_json:
        rows = [asdict(each) | {"open": each.open} for each in findings]
        typer.echo(json.dumps({"verdict": verdict.name.lower(), "findings": rows}))
    else:
        sentence = _UNMENDED if repair and verdict is Verdict.INDEX_DIFFERS else _SENTENCES[verdict]
        typer.echo("\n".join([*map(_line, findings), sentence]))
    raise typer.Exit(verdict)


def _catalog_only(settings: Settings) -> list[Finding]:
    catalog = _open(settings)
    try:
        return catalog.audit.look(_progress)
    finally:
        catalog.close()


def _everything(settings: Settings, repair: bool) -> list[Finding]:
    from rag_server.composition.index import open_index, open_lexical
    from rag_server.core.lexical_verification import LexicalVerification
    from rag_server.core.verification import IndexVerification
    from rag_server.stores.lock import DirectoryLock

    with DirectoryLock(settings.data.directory):
        found = _catalog_only(settings)
        if found:
            # What is broken itself cannot say what the index must hold.
            return found
        catalog = _open(settings)
        index = open_index(settings, catalog.identity)
        lexical = open_lexical(settings, catalog.identity)
        try:
            every = (
                IndexVerification(catalog, index, _progress),
                LexicalVerification(catalog, lexical, _progress),
            )
            looked = ((each.repair() if repair else each.look()) for each in every)
            return [finding for findings in looked for finding in findings]
        finally:
            lexical.close()
            index.close()
            catalog.close()


def _open(settings: Settings) -> "SqlCatalog":
    from rag_server.composition.catalog import catalog_location, place_of
    from rag_server.stores.catalog.catalog import open_catalog
    from rag_server.stores.catalog.location import unhurried
    from rag_server.stores.migration import plan

    location = catalog_location(settings)
    if plan(location).before is None:
        message = f"there is no catalog in {place_of(location)}"
        raise PreconditionFailed(message, Reason.NOT_READY)
    return open_catalog(unhurried(location))


def _progress(what: str, done: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r\033[K{what}: {done:,}" if done else f"\r\033[K{what}", err=True, nl=False)


def _line(finding: Finding) -> str:
    """What, how often and where; which ones, and what becomes of it."""
    more = ["..."] if len(finding.examples) < finding.count and finding.examples else []
    words = [f"{finding.where}: {finding.count:,} {finding.kind}", *finding.examples, *more]
    if finding.repaired:
        words.append("(repaired)")
    elif not finding.open:
        words.append("(the next start mends it)")
    return " ".join(words)


_SENTENCES = {
    Verdict.CLEAN: "clean",
    Verdict.INDEX_DIFFERS: "the index differs from the catalog: --repair mends it",
    Verdict.CATALOG_BROKEN: "the catalog breaks its own rules: restore it from a backup",
}
_UNMENDED = "the index differs from the catalog still: repairing it did not help"
