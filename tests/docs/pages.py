"""The pages of the project, and what is written in them."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_MADE = {"build", "dist"}

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Page:
    """One markdown file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.prose = _BLOCK.sub("", self.text)

    @property
    def name(self) -> str:
        """Path below the root, for the names of tests."""
        return self.path.relative_to(ROOT).as_posix()

    def blocks(self, language: str) -> list[str]:
        """Fenced blocks of a language, in order."""
        return [body for kind, body in _BLOCK.findall(self.text) if kind == language]

    def commands(self, program: str) -> list[str]:
        """Lines of its console blocks that call `program`, continued lines joined."""
        script = "\n".join(self.blocks("console")).replace("\\\n", " ")
        # A quoted argument may span lines: only a line that begins with a word is a new one.
        lines = re.split(r"\n(?=[a-z])", script)
        return [line.strip() for line in lines if line.startswith(f"{program} ")]

    def links(self) -> list[str]:
        """Targets of its links."""
        return _LINK.findall(self.prose)

    def code(self) -> list[str]:
        """What stands between single backticks."""
        return _CODE.findall(self.prose)

    def anchors(self) -> set[str]:
        """Names of its headings as links spell them."""
        headings = (each.lower() for each in _HEADING.findall(self.prose))
        return {re.sub(r"[^\w -]", "", each).replace(" ", "-") for each in headings}


def pages() -> list[Page]:
    """All pages, by path."""
    return [Page(path) for path in sorted(_found())]


def _found() -> Iterator[Path]:
    yield from ROOT.glob("*.md")
    for directory in ROOT.iterdir():
        if (
            directory.is_dir()
            and not directory.name.startswith(".")
            and directory.name not in _MADE
        ):
            yield from directory.rglob("*.md")
