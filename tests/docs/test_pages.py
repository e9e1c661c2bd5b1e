"""Pages name only what exists."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from rag_server.__main__ import cli
from rag_server.settings.model import Settings
from rag_server.settings.reference import entries
from tests.docs.pages import ROOT, Page, pages

PAGES = pages()
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)

_TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
_DOCUMENTED_TARGET = re.compile(r"^([a-z][a-z-]*):.*##", re.MULTILINE)
_SOURCE = re.compile(r"(?:[\w-]+/)+[\w.-]*")
_ABSOLUTE = re.compile(r"(?<![\w.:/~<>)}\]-])/[a-z][\w.-]+(?:/[\w.*-]+)*")
# Endpoints, and where the shipped configurations look: the same on every machine.
_ENDPOINTS = ("/metrics", "/healthz", "/readyz", "/v1")
_CONFIGURED = ("/etc/ragrpc", "/var/lib/ragrpc", "/var/cache/ragrpc")
_METRIC = re.compile(r"(?:ragrpc|grpc_server)_[a-z_]+")
_CLIENT_VARIABLES = {"RAGRPC_ADDRESS", "RAGRPC_API_KEY"}
_VARIABLE = re.compile(r"RAGRPC_[A-Z0-9_]*[A-Z0-9]")
# But for the name of a file.
_SETTING = re.compile(rf"({'|'.join(Settings.model_fields)})\.(?!sqlite3)[a-z0-9_]+")


def made_by_make() -> set[str]:
    return set(_TARGET.findall((ROOT / "Makefile").read_text()))


def target_words(text: str) -> list[str]:
    return [word for word in shlex.split(text, comments=True)[1:] if "=" not in word]


@each_page
def test_links_lead_somewhere(page: Page) -> None:
    for link in page.links():
        if link.startswith(("http://", "https://")):
            continue
        target, _, anchor = link.partition("#")
        path = (page.path.parent / target).resolve() if target else page.path
        assert path.exists(), link
        if anchor:
            assert anchor in Page(path).anchors(), link


@each_page
def test_no_path_of_a_machine_is_named(page: Page) -> None:
    found = [
        each
        for each in _ABSOLUTE.findall(page.text)
        if not each.startswith(_ENDPOINTS + _CONFIGURED)
    ]
    assert found == []


@each_page
def test_make_targets_exist(page: Page) -> None:
    written = [each for each in page.code() if re.match(r"make [a-z]", each)]
    named = {word for each in (*written, *page.commands("make")) for word in target_words(each)}
    assert named <= made_by_make()


@each_page
def test_source_files_exist(page: Page) -> None:
    roots = {each.name for each in ROOT.iterdir() if not each.name.startswith(".")}
    packages = {each.name for each in (ROOT / "rag_server").iterdir()}
    for code in page.code():
        if not _SOURCE.fullmatch(code) or code.startswith("build/"):
            continue
        first = code.split("/")[0]
        assert first not in roots or (ROOT / code).exists(), code
        assert first not in packages or (ROOT / "rag_server" / code).exists(), code


@each_page
def test_settings_exist(page: Page) -> None:
    known = {each.path for each in entries()}
    named = {found[0] for each in page.code() if (found := _SETTING.match(each))}
    assert named <= known
    variables = {each.variable for each in entries()} | _CLIENT_VARIABLES
    assert set(_VARIABLE.findall(page.text)) <= variables


@each_page
def test_metrics_exist(page: Page) -> None:
    listed = set(_METRIC.findall(" ".join(Page(ROOT / "docs" / "metrics.md").code())))
    named = {each for each in page.code() if _METRIC.fullmatch(each)}
    assert named <= listed


@each_page
def test_server_commands_parse(page: Page) -> None:
    for command in page.commands("ragrpc-server"):
        parse(get_command(cli), shlex.split(command)[1:])


def parse(command: Any, given: Sequence[str]) -> None:
    """Parse down to the subcommand without running it; raises for what is unknown."""
    if isinstance(command, TyperGroup):
        parse(command.commands[given[0]], given[1:])
    else:
        command.make_context(command.name, list(given))


def test_an_unknown_option_would_be_noticed() -> None:
    with pytest.raises(Exception, match="--speed"):
        parse(get_command(cli), ["keys", "list", "--speed"])


def test_contributors_are_told_of_every_target() -> None:
    told = set(
        re.findall(r"^\| `make ([a-z-]+)`", Page(ROOT / "CONTRIBUTING.md").text, re.MULTILINE)
    )
    assert set(_DOCUMENTED_TARGET.findall((ROOT / "Makefile").read_text())) - {"install"} <= told


def test_the_index_leads_to_every_page() -> None:
    index = Page(ROOT / "docs" / "index.md")
    reached = {(index.path.parent / link).resolve() for link in index.links()}
    assert {page.path for page in PAGES if page.path.is_relative_to(ROOT / "docs")} - reached == {
        index.path
    }


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "adr").glob("*.md")), ids=lambda p: p.stem)
def test_a_decision_is_half_a_page_of_context_decision_and_consequences(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert text.startswith(f"# {int(path.stem[:4])}. ")
    assert len(text.splitlines()) <= 65
