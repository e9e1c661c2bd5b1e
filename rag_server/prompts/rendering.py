"""Prompt texts as plain jinja2 files."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

_DIRECTORY = Path(__file__).parent / "templates"


class Templates:
    """The shipped prompts, rendered in a sandbox; an undeclared variable is an error."""

    def __init__(self, directory: Path = _DIRECTORY) -> None:
        # Prompts are plain text for a model: HTML escaping would corrupt the passages.
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(directory),
            undefined=StrictUndefined,
            trim_blocks=True,
            autoescape=False,
        )

    def render(self, name: str, variables: Mapping[str, object]) -> str:
        """The prompt `name` with its variables filled in.

        Raises jinja2.UndefinedError for a missing variable, jinja2.TemplateNotFound.
        """
        return self._environment.get_template(f"{name}.jinja2").render(variables)
