"""The command line `ragrpc`; needs the extra `cli` (typer and rich)."""

import sys


def main() -> None:
    """Runs the command line; says what to install where its libraries are missing."""
    try:
        from rag_client.cli.app import build_app
    except ModuleNotFoundError as error:
        if error.name not in {"typer", "rich"}:
            raise
        sys.exit('ragrpc: the command line needs its extra: pip install "ragrpc[cli]"')
    build_app()(prog_name="ragrpc")
