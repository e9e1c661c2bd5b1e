import json
from pathlib import Path

import pytest

from tests.bench.figure import Bound, Figure, LeftOut
from tests.bench.results import Results


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "build" / "bench" / "results.json")


def test_a_run_of_one_group_updates_its_names_and_keeps_the_others(results: Results) -> None:
    results.record([Figure("kept", 1.0), Figure("updated", 2.0)])
    results.record([Figure("updated", 3.0), Figure("new", 4.0)])
    assert results.figures() == {"kept": 1.0, "updated": 3.0, "new": 4.0}


def test_the_file_has_figures_machine_and_time(results: Results) -> None:
    results.record([Figure("echo_ms", 0.5, (0.4, 0.6))])
    content = json.loads(results.path.read_text())
    assert content["figures"] == {"echo_ms": 0.5}
    assert content["intervals"] == {"echo_ms": [0.4, 0.6]}
    assert content["machine"]["cores"] >= 1
    assert content["at"].endswith("+00:00")


def test_a_figure_without_an_interval_drops_that_of_an_earlier_run(results: Results) -> None:
    results.record([Figure("echo_ms", 0.5, (0.4, 0.6))])
    results.record([Figure("echo_ms", 0.7)])
    assert json.loads(results.path.read_text())["intervals"] == {}


def test_a_figure_that_was_left_out_does_not_keep_its_old_number(results: Results) -> None:
    results.record([Figure("import_client_s", 0.2), Figure("kept", 1.0)])
    results.record([LeftOut("import_client_s", "there is no package index")])
    assert results.figures() == {"kept": 1.0}


def test_nothing_recorded_is_no_figures(results: Results) -> None:
    assert results.figures() == {}


def test_each_target_has_a_file_of_its_own() -> None:
    bench, chaos = Results.of("bench").path, Results.of("chaos").path
    assert bench.parts[-3:] == ("build", "bench", "results.json")
    assert chaos.parts[-3:] == ("build", "chaos", "results.json")


@pytest.mark.parametrize(
    ("bound", "value", "verdict"),
    [
        (Bound(), 1.0, ""),
        (Bound(at_most=1.15), 1.15, "kept"),
        (Bound(at_most=1.15), 1.16, "MISSED"),
        (Bound(at_least=8), 8.0, "kept"),
        (Bound(at_least=8), 7.0, "MISSED"),
    ],
)
def test_a_verdict_says_whether_the_bound_was_kept(
    bound: Bound, value: float, verdict: str
) -> None:
    assert Figure("name", value, bound=bound).verdict == verdict
