"""Whether the catalog keeps its own rules: each check is one function in `CHECKS`.

A check reads in the transaction that it is given, notes what breaks its rule, and says how
far it is. Rows that nobody can see any more may be gone in part, as their removal goes in
slices.
"""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from rag_server.core.findings import Finding, Findings, Kind, Progress
from rag_server.stores.catalog.audit.content import check_documents, check_embeddings
from rag_server.stores.catalog.audit.file import check_file
from rag_server.stores.catalog.audit.structure import (
    check_builds,
    check_generations,
    check_lives,
    check_revisions,
    check_versions,
)
from rag_server.stores.catalog.engine import Database

Check = Callable[[Connection, Findings, Progress], None]

CHECKS: Mapping[str, Check] = {
    "file": check_file,
    "generations": check_generations,
    "revisions": check_revisions,
    "versions": check_versions,
    "lives": check_lives,
    "builds": check_builds,
    "documents": check_documents,
    "embeddings": check_embeddings,
}


class SqlAudit:
    """Implements `CatalogAudit`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def look(self, progress: Progress) -> list[Finding]:
        """Everything that breaks a rule, in one state of the catalog. What a damaged file
        says is not looked at further. Raises Unavailable when it cannot be read at all."""
        found = Findings()
        with self._database.reading() as connection:
            for name, check in CHECKS.items():
                progress(name, 0)
                check(connection, found, progress)
                if any(each.kind is Kind.DAMAGED for each in found.all()):
                    break
        return found.all()
