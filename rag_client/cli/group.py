"""The root command: one place for errors, interrupts and broken pipes."""

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from rag_client.cli.report import BROKEN_PIPE, INTERRUPTED, report
from rag_client.cli.session import Session
from rag_client.errors import RagError


class RootGroup(TyperGroup):
    """Runs a command and turns what it raises into a line and an exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Takes `--json` anywhere before `--`, since people write it last."""
        end = args.index("--") if "--" in args else len(args)
        if "--json" in args[:end]:
            args = ["--json", *(each for each in args[:end] if each != "--json"), *args[end:]]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command; never lets a traceback out."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except RagError as error:
            raise typer.Exit(report(error, ctx.find_object(Session))) from None
        except (KeyboardInterrupt, typer.Abort):
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _silence()
            raise typer.Exit(BROKEN_PIPE) from None
        return result


def _silence() -> None:
    # The interpreter flushes stdout once more at exit, which must not fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
