"""What a run is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag_server.evaluation.bootstrap import Bootstrap
from tests.bench.results import ROOT
from tests.evaluation.plans import Plan
from tests.evaluation.service import Launch

DIRECTORY = ROOT / "build" / "eval"


@dataclass(frozen=True, slots=True)
class Options:
    """How to measure, and where the results go. `sets`: names of those wanted; none: all."""

    launch: Launch = field(default_factory=Launch)
    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    plans: Sequence[Plan] = ()
    sets: Sequence[str] = ()
    directory: Path = DIRECTORY
