import subprocess
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from tests.bench.estimate import median
from tests.bench.figure import Bound, Figure, LeftOut
from tests.bench.installation import InstallationFailed, client_only
from tests.bench.report import Report
from tests.bench.rounds import interleaved

_IMPORT = """
from time import perf_counter
began = perf_counter()
import rag_client
print(perf_counter() - began)
"""


def test_import_client_s(benchmark: BenchmarkFixture, report: Report) -> None:
    try:
        python = client_only()
    except InstallationFailed as error:
        report.add(LeftOut("import_client_s", str(error)))
        return
    samples = interleaved(benchmark, {"import": lambda _: _import_seconds(python)}, rounds=11)
    report.add(Figure.of("import_client_s", median(samples["import"]), Bound(at_most=0.3)))


def _import_seconds(python: Path) -> float:
    # Away from the source tree, or that would be imported.
    run = subprocess.run(
        [python, "-c", _IMPORT], cwd=python.parent, capture_output=True, text=True, check=True
    )
    return float(run.stdout)
