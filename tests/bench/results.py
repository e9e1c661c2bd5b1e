"""The file that a measuring target writes: `build/<target>/results.json`."""

import json
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from tests.bench.figure import LeftOut, Row

ROOT = Path(__file__).parents[2]


class Results:
    """Figures of one target. Recording some updates their names and keeps the others."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, target: str) -> "Results":
        """The results of a make target."""
        return cls(ROOT / "build" / target / "results.json")

    def record(self, rows: Iterable[Row]) -> None:
        """Merge into the file; what was left out this time loses its old figure."""
        content = self._read()
        figures, intervals = content["figures"], content["intervals"]
        for row in rows:
            intervals.pop(row.name, None)
            if isinstance(row, LeftOut):
                figures.pop(row.name, None)
                continue
            figures[row.name] = row.value
            if row.interval:
                intervals[row.name] = list(row.interval)
        content |= {"machine": machine(), "at": datetime.now(UTC).isoformat(timespec="seconds")}
        self._write(content)

    def figures(self) -> dict[str, float]:
        """What is recorded so far, by name."""
        return dict(self._read()["figures"])

    def _read(self) -> dict[str, Any]:
        content: dict[str, Any] = {"figures": {}, "intervals": {}}
        if self.path.is_file():
            content |= json.loads(self.path.read_text())
        return content

    def _write(self, content: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_suffix(".tmp")
        scratch.write_text(json.dumps(content, indent=2) + "\n")
        scratch.replace(self.path)


def machine() -> dict[str, Any]:
    """What the figures were measured on; figures of two machines do not compare."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "load_average": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
