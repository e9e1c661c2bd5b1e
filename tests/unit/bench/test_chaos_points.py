import re
from pathlib import Path

import rag_server
from tests.chaos.points import BACKUPS, JOBS, MIGRATION, POINTS, REINDEX

_REACHED = re.compile(r"""reached\(\s*"([a-z.]+)"\s*\)""")


def test_every_point_of_the_code_is_one_where_a_round_kills() -> None:
    sources = Path(rag_server.__file__).parent.rglob("*.py")
    named = {point for source in sources for point in _REACHED.findall(source.read_text())}
    assert named == {*POINTS, *JOBS, *REINDEX, *MIGRATION, *BACKUPS}
