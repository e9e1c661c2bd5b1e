"""`ragrpc-server migrate`, told where to die.

python -m tests.chaos.command --data-dir DIR [--to REVISION] [--point NAME --visit N]
"""

import argparse
from pathlib import Path
from typing import cast

from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.migrate_command import perform
from tests.chaos.points import MIGRATION, Crashing


def main() -> None:
    """Migrate, or die on the way."""
    asked = _arguments()
    # It passes on whatever it does not have, which a type checker cannot see.
    telemetry = cast("Telemetry", Crashing(SILENT, asked.point, asked.visit))
    perform(asked.data_dir, asked.to, copy_first=True, telemetry=telemetry)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--to", default="")
    parser.add_argument("--point", choices=MIGRATION, default="")
    parser.add_argument("--visit", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
