"""A backup or a restoration in a process of its own, told where to die.

python -m tests.chaos.backup_process DATA_DIR TARGET POINT VISIT backup|restore
"""

import sys
from pathlib import Path
from typing import cast

from rag_server.core.backups import Scope, Wish
from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.stores.backup.backups import Backups
from rag_server.stores.backup.target import Target
from rag_server.stores.backup.vault import Vault
from rag_server.stores.catalog.catalog import open_catalog
from tests.chaos.points import Crashing


def main() -> None:
    """Back everything up, or restore all of the newest backup in place of what is there."""
    data_dir, target, point, visit, what = sys.argv[1:]
    # It passes on whatever it does not have, which a type checker cannot see.
    telemetry = cast("Telemetry", Crashing(SILENT, point, int(visit)))
    catalog = open_catalog(Path(data_dir))
    backups = Backups(catalog, Vault(Target(target)), telemetry)
    newest = backups.vault.newest(Scope())
    if what == "backup":
        backups.create(Scope(), parent=newest)
    elif newest is not None:
        backups.restore(newest.id, Wish(replace=True))
    catalog.close()


if __name__ == "__main__":
    main()
