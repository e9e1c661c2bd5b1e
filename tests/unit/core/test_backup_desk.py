from datetime import UTC, datetime

import pytest

from rag_server.core.backup_desk import _refuse_needed
from rag_server.core.backups import Backup, Scope
from rag_server.core.errors import PreconditionFailed
from rag_server.core.jobs import Job, JobState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BACKUP = Backup("b1", None, Scope("acme", "docs"), NOW, "1", "0003", (), ())


def job(collection: str, base: str = "", *, incremental: bool = True) -> Job:
    spec = {"incremental": incremental, "base": base}
    return Job("j1", "acme", "backup", collection, spec, JobState.QUEUED, NOW, NOW)


@pytest.mark.parametrize("base", ["", "b1"])
def test_what_a_job_may_build_on_is_not_removed(base: str) -> None:
    with pytest.raises(PreconditionFailed, match="job j1") as refused:
        _refuse_needed(BACKUP, [job("other"), job("docs", base)])
    assert refused.value.metadata["needed_by"] == "j1"


def test_what_no_job_builds_on_may_be_removed() -> None:
    _refuse_needed(BACKUP, [job(""), job("docs", "b2"), job("docs", incremental=False)])
